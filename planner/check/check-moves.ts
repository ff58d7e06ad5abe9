/**
 * One move of a plan: legal as things stand? Then what it changes.
 */

import type { MoveStep, Step } from '../plan.ts';
import { checkBudgets, countPod } from './check-budgets.ts';
import { contradictsItself, eligibleOther, unhealthyOthers } from './check-members.ts';
import {
  addAmounts,
  isClosedFor,
  resourceMissing,
  staticRuleAgainst,
  toleratesCordon,
  toleratesFence,
} from './check-placement.ts';
import { podRuleAgainst } from './check-pod-rules.ts';
import {
  type ClusterState,
  clusterState,
  hasEnded,
  memberNamed,
  type NodeState,
  type PodState,
  placePod,
  staysOnNode,
  violate,
  type Walk,
} from './check-state.ts';
import { checkWindow } from './check-windows.ts';

/** Notes every rule this move breaks, then moves the pod. A move of a pod that is not there changes nothing. */
export function walkMove(walk: Walk, step: MoveStep, place: number): void {
  const state = walk.pods.get(step.pod);
  if (state === undefined) {
    violate(walk, 'pod-unknown', step, { pod: step.pod });
    walk.clusterAt[place] = step.cluster === null ? undefined : clusterState(walk, step.cluster);
    return;
  }
  const from = state.node?.node.name === step.from ? state.node : walk.nodes.get(step.from);
  const to = walk.nodes.get(step.to);
  const cluster =
    state.pod.cluster === undefined ? undefined : (state.cluster ?? clusterState(walk, state.pod.cluster));
  walk.podAt[place] = state;
  walk.clusterAt[place] = cluster;
  checkSubject(walk, step, state);
  checkOrigin(walk, step, state, from);
  checkTarget(walk, step, state, step.to, to);
  if (cluster !== undefined) checkMember(walk, step, cluster, state.pod.name);
  else if (step.outage) violate(walk, 'outage-not-of-primary', step, { pod: step.pod });
  checkBudgets(walk, step, place, state);
  checkOrderedSet(walk, step, state);
  if (walk.request.wholeNodes) checkOneNodeAtATime(walk, step, from);
  from?.departures.push(place);
  to?.arrivals.push(place);
  if (cluster !== undefined && cluster.primary === state.pod.name) {
    cluster.outages += 1;
    from?.primariesLeft.push(place);
  }
  applyMove(walk, state, cluster, to);
}

function checkSubject(walk: Walk, step: MoveStep, { pod, node }: PodState): void {
  if (pod.uid !== step.uid) violate(walk, 'pod-replaced', step, { pod: step.pod, uid: pod.uid });
  if (node?.node.name !== step.from)
    violate(walk, 'pod-elsewhere', step, { pod: step.pod, node: node?.node.name ?? 'no node' });
  const member = pod.cluster === undefined ? null : pod.name;
  if ((pod.cluster ?? null) !== step.cluster || member !== step.member)
    violate(walk, 'member-mismatch', step, { pod: step.pod, cluster: pod.cluster ?? 'none' });
  if (staysOnNode(pod) || hasEnded(pod)) violate(walk, 'pod-stays', step, { pod: step.pod });
  if (pod.owner.kind === 'none') violate(walk, 'pod-would-not-return', step, { pod: step.pod });
}

/** A pod may come back to a node that is open, so that only nodes to be emptied can be left for good. */
function checkOrigin(walk: Walk, step: MoveStep, state: PodState, from: NodeState | undefined): void {
  if (walk.refused.has(step.from)) violate(walk, 'refused-node-touched', step, { node: step.from });
  else if (from?.asked !== true)
    violate(walk, 'moved-off-kept-node', step, { pod: state.pod.key, node: step.from });
}

