/**
 * One move of a plan: legal as things stand? Then what it changes.
 */

import type { MoveStep, Step } from '../plan.ts';
import { checkBudgets } from './check-budgets.ts';
import { contradictsItself, eligibleOther, unhealthyOthers } from './check-members.ts';
import {
  isClosedFor,
  podRuleAgainst,
  resourceMissing,
  staticRuleAgainst,
  toleratesFence,
} from './check-placement.ts';
import {
  type ClusterState,
  hasEnded,
  isToBeEmptied,
  type PodState,
  placePod,
  staysOnNode,
  violate,
  type Walk,
} from './check-state.ts';

/** Notes every rule this move breaks, then moves the pod. A move of a pod that is not there changes nothing. */
export function walkMove(walk: Walk, step: MoveStep): void {
  const state = walk.pods.get(step.pod);
  if (state === undefined) {
    violate(walk, 'pod-unknown', step, { pod: step.pod });
    return;
  }
  const cluster = state.pod.cluster === undefined ? undefined : walk.clusters.get(state.pod.cluster);
  checkSubject(walk, step, state);
  checkOrigin(walk, step, state);
  checkTarget(walk, step, state, step.to);
  if (cluster !== undefined) checkMember(walk, step, cluster, state.pod.name);
  else if (step.outage) violate(walk, 'outage-not-of-primary', step, { pod: step.pod });
  checkBudgets(walk, step, state);
  checkOrderedSet(walk, step, state);
  checkOneNodeAtATime(walk, step);
  applyMove(walk, step, state, cluster);
}

function checkSubject(walk: Walk, step: MoveStep, { pod, node }: PodState): void {
  if (pod.uid !== step.uid) violate(walk, 'pod-replaced', step, { pod: step.pod, uid: pod.uid });
  if (node !== step.from) violate(walk, 'pod-elsewhere', step, { pod: step.pod, node: node ?? 'no node' });
  const member = pod.cluster === undefined ? null : pod.name;
  if ((pod.cluster ?? null) !== step.cluster || member !== step.member)
    violate(walk, 'member-mismatch', step, { pod: step.pod, cluster: pod.cluster ?? 'none' });
  if (staysOnNode(pod) || hasEnded(pod)) violate(walk, 'pod-stays', step, { pod: step.pod });
  if (pod.owner.kind === 'none') violate(walk, 'pod-would-not-return', step, { pod: step.pod });
}

/** A pod may come back to a node that is open, so that only nodes to be emptied can be left for good. */
function checkOrigin(walk: Walk, step: MoveStep, state: PodState): void {
  if (walk.refused.has(step.from)) violate(walk, 'refused-node-touched', step, { node: step.from });
  else if (!walk.request.drained.has(step.from))
    violate(walk, 'moved-off-kept-node', step, { pod: state.pod.key, node: step.from });
}

/** Notes every rule that keeps a pod (to be moved or to be created) off its expected node, and every node that should be closed to it. */
export function checkTarget(walk: Walk, step: Step, state: PodState, to: string): void {
  const { pod } = state;
  checkDrainedNodesClosed(walk, step, state, to);
  const target = walk.nodes.get(to);
  if (target === undefined) {
    violate(walk, 'node-unknown', step, { node: to });
    return;
  }
  if (target.released) {
    violate(walk, 'node-gone', step, { node: to });
    return;
  }
  if (!target.node.ready) violate(walk, 'target-not-ready', step, { node: to });
  if (isClosedFor(pod, target)) violate(walk, 'target-closed', step, { pod: pod.key, node: to });
  if (isToBeEmptied(walk, to) && !walk.request.parking)
    violate(walk, 'parking-forbidden', step, { pod: pod.key, node: to });
  const resource = resourceMissing(walk, pod, target.node);
  if (resource !== undefined) violate(walk, 'no-room', step, { pod: pod.key, node: to, resource });
  const rule = staticRuleAgainst(pod, target.node) ?? podRuleAgainst(walk, state, target.node);
  if (rule !== undefined) violate(walk, 'placement-rule', step, { pod: pod.key, node: to, rule });
}

