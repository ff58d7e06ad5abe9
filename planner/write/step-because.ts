/**
 * Why each step is there: a code and the facts its sentence needs. Equal reasons are one object, for there are thousands.
 */
import type { BecauseCode } from '../codes.ts';
import type { Because, Facts } from '../plan.ts';
import { roleNumber, roleWords } from '../survey/role-words.ts';
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

/** Reasons of moves so far, by a number for all that they say. */
export type MoveReasons = Map<number, Because<BecauseCode>>;

const causes = Object.keys(codeOf).length;

/** Returns the reason of a move that is about to happen. */
export function moveBecause(
  known: MoveReasons,
  replay: Replay,
  pod: number,
  why: number,
): Because<BecauseCode> {
  const { pods, clusters } = replay.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const role = cluster < 0 ? ofPod : roleNow(replay, pod, cluster);
  const of = cluster < 0 ? 0 : (clusters.start[cluster + 1] ?? 0) - (clusters.start[cluster] ?? 0);
  const volume = pods.volume[pod] ?? 0;
  const alike = ((of * causes + why) * roleWords.length + role) * pods.volumes.length + volume;
  const before = known.get(alike);
  if (before !== undefined) return before;
  const volumeBytes = pods.volumes[volume];
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

function roleNow({ survey, primary, former }: Replay, pod: number, cluster: number): number {
  if (primary[cluster] === pod) return ofPrimary;
  return former[pod] !== 0 ? ofFormerPrimary : (survey.clusters.role[pod] ?? ofPod);
}

/** Returns the reason of a switchover that is about to happen, with who was passed over and why. */
export function switchoverBecause(
  replay: Replay,
  nodeNames: readonly string[],
  cluster: number,
  from: number,
  to: number,
): Because<BecauseCode> {
  const { clusters } = replay.survey;
  const temporary = clusters.temporary[cluster] === to;
  const lagBytes = clusters.lagBytes[to] ?? Number.NaN;
  const candidateRole = temporary ? 'temporary member' : (roleWords[clusters.role[to] ?? ofReplica] ?? '');
  const primaryNode = nodeNames[replay.at[from] ?? -1] ?? '';
  const candidateNode = nodeNames[replay.at[to] ?? -1] ?? '';
  const final = isFinal(replay, replay.at[to] ?? -1);
  const passed = temporary ? none : passedOver(replay, cluster, from, to);
  return because(
    'primary-must-move',
    Number.isNaN(lagBytes)
      ? { candidateRole, primaryNode, candidateNode, final, passedOver: passed }
      : { candidateRole, lagBytes, primaryNode, candidateNode, final, passedOver: passed },
  );
}

const ofReplica = roleNumber('replica');
const none: readonly string[] = [];

/** Filled anew for each switchover: a list that grows entry by entry would take room for a dozen more. */
const words: string[] = [];

function passedOver(replay: Replay, cluster: number, from: number, to: number): readonly string[] {
  const { clusters, pods } = replay.survey;
  let count = 0;
  const end = clusters.start[cluster + 1] ?? 0;
  for (let place = clusters.start[cluster] ?? 0; place < end; place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (pod === from || pod === to) continue;
    words[count] = (pods.name[pod] ?? '') + whyPassedOver(replay, pod);
    count += 1;
  }
  return count === 0 ? none : words.slice(0, count);
}

/** What follows the name. */
function whyPassedOver(replay: Replay, pod: number): string {
  const reason = replay.survey.clusters.reason[pod];
  if (reason !== undefined && reason !== 'primary' && !mayLeadNow(replay, pod)) return `: ${reason}`;
  return isFinal(replay, replay.at[pod] ?? -1) ? ': less preferred' : ': not final yet';
}