/** Notes every rule that keeps a pod (to be moved or to be created) off its expected node, and every node that should be closed to it. */
export function checkTarget(
  walk: Walk,
  step: Step,
  state: PodState,
  name: string,
  target: NodeState | undefined,
): void {
  const { pod } = state;
  checkDrainedNodesClosed(walk, step, state, target);
  if (target === undefined) {
    violate(walk, 'node-unknown', step, { node: name });
    return;
  }
  if (target.released) {
    violate(walk, 'node-gone', step, { node: name });
    return;
  }
  if (!target.node.ready) violate(walk, 'target-not-ready', step, { node: name });
  if (isClosedFor(pod, target)) violate(walk, 'target-closed', step, { pod: pod.key, node: name });
  // It was asked to be drained and cannot be: filling it makes that no better.
  if (target.refused) violate(walk, 'refused-node-touched', step, { node: name });
  if (target.toBeEmptied && !walk.request.parking)
    violate(walk, 'parking-forbidden', step, { pod: pod.key, node: name });
  const resource = resourceMissing(walk, state, target);
  if (resource !== undefined) violate(walk, 'no-room', step, { pod: pod.key, node: name, resource });
  const rule = staticRuleAgainst(pod, target.node) ?? podRuleAgainst(walk, state, target);
  if (rule !== undefined) violate(walk, 'placement-rule', step, { pod: pod.key, node: name, rule });
}

/**
 * kube-scheduler places pods, not the plan: whatever node to be emptied is open now may get this pod. Only the node opened on
 * purpose, to park this very pod, may be open. Pods that tolerate every taint cannot be kept off by any fence.
 */
function checkDrainedNodesClosed(
  walk: Walk,
  step: Step,
  { pod }: PodState,
  target: NodeState | undefined,
): void {
  // Of the closed ones nothing needs to be asked, and they are nearly all.
  if (walk.unfenced.size === 0 || toleratesFence(pod)) return;
  const mayBeOpen = walk.unfenced.size > walk.open.size && toleratesCordon(pod) ? walk.unfenced : walk.open;
  for (const state of mayBeOpen) {
    if (state.openForParking && state === target) continue;
    if (isClosedFor(pod, state) || staticRuleAgainst(pod, state.node) !== undefined) continue;
    violate(walk, 'drained-node-open', step, { pod: pod.key, node: state.node.name });
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
    checkWindow(walk, step, key);
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
  if (walk.unreadyInSet.size === 0 || owner.kind !== 'StatefulSet' || !owner.orderedReady) return;
  for (const { pod: other, moved } of walk.unreadyInSet.get(owner.uid) ?? []) {
    if (other.key === pod.key) continue;
    if (!moved && ordinal(other.name) < ordinal(pod.name))
      violate(walk, 'ordered-set-broken', step, { pod: pod.key, waitsFor: other.key });
  }
}

function ordinal(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** In whole-nodes mode a node is emptied before the next one is begun. */
function checkOneNodeAtATime(walk: Walk, step: MoveStep, from: NodeState | undefined): void {
  const before = walk.drainedNow;
  walk.drainedNow = from;
  if (before === undefined || before === from) return;
  const left = before.pods.some(({ pod }) => !staysOnNode(pod) && !hasEnded(pod));
  if (left) violate(walk, 'one-node-at-a-time', step, { node: step.from, begun: before.node.name });
}

function applyMove(
  walk: Walk,
  state: PodState,
  cluster: ClusterState | undefined,
  to: NodeState | undefined,
): void {
  if (state.node !== undefined) addAmounts(walk, state.node, state, -1);
  placePod(state, to);
  if (to !== undefined) addAmounts(walk, to, state, 1);
  if (!state.moved && !(state.pod.ready && !state.pod.terminating)) {
    countPod(walk, state, -1);
    state.moved = true;
    countPod(walk, state, 1);
  }
  state.moved = true;
  const member = state.member ?? (cluster && memberNamed(cluster, state.pod.name));
  if (cluster === undefined || member === undefined) return;
  // A move of a member is done when it streams again within its lag limit.
  member.healthy = true;
  member.timeline = undefined;
  if (member.lagBytes === undefined || member.lagBytes > cluster.cluster.maximumLagBytes) member.lagBytes = 0;
  cluster.syncMayHaveChanged = true;
}
