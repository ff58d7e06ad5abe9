/**
 * Pure: moving one database member. It is evicted once, by its UID, when all others are up and it does not lead; it is done
 * when the member that came in its place is Ready, and streams by the leader's own list and has caught up, or leads and serves.
 */

import { isInFlight } from '../record/lane.ts';
import { decideSamePod, landedOnDrainedNode, waitUntilGone } from './decide-eviction.ts';
import { roleChangedByOthers } from './decide-switchover.ts';
import { answerOpenAct, type Decision, done, halt, type Memory, waitFor } from './decision.ts';
import {
  firstBlocked,
  type Guard,
  isNotPaused,
  isNotPrimary,
  isPrimary,
  isStreaming,
  leaderServes,
  memberOf,
  nobodyElseDrains,
  nodeIsClosed,
  noneIsNear,
  nothingInTheWay,
  othersAreWhole,
  successorOf,
} from './guards.ts';
import { isAcceptedLeader, leaderByOurCount, podToMove } from './plan-questions.ts';
import type { ClusterSeen, MemberSeen, Seen } from './seen.ts';
import { waitForWindow } from './wait-for-window.ts';

type MemberSight = Extract<Seen, { kind: 'member-move' }>;

/** Returns the decision: by which pod stands under the member's name. */
export function decideMemberMove(sight: MemberSight, memory: Memory): Decision {
  const { step, cluster } = sight;
  const { name, uid } = podToMove(memory.fold, step);
  const changed = unexpectedLeader(sight, memory);
  if (changed !== undefined) {
    return changed;
  }
  const pod = cluster.pods.find((each) => each.name === name);
  if (pod === undefined) {
    return answerOpenAct(memory, 'seen-done') ?? waitFor('waiting-for-pod', step.pod);
  }
  if (pod.uid !== uid) {
    return answerOpenAct(memory, 'seen-done') ?? decideArrived(sight, memory, pod);
  }
  return decideSamePod(memory, pod, () => beforeEviction(sight, memory, name));
}

/** Any role change that is not ours stops the run: what was planned for another primary must be planned anew. */
function unexpectedLeader({ step, cluster }: MemberSight, memory: Memory): Decision | undefined {
  const leader = cluster.patroni.leader;
  // The primary to be restarted is the plan's word, where nothing else is known.
  const isBefore = !isInFlight(memory.lane) || standsStill(cluster, memory, podToMove(memory.fold, step).uid);
  const planned = step.outage && isBefore ? (step.member ?? undefined) : undefined;
  const ours = leaderByOurCount(memory.fold, cluster.key) ?? planned;
  if (leader === undefined || ours === undefined || leader === ours) {
    return undefined;
  }
  return isAcceptedLeader(memory.fold, cluster.key, leader)
    ? undefined
    : roleChangedByOthers(cluster, memory, ours, leader);
}

/** An eviction without an answer, and the pod stands there once it had time to show: whoever leads now does not do so by our doing. */
function standsStill({ pods }: ClusterSeen, { lane, pace, nowMs }: Memory, uid: string): boolean {
  const last = lane.acts.at(-1);
  const isAnswered = last?.answer?.answer === 'failed' || last?.answer?.answer === 'conflict';
  return (
    isAnswered &&
    nowMs - last.atMs >= pace.actSettleMs &&
    pods.some((pod) => pod.uid === uid && !pod.terminating)
  );
}

function beforeEviction(sight: MemberSight, memory: Memory, name: string): Guard | Decision {
  const { step, cluster, from } = sight;
  const way = () => nothingInTheWay(memory, step);
  const common = [
    () => nodeIsClosed(memory, step, from),
    () => nobodyElseDrains(step.from, from?.drainedByOther),
    // While it is paused Patroni starts no PostgreSQL in a pod that comes up: the member would stay away, and nobody takes over.
    () => isNotPaused(cluster),
    () => noneIsNear(memory, cluster),
    () => othersAreWhole(cluster, name),
  ];
  if (!step.outage) {
    return firstBlocked(way, () => isNotPrimary(cluster, name), ...common);
  }
  const successor = cluster.patroni.leader === name ? successorOf(memory, cluster, name) : undefined;
  if (successor !== undefined) {
    return halt(memory, 'successor-appeared', { subject: step.pod, successor });
  }
  return waitForWindow(memory, step) ?? firstBlocked(way, () => isPrimary(cluster, name), ...common);
}

function decideArrived(sight: MemberSight, memory: Memory, pod: MemberSeen): Decision {
  const { step, cluster } = sight;
  if (pod.node === undefined) {
    const message = pod.unschedulableBecause;
    return waitFor('pod-not-scheduled', step.pod, message === undefined ? {} : { message });
  }
  const landed = landedOnDrainedNode(memory, step, pod);
  if (landed !== undefined) {
    return landed;
  }
  if (pod.terminating) {
    return waitUntilGone(step.pod, pod);
  }
  if (!pod.ready) {
    return waitFor('pod-not-ready', step.pod, { node: pod.node });
  }
  const leader = cluster.patroni.leader;
  if (leader === undefined) {
    return waitFor('no-leader', cluster.key);
  }
  const arrived = done({ pod: step.pod, uid: pod.uid, node: pod.node, ...(step.outage ? { leader } : {}) });
  // Ready is not serving either: it may recover still, or stop again, for somebody else takes it away.
  return (leader === pod.name ? leaderServes(cluster) : stillBehind(sight, memory, pod)) ?? arrived;
}

/** Ready is not streaming: a fresh replica answers its readiness probe some 10 seconds before whom it streams from lists it. */
function stillBehind({ step, cluster }: MemberSight, memory: Memory, pod: MemberSeen): Decision | undefined {
  const member = memberOf(cluster, pod.name);
  if (member === undefined || !isStreaming(member)) {
    return waitFor('replica-not-streaming', step.pod, { state: member?.state ?? 'not in Patroni' });
  }
  if (member.lagBytes === undefined) {
    return waitFor('lag-unknown', step.pod);
  }
  const limitBytes = memory.pace.lagLimitBytes;
  return member.lagBytes > limitBytes
    ? waitFor('replica-catching-up', step.pod, { lagBytes: member.lagBytes, limitBytes })
    : undefined;
}
