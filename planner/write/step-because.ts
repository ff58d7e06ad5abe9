/**
 * Why each step is there: a code and the facts its sentence needs. Equal reasons are one object, for there are thousands.
 */
import type { BecauseCode } from '../codes.ts';
import type { Because, Facts } from '../plan.ts';
import { roleWord } from '../survey/abilities.ts';
import { cause } from '../yard/acts.ts';
import { mayLeadNow } from '../yard/roles.ts';
import { isFinal } from '../yard/yard.ts';
import type { Replay } from './replay.ts';

const codeOf: Readonly<Record<number, BecauseCode>> = {
  [cause.replicaFirst]: 'replica-first',
  [cause.offTheNode]: 'off-the-node',
  [cause.formerPrimary]: 'former-primary',
  [cause.otherPod]: 'other-pod',
  [cause.parked]: 'parked',
  [cause.nobodyCanSucceed]: 'nobody-can-succeed',
};

/** Returns a reason. */
export function because(code: BecauseCode, facts: Facts): Because<BecauseCode> {
  return { code, facts };
}

/** Reasons of moves so far: by role, then by code and number of members, then by volume. */
export type MoveReasons = Map<string, Map<number, Map<number, Because<BecauseCode>>>>;

/** No cluster has that many members. */
const membersBeyond = 1_000_000;

/** Returns the reason of a move that is about to happen. */
export function moveBecause(
  known: MoveReasons,
  replay: Replay,
  pod: number,
  why: number,
): Because<BecauseCode> {
  const { pods, clusters } = replay.survey;
  const volumeBytes = pods.all[pod]?.volumeBytes;
  const cluster = pods.cluster[pod] ?? -1;
  const code = codeOf[why] ?? 'other-pod';
  const role = cluster < 0 ? 'pod' : roleNow(replay, pod, cluster);
  const of = cluster < 0 ? 0 : (clusters.start[cluster + 1] ?? 0) - (clusters.start[cluster] ?? 0);
  const ofRole = known.get(role) ?? new Map<number, Map<number, Because<BecauseCode>>>();
  if (ofRole.size === 0) known.set(role, ofRole);
  const alike = why * membersBeyond + of;
  const byVolume = ofRole.get(alike) ?? new Map<number, Because<BecauseCode>>();
  if (byVolume.size === 0) ofRole.set(alike, byVolume);
  const before = byVolume.get(volumeBytes ?? -1);
  if (before !== undefined) return before;
  const volume = volumeBytes === undefined ? {} : { volumeBytes };
  const members = cluster < 0 ? {} : { leaves: of - 1, of };
  const reason = because(code, { role, ...volume, ...members });
  byVolume.set(volumeBytes ?? -1, reason);
  return reason;
}

function roleNow(replay: Replay, pod: number, cluster: number): string {
  if (replay.primary[cluster] === pod) return 'primary';
  if (replay.former[pod] !== 0) return 'former primary';
  const { clusters } = replay.survey;
  return roleWord(clusters.all[cluster]?.members[clusters.memberOf[pod] ?? -1]?.role ?? 'replica');
}

/** Returns the reason of a switchover that is about to happen, with who was passed over and why. */
export function switchoverBecause(
  replay: Replay,
  nameOf: (node: number) => string,
  cluster: number,
  from: number,
  to: number,
): Because<BecauseCode> {
  const { clusters } = replay.survey;
  const { members } = clusters.all[cluster] ?? { members: [] };
  const member = members[clusters.memberOf[to] ?? -1];
  const temporary = clusters.temporary[cluster] === to;
  const lagBytes = member?.lagBytes;
  return because('primary-must-move', {
    candidateRole: temporary ? 'temporary member' : roleWord(member?.role ?? 'replica'),
    ...(lagBytes === undefined ? {} : { lagBytes }),
    primaryNode: nameOf(replay.at[from] ?? -1),
    candidateNode: nameOf(replay.at[to] ?? -1),
    final: isFinal(replay, replay.at[to] ?? -1),
    passedOver: temporary ? [] : passedOver(replay, cluster, from, to),
  });
}

function passedOver(replay: Replay, cluster: number, from: number, to: number): readonly string[] {
  const { clusters, pods } = replay.survey;
  const words: string[] = [];
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (pod === from || pod === to) continue;
    const reason = clusters.reason[pod];
    const against = mayLeadNow(replay, pod) || reason === 'primary' ? undefined : reason;
    const final = isFinal(replay, replay.at[pod] ?? -1);
    words.push(`${pods.all[pod]?.name ?? ''}: ${against ?? (final ? 'less preferred' : 'not final yet')}`);
  }
  return words;
}
