/**
 * Why each step is there: a code and the facts its sentence needs. Equal reasons are one object, for there are thousands.
 */
import type { BecauseCode } from '../codes.ts';
import type { Because, Facts } from '../plan.ts';
import { roleWord } from '../survey/abilities.ts';
import { cause } from '../yard/acts.ts';
import { mayLeadNow } from '../yard/roles.ts';
import { isFinal } from '../yard/yard.ts';
import { type PodColumns, roleWords } from './pod-columns.ts';
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

/** Reasons of moves so far, by a number for all that they say. */
export type MoveReasons = Map<number, Because<BecauseCode>>;

const causes = Object.keys(codeOf).length;

/** Returns the reason of a move that is about to happen. */
export function moveBecause(
  known: MoveReasons,
  columns: PodColumns,
  replay: Replay,
  pod: number,
  why: number,
): Because<BecauseCode> {
  const { pods, clusters } = replay.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const role = cluster < 0 ? ofPod : roleNow(columns, replay, pod, cluster);
  const of = cluster < 0 ? 0 : (clusters.start[cluster + 1] ?? 0) - (clusters.start[cluster] ?? 0);
  const volume = columns.volume[pod] ?? 0;
  const alike = ((of * causes + why) * roleWords.length + role) * columns.volumes.length + volume;
  const before = known.get(alike);
  if (before !== undefined) return before;
  const volumeBytes = columns.volumes[volume];
  const reason = because(codeOf[why] ?? 'other-pod', {
    role: roleWords[role] ?? '',
    ...(volumeBytes === undefined ? {} : { volumeBytes }),
    ...(cluster < 0 ? {} : { leaves: of - 1, of }),
  });
  known.set(alike, reason);
  return reason;
}

const ofPod = roleWords.indexOf('pod');
const ofPrimary = roleWords.indexOf('primary');
const ofFormerPrimary = roleWords.indexOf('former primary');

function roleNow({ role }: PodColumns, { primary, former }: Replay, pod: number, cluster: number): number {
  if (primary[cluster] === pod) return ofPrimary;
  return former[pod] !== 0 ? ofFormerPrimary : (role[pod] ?? ofPod);
}

/** Returns the reason of a switchover that is about to happen, with who was passed over and why. */
export function switchoverBecause(
  { name }: PodColumns,
  replay: Replay,
  nodeNames: readonly string[],
  cluster: number,
  from: number,
  to: number,
): Because<BecauseCode> {
  const { clusters } = replay.survey;
  const { members } = clusters.all[cluster] ?? { members: [] };
  const member = members[clusters.memberOf[to] ?? -1];
  const temporary = clusters.temporary[cluster] === to;
  const lagBytes = member?.lagBytes;
  const candidateRole = temporary ? 'temporary member' : roleWord(member?.role ?? 'replica');
  const primaryNode = nodeNames[replay.at[from] ?? -1] ?? '';
  const candidateNode = nodeNames[replay.at[to] ?? -1] ?? '';
  const final = isFinal(replay, replay.at[to] ?? -1);
  const passed = temporary ? none : passedOver(name, replay, cluster, from, to);
  return because(
    'primary-must-move',
    lagBytes === undefined
      ? { candidateRole, primaryNode, candidateNode, final, passedOver: passed }
      : { candidateRole, lagBytes, primaryNode, candidateNode, final, passedOver: passed },
  );
}

const none: readonly string[] = [];

function passedOver(
  names: readonly string[],
  replay: Replay,
  cluster: number,
  from: number,
  to: number,
): readonly string[] {
  const { clusters } = replay.survey;
  const words: string[] = [];
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (pod === from || pod === to) continue;
    const reason = clusters.reason[pod];
    const against = mayLeadNow(replay, pod) || reason === 'primary' ? undefined : reason;
    const final = isFinal(replay, replay.at[pod] ?? -1);
    words.push(`${names[pod] ?? ''}: ${against ?? (final ? 'less preferred' : 'not final yet')}`);
  }
  return words;
}
