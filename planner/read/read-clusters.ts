/**
 * Patroni clusters out of labels and annotations: who their members are, in which role and how far behind.
 */

import type { DatabaseCluster, Member, MemberRole, Pod } from '../model.ts';
import { sortedBy } from '../order.ts';
import { choosePrimary, type PrimaryVerdict } from './choose-primary.ts';
import { flatText } from './flat-text.ts';
import type { MemberPreset, MemberPresets } from './member-presets.ts';
import { isStandbyLeaderRole, type MemberStatus, nothingWritten } from './member-status.ts';
import { type PatroniState, readPatroniState, type StateObjects } from './patroni-state.ts';
import type { ReadPod } from './read-pod.ts';
import { type Draft, note, type Reading } from './reading.ts';

type Witness = {
  readonly pod: Draft<Pod>;
  readonly preset: MemberPreset;
  /** Value of the role label. */
  readonly label: string | undefined;
  readonly status: MemberStatus;
};

/** What is known of one cluster; its texts are those of its first member. */
type Gathered = {
  readonly namespace: string;
  readonly scope: string;
  readonly witnesses: Witness[];
};

/**
 * The clusters, sorted by key; each member's pod is told its cluster. Contradictions about the primary become findings; the
 * cluster then has none.
 */
export function readClusters(
  reading: Reading,
  pods: readonly ReadPod[],
  stateObjects: StateObjects,
  presets: MemberPresets,
): readonly DatabaseCluster[] {
  const gatheredByKey = new Map<string, Gathered>();
  for (const { pod, status } of pods) {
    const preset = presets.find((each) => isMember(pod, status, each));
    if (preset === undefined) {
      noteUnrecognised(reading, pod, status);
      continue;
    }
    if (status?.unreadable) note(reading, 'unreadable-member-status', pod.key, { severity: 'risks' });
    const scope = pod.labels[preset.scopeLabel] ?? '';
    const key = flatText(pod.namespace, '/', scope);
    const witness = { pod, preset, label: pod.labels[preset.roleLabel], status: status ?? nothingWritten };
    const gathered = gatheredByKey.get(key);
    if (gathered === undefined)
      gatheredByKey.set(key, { namespace: pod.namespace, scope, witnesses: [witness] });
    else gathered.witnesses.push(witness);
  }
  return sortedBy(gatheredByKey, ([key]) => key).map(([key, gathered]) => {
    for (const { pod } of gathered.witnesses) pod.cluster = key;
    return readCluster(reading, key, gathered, readPatroniState(reading, key, stateObjects));
  });
}

/**
 * A preset that names no other label would also catch poolers and backup jobs, which carry the scope label too: then the role
 * label or Patroni's status has to be there, or a StatefulSet behind it, for a member that starts anew has neither.
 */
function isMember(pod: Pod, status: MemberStatus | undefined, preset: MemberPreset): boolean {
  if (!pod.labels[preset.scopeLabel]) return false;
  const required = Object.keys(preset.labels);
  if (!required.every((key) => pod.labels[key] === preset.labels[key])) return false;
  if (required.length > 0 || pod.owner.kind === 'StatefulSet') return true;
  return pod.labels[preset.roleLabel] !== undefined || isPatronis(status);
}

/** A primary that nobody knows to be one would be evicted like any other pod. */
function noteUnrecognised(reading: Reading, pod: Pod, status: MemberStatus | undefined): void {
  if (!isPatronis(status)) return;
  note(reading, 'unrecognised-member', pod.key, {
    severity: 'risks',
    fix: 'SWITCHYARD_SCOPE_LABEL and SWITCHYARD_ROLE_LABEL as kubernetes.scope_label and kubernetes.role_label of its Patroni say',
  });
}

/** Others may have an annotation of that name too. */
function isPatronis(status: MemberStatus | undefined): boolean {
  return status?.role !== undefined && status.state !== undefined;
}

