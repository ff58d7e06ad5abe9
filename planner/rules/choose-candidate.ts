/**
 * Who may take over as primary, and why not the others.
 *
 * A switchover asks Patroni for one named candidate, and Patroni's own conditions are the floor:
 * https://patroni.readthedocs.io/en/latest/rest_api.html#switchover-and-failover-endpoints
 * and `failover_limitation` in https://github.com/patroni/patroni/blob/master/patroni/ha.py
 */
import type { DatabaseCluster, Member, MemberRole, Pod } from '../model.ts';
import type { ResolvedCluster } from '../read/resolve-request.ts';

/** Why a member cannot take over now. `no-synchronous`: one has to be synchronous and nobody is. */
export type Ineligibility =
  | 'primary'
  | 'switchover-never'
  | 'nofailover'
  | 'not-healthy'
  | 'other-timeline'
  | 'unknown-lag'
  | 'lags'
  | 'not-synchronous'
  | 'no-synchronous';

export type Candidacy = {
  readonly member: Member;
  readonly pod: Pod;
  /** Undefined: it may take over. */
  readonly reason: Ineligibility | undefined;
};

/** Reasons that a move of the member ends; the others stand until somebody changes the cluster. */
const passing: readonly Ineligibility[] = [
  'not-healthy',
  'other-timeline',
  'unknown-lag',
  'lags',
  'no-synchronous',
];

/** Returns for each member with a pod whether it may take over now, and otherwise the first reason why not. */
export function rateMembers(
  cluster: DatabaseCluster,
  podOf: ReadonlyMap<string, { readonly pod: Pod }>,
  setting: ResolvedCluster | undefined,
): readonly Candidacy[] {
  const rated = cluster.members.flatMap((member): readonly Candidacy[] => {
    const found = podOf.get(member.pod);
    if (found === undefined) return [];
    return [{ member, pod: found.pod, reason: ineligibility(member, found.pod, cluster, setting) }];
  });
  // With synchronous replication Patroni takes no other member than a synchronous one:
  // https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode
  if (cluster.synchronous !== 'on' && cluster.synchronous !== 'strict') return rated;
  const isSync = (each: Candidacy) => each.member.role === 'sync-standby';
  // Where the synchronous one cannot take over, who is synchronous is settled anew when members move.
  const against = rated.some((each) => isSync(each) && each.reason === undefined)
    ? 'not-synchronous'
    : 'no-synchronous';
  return rated.map((each) =>
    each.reason !== undefined || isSync(each) ? each : { ...each, reason: against },
  );
}

/** Returns the members that may take over. */
export function successors(candidacies: readonly Candidacy[]): readonly Candidacy[] {
  return candidacies.filter((each) => each.reason === undefined);
}

/**
 * Returns the members that will be able to take over once a plan has moved them: a move ends only when the member streams
 * within its lag limit, so what is unknown or behind today is known and caught up then. Waiting is better than an outage.
 */
export function laterSuccessors(candidacies: readonly Candidacy[]): readonly Candidacy[] {
  return candidacies.filter(passesWithMove);
}

/** Whether the reason against a member is gone once the member has been moved and streams again. */
export function passesWithMove(each: Candidacy): boolean {
  return each.reason !== undefined && passing.includes(each.reason);
}

/** Returns who may take over now or after a move, where `isDrained` says whether a node of that name is emptied by the plan. */
export function possibleSuccessors(
  candidacies: readonly Candidacy[],
  isDrained: (node: string) => boolean,
): readonly Candidacy[] {
  return candidacies.filter(
    (each) => each.reason === undefined || (passesWithMove(each) && isDrained(each.pod.node ?? '')),
  );
}

/** Whether a member is available now: its pod is ready and PostgreSQL runs in it. An unknown state is left to the pod's readiness. */
export function isHealthy(member: Member, pod: Pod): boolean {
  const runs = member.state === undefined || member.state === 'running' || member.state === 'streaming';
  return pod.ready && !pod.terminating && runs;
}

/** Returns the order in which successors are preferred when nothing else decides: synchronous first, least lag, then name. */
export function compareSuccessors(a: Candidacy, b: Candidacy): number {
  return (
    Number(b.member.role === 'sync-standby') - Number(a.member.role === 'sync-standby') ||
    (a.member.lagBytes ?? 0) - (b.member.lagBytes ?? 0) ||
    (a.member.name < b.member.name ? -1 : 1)
  );
}

/** Returns the word for a role as a person says it. */
export function roleWord(role: MemberRole): string {
  return role === 'sync-standby' ? 'sync standby' : role === 'standby-leader' ? 'standby leader' : role;
}

function ineligibility(
  member: Member,
  pod: Pod,
  cluster: DatabaseCluster,
  setting: ResolvedCluster | undefined,
): Ineligibility | undefined {
  if (member.name === cluster.primary) return 'primary';
  if (setting?.switchover === 'never') return 'switchover-never';
  if (member.nofailover || member.failoverPriority === 0) return 'nofailover';
  if (!isHealthy(member, pod)) return 'not-healthy';
  const primary = cluster.members.find((each) => each.name === cluster.primary);
  if (
    primary?.timeline !== undefined &&
    member.timeline !== undefined &&
    member.timeline !== primary.timeline
  ) {
    return 'other-timeline';
  }
  // Unknown is unknown, never zero: a Ready replica that does not stream yet loses what it has not received.
  if (member.lagBytes === undefined) return 'unknown-lag';
  if (member.lagBytes > cluster.maximumLagBytes) return 'lags';
  return undefined;
}