/**
 * kube-scheduler places pods, not the plan: whatever node to be emptied is open now may get this pod. Only the node opened on
 * purpose, to park this very pod, may be open. Pods that tolerate every taint cannot be kept off by any fence.
 */
function checkDrainedNodesClosed(walk: Walk, step: Step, { pod }: PodState, to: string): void {
  if (toleratesFence(pod)) return;
  // Of the fenced ones nothing needs to be asked, and they are nearly all.
  for (const name of walk.unfenced) {
    const state = walk.nodes.get(name);
    if (state === undefined || state.released || !isToBeEmptied(walk, name)) continue;
    if (state.openForParking && name === to) continue;
    if (isClosedFor(pod, state) || staticRuleAgainst(pod, state.node) !== undefined) continue;
    violate(walk, 'drained-node-open', step, { pod: pod.key, node: name });
    return;
  }
}

function checkMember(walk: Walk, step: MoveStep, state: ClusterState, member: string): void {
  const { key } = state.cluster;
  if (contradictsItself(state)) violate(walk, 'cluster-contradicts-itself', step, { cluster: key });
  const isPrimary = state.primary === member;
  if (isPrimary && !step.outage) violate(walk, 'primary-moved', step, { cluster: key, member });
  if (!isPrimary && step.outage) violate(walk, 'outage-not-of-primary', step, { pod: step.pod });
  if (isPrimary) {
    const successor = eligibleOther(walk, state);
    if (successor !== undefined)
      violate(walk, 'outage-avoidable', step, { cluster: key, member, successor: successor.name });
    if (walk.request.singleMemberOf(key) === 'skip')
      violate(walk, 'outage-not-wanted', step, { cluster: key, member });
  }
  const down = unhealthyOthers(state, member);
  if (down.length > 0) violate(walk, 'second-member-unavailable', step, { cluster: key, member, down });
}

/**
 * A set with the OrderedReady policy creates no pod while one of a lower ordinal is not ready.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-management-policies
 */
function checkOrderedSet(walk: Walk, step: MoveStep, { pod }: PodState): void {
  const { owner } = pod;
  if (owner.kind !== 'StatefulSet' || !owner.orderedReady) return;
  for (const { pod: other, moved } of walk.orderedSets.get(owner.uid) ?? []) {
    if (other.key === pod.key) continue;
    if (!moved && !other.ready && ordinal(other.name) < ordinal(pod.name))
      violate(walk, 'ordered-set-broken', step, { pod: pod.key, waitsFor: other.key });
  }
}

function ordinal(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** In whole-nodes mode a node is emptied before the next one is begun. */
function checkOneNodeAtATime(walk: Walk, step: MoveStep): void {
  if (!walk.request.wholeNodes) return;
  const before = walk.seen.drainedNow;
  walk.seen.drainedNow = step.from;
  if (before === undefined || before === step.from) return;
  const left = [...(walk.podsOn.get(before) ?? [])].some(({ pod }) => !staysOnNode(pod) && !hasEnded(pod));
  if (left) violate(walk, 'one-node-at-a-time', step, { node: step.from, begun: before });
}

function applyMove(walk: Walk, step: MoveStep, state: PodState, cluster: ClusterState | undefined): void {
  walk.seen.departures.push({ step, node: step.from, pod: state });
  walk.seen.arrivals.push({ step, node: step.to, pod: state });
  placePod(walk, state, walk.nodes.has(step.to) ? step.to : undefined);
  state.moved = true;
  if (cluster === undefined) return;
  if (cluster.primary === state.pod.name) {
    cluster.outages += 1;
    walk.seen.primariesLeft.push({ step, node: step.from });
  }
  const member = cluster.members.get(state.pod.name);
  if (member === undefined) return;
  // A move of a member is done when it streams again within its lag limit.
  member.healthy = true;
  member.timeline = undefined;
  if (member.lagBytes === undefined || member.lagBytes > cluster.cluster.maximumLagBytes) member.lagBytes = 0;
  cluster.syncMayHaveChanged = true;
}