function readCluster(
  reading: Reading,
  key: string,
  { namespace, scope, witnesses }: Gathered,
  state: PatroniState,
): DatabaseCluster {
  const verdict = choosePrimary(
    witnesses.map(({ pod, label, status }) => ({ name: pod.name, label, status: status.role })),
    state.lockHolders,
  );
  if (verdict.contradiction !== undefined)
    note(reading, verdict.contradiction, key, {
      severity: 'stops',
      facts: { claimants: verdict.claimants },
      fix: commandThatShowsRoles(witnesses),
    });
  const leaderPosition = positionOfLeader(witnesses, verdict.primary, state);
  return {
    key,
    namespace,
    scope,
    members: sortedBy(witnesses, ({ pod }) => pod.name).map((witness) =>
      readMember(witness, roleOf(witness, verdict, state), leaderPosition),
    ),
    ...(verdict.primary === undefined ? {} : { primary: verdict.primary }),
    claimants: verdict.claimants,
    paused: state.paused,
    synchronous: state.synchronous,
    ...(state.synchronousNodeCount === undefined ? {} : { synchronousNodeCount: state.synchronousNodeCount }),
    maximumLagBytes: state.maximumLagBytes,
  };
}

function commandThatShowsRoles(witnesses: readonly Witness[]): string {
  const [first] = witnesses;
  if (first === undefined) return 'kubectl get pods -A --show-labels';
  const { scopeLabel, roleLabel } = first.preset;
  const scope = first.pod.labels[scopeLabel];
  return `kubectl get pods -n ${first.pod.namespace} -l ${scopeLabel}=${scope} -L ${roleLabel}`;
}

/** The larger of what the leader wrote into the lock and of what it says of itself: the later of the two. */
function positionOfLeader(
  witnesses: readonly Witness[],
  primary: string | undefined,
  state: PatroniState,
): number | undefined {
  const own = witnesses.find(({ pod }) => pod.name === primary)?.status.position;
  const known = [state.leaderPosition, own].filter((position) => position !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** A sync standby is one that the current primary waits for; a list that another leader wrote says nothing any more. */
function roleOf({ pod, label, status }: Witness, verdict: PrimaryVerdict, state: PatroniState): MemberRole {
  const { primary, claimants } = verdict;
  if (pod.name === primary) return 'primary';
  if (isStandbyLeaderRole(status.role ?? label)) return 'standby-leader';
  // Either it contradicts another member, or nothing was written about it.
  if (claimants.includes(pod.name) || (label === undefined && status.role === undefined)) return 'unknown';
  const isSync =
    state.synchronous !== 'off' && state.syncLeader === primary && state.syncStandbys.includes(pod.name);
  return isSync ? 'sync-standby' : 'replica';
}

function readMember({ pod, status }: Witness, role: MemberRole, leaderPosition: number | undefined): Member {
  const { state, timeline, nofailover, failoverPriority, replicatefrom, nosync } = status;
  const lagBytes = lagOf(role, status, leaderPosition);
  const member: Draft<Member> = { name: pod.name, pod: pod.key, role, nofailover };
  if (state !== undefined) member.state = state;
  if (lagBytes !== undefined) member.lagBytes = lagBytes;
  if (timeline !== undefined) member.timeline = timeline;
  if (failoverPriority !== undefined) member.failoverPriority = failoverPriority;
  if (replicatefrom !== undefined) member.replicatefrom = replicatefrom;
  if (nosync !== undefined) member.nosync = nosync;
  return member;
}

/** Undefined where either position is unknown. A replica seen later than the leader may look ahead; that is no lag. */
function lagOf(
  role: MemberRole,
  status: MemberStatus,
  leaderPosition: number | undefined,
): number | undefined {
  if (role === 'primary') return 0;
  if (leaderPosition === undefined || status.position === undefined) return undefined;
  return Math.max(0, leaderPosition - status.position);
}
