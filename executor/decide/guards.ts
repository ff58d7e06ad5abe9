/**
 * What must hold before an act. Each guard is pure and returns undefined (it holds) or why it is not safe now; the step is
 * then blocked until the named thing changes.
 */
import type { MoveStep, Step, SwitchoverStep } from '../../planner/plan.ts';
import type { PatroniMember } from '../ports.ts';
import { blocked, type Memory, type Waiting } from './decision.ts';
import {
  drainedNodes,
  hasMoveToCome,
  isClosedByPlan,
  parallelSwitchovers,
  stepInTheWay,
  switchoversUnderWay,
} from './plan-questions.ts';
import type { ClusterSeen, MemberSeen, NodeDoor } from './seen.ts';

export type Guard = Waiting | undefined;

/** Returns the first guard that does not hold. */
export function firstBlocked(...guards: readonly (() => Guard)[]): Guard {
  for (const guard of guards) {
    const found = guard();
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** No other step of the same cluster or StatefulSet is under way. */
export function nothingInTheWay(memory: Memory, step: Step): Guard {
  const other = stepInTheWay(memory.fold, step, Number.POSITIVE_INFINITY);
  return other === undefined ? undefined : blocked('cluster-busy', step.id, { busyWith: other.step.id });
}

/** Fewer switchovers are under way than the request allows at a time. */
export function switchoverIsFree(memory: Memory, step: SwitchoverStep): Guard {
  const limit = parallelSwitchovers(memory.fold);
  const underWay = switchoversUnderWay(memory.fold, step, Number.POSITIVE_INFINITY);
  return underWay < limit ? undefined : blocked('switchover-limit', step.cluster, { underWay, limit });
}

/** The node that the pod leaves is still closed to new pods, or the pod could come back to it. */
export function nodeIsClosed(memory: Memory, step: MoveStep, from: NodeDoor | undefined): Guard {
  if (from === undefined || !isClosedByPlan(memory.fold, step.from) || isClosed(from)) {
    return undefined;
  }
  return blocked('fence-missing', step.from);
}

/** Nobody else takes the node away: two who empty one node evict past each other's checks. */
export function nobodyElseDrains(node: string, drainedByOther: string | undefined): Guard {
  return drainedByOther === undefined
    ? undefined
    : blocked('node-drained-by-other', node, { by: drainedByOther });
}

/** Returns true where the scheduler places nothing new on the node. */
export function isClosed(node: NodeDoor): boolean {
  return node.unschedulable || node.fencedBy !== undefined;
}

/** This member leads. Without a leader an election is going on, or the server recovers from a crash: neither is disturbed. */
export function isPrimary(cluster: ClusterSeen, member: string): Guard {
  return cluster.patroni.leader === member
    ? undefined
    : blocked('member-unavailable', cluster.key, { why: 'no leader' });
}

/**
 * Somebody leads the cluster and answers, and it is not this member. Asked of Patroni: labels and budgets may be stale. The lock of
 * a leader that died stays for up to 30 s (ttl), in which the others still name it.
 */
export function isNotPrimary(cluster: ClusterSeen, member: string): Guard {
  const leader = cluster.patroni.leader;
  if (leader === undefined) {
    return blocked('member-unavailable', cluster.key, { why: 'no leader' });
  }
  if (leader === member) {
    return blocked('is-primary', `${cluster.namespace}/${member}`);
  }
  return leaderServes(cluster);
}

/** The leader answers and serves. What the others say of one that does not answer is what it wrote last. */
export function leaderServes(cluster: ClusterSeen): Guard {
  const { leader, leaderSilent } = cluster.patroni;
  return leaderSilent === true
    ? blocked('member-unavailable', `${cluster.namespace}/${leader}`, { why: 'leads and does not answer' })
    : leaderRuns(cluster);
}

/** Patroni's words for a server that serves; those after the first are for servers in recovery, such as the leader of a standby cluster. */
const servingStates: readonly string[] = ['running', 'streaming', 'in archive recovery'];

/** The leader serves, by its own word. One that stops keeps the lock until it has: a switchover that somebody has asked for is under way, or a restart. */
export function leaderRuns(cluster: ClusterSeen): Guard {
  const leader = memberOf(cluster, cluster.patroni.leader ?? '');
  return leader === undefined || servingStates.includes(leader.state)
    ? undefined
    : blocked('member-unavailable', `${cluster.namespace}/${leader.name}`, {
        why: `leads and is ${leader.state}`,
      });
}

/**
 * All other members are up: their pods exist and are Ready, and each replica streams by the own list of whom it streams from; and pods that are
 * taken away come back. Then taking this one away leaves the cluster with all but one, and never two of its members unavailable together.
 */
export function othersAreWhole(cluster: ClusterSeen, member: string): Guard {
  for (const pod of cluster.pods) {
    if (pod.name !== member && (!pod.ready || pod.terminating)) {
      return blocked('member-unavailable', keyOf(pod), {
        why: pod.terminating ? 'terminating' : 'not ready',
      });
    }
  }
  if (cluster.setGone !== undefined) {
    return blocked('member-unavailable', cluster.key, {
      setGone: `${cluster.namespace}/${cluster.setGone}`,
    });
  }
  const others = cluster.pods.filter((pod) => pod.name !== member).length;
  if (cluster.wanted !== undefined && others < cluster.wanted - 1) {
    const facts = { why: 'a pod is missing', pods: others + 1, wanted: cluster.wanted };
    return blocked('member-unavailable', cluster.key, facts);
  }
  for (const other of cluster.patroni.members) {
    if (other.name !== member && other.name !== cluster.patroni.leader && !isStreaming(other)) {
      return blocked('member-not-streaming', `${cluster.namespace}/${other.name}`, { state: other.state });
    }
  }
  const silent = cluster.pods.find((pod) => pod.name !== member && memberOf(cluster, pod.name) === undefined);
  return silent === undefined
    ? undefined
    : blocked('member-not-streaming', keyOf(silent), { state: 'not in Patroni' });
}

/** It streams, from the leader or from the replica that its tag names. Only the leader's list tells who may take over: candidateIsFit. */
export function isStreaming({ streaming, streamsFromReplica }: PatroniMember): boolean {
  return streaming || streamsFromReplica === true;
}

/**
 * The candidate may be named in a switchover: Patroni's own conditions, asked of the leader, and ours on top (Ready is not
 * streaming; unknown lag is never taken for none).
 * https://patroni.readthedocs.io/en/latest/rest_api.html#healthy-standby
 */
export function candidateIsFit(memory: Memory, cluster: ClusterSeen, candidate: string): Guard {
  const subject = `${cluster.namespace}/${candidate}`;
  const member = memberOf(cluster, candidate);
  if (member === undefined || !member.streaming) {
    return blocked('candidate-not-streaming', subject, { state: member?.state ?? 'not in Patroni' });
  }
  if (member.nofailover) {
    return blocked('candidate-nofailover', subject);
  }
  if (cluster.patroni.synchronous && member.role !== 'sync-standby') {
    return blocked('candidate-not-sync-standby', subject);
  }
  const limitBytes = memory.pace.lagLimitBytes;
  if (member.lagBytes === undefined) {
    return blocked('candidate-lag-unknown', subject, { limitBytes });
  }
  if (member.lagBytes > limitBytes) {
    return blocked('candidate-behind', subject, { lagBytes: member.lagBytes, limitBytes });
  }
  return candidateHasPlace(memory, cluster, candidate);
}

/** Its pod is Ready and stands where it stays: a switchover to a member that must move too costs a second one. */
function candidateHasPlace(memory: Memory, cluster: ClusterSeen, candidate: string): Guard {
  const subject = `${cluster.namespace}/${candidate}`;
  const pod = cluster.pods.find((each) => each.name === candidate);
  if (pod?.node === undefined || !pod.ready || pod.terminating) {
    return blocked('candidate-not-ready', subject);
  }
  // Where the plan itself moves it later, it chose this switchover knowingly.
  if (drainedNodes(memory.fold).has(pod.node) && !hasMoveToCome(memory.fold, subject)) {
    return blocked('candidate-on-drained-node', subject, { node: pod.node });
  }
  return undefined;
}

/** A paused cluster does nothing of itself: nobody would take over if the switchover went wrong. */
export function isNotPaused(cluster: ClusterSeen): Guard {
  return cluster.patroni.paused ? blocked('cluster-paused', cluster.key) : undefined;
}

/**
 * Nobody has asked Patroni for a switchover at a later time: it stands in the same key as ours, which would wipe it out without a word.
 * https://github.com/patroni/patroni/blob/master/patroni/dcs/__init__.py (manual_failover)
 */
export function noneIsScheduled(cluster: ClusterSeen, beforeMs = Number.POSITIVE_INFINITY): Guard {
  const at = cluster.patroni.scheduledSwitchoverAt;
  return at === undefined || Date.parse(at) >= beforeMs
    ? undefined
    : blocked('switchover-scheduled', cluster.key, { at });
}

/** No such switchover comes while a member that leaves now is still away: it may be the one that is to lead then. */
export function noneIsNear(memory: Memory, cluster: ClusterSeen): Guard {
  return noneIsScheduled(cluster, memory.nowMs + memory.pace.scheduledReserveMs);
}

/** The candidate, and everybody else who is known to be on one, is on the leader's timeline. */
export function timelinesAgree(cluster: ClusterSeen, candidate: string): Guard {
  const { timeline, members } = cluster.patroni;
  if (timeline === undefined) {
    return blocked('timeline-differs', cluster.key, { why: 'the leader names none' });
  }
  for (const member of members) {
    const isUnknown = member.timeline === undefined;
    if (member.timeline !== timeline && !(isUnknown && member.name !== candidate)) {
      return blocked('timeline-differs', `${cluster.namespace}/${member.name}`, {
        leaderTimeline: timeline,
        ...(isUnknown ? {} : { memberTimeline: member.timeline }),
      });
    }
  }
  return undefined;
}

/**
 * Returns the name of a member that could take over from `member` now; undefined: nobody. A primary is restarted in place
 * only where nobody can.
 */
export function successorOf(memory: Memory, cluster: ClusterSeen, member: string): string | undefined {
  const setting = memory.fold.plan.request.clusters?.[cluster.key];
  if (setting?.switchover === 'never' || cluster.patroni.paused) {
    return undefined;
  }
  const names = cluster.patroni.members.map((other) => other.name).filter((name) => name !== member);
  return names.find(
    (name) =>
      candidateIsFit(memory, cluster, name) === undefined && timelinesAgree(cluster, name) === undefined,
  );
}

/** Returns what Patroni says about this member; undefined: it does not list it. */
export function memberOf(cluster: ClusterSeen, name: string): PatroniMember | undefined {
  return cluster.patroni.members.find((member) => member.name === name);
}

function keyOf(pod: MemberSeen): string {
  return `${pod.namespace}/${pod.name}`;
}
