/**
 * One move of a plan: legal as things stand? Then what it changes.
 */

import type { MoveStep, Step } from '../plan.ts';
import { checkBudgets, countPod } from './check-budgets.ts';
import { eligibleOther, runsNow, unhealthyOthers } from './check-members.ts';
import type { NumberedCluster, NumberedPod } from './check-model.ts';
import {
  addAmounts,
  isClosedFor,
  resourceMissing,
  staticRuleAgainst,
  staticRuleOn,
} from './check-placement.ts';
import { hasEnded, staysOnNode } from './check-pod-nature.ts';
import { podRuleAgainst } from './check-pod-rules.ts';
import {
  bringIntoView,
  clusterNamed,
  isPrimary,
  memberNamed,
  type NodeState,
  nodeNamed,
  nodeOf,
  placePod,
  podsOn,
  violate,
  type Walk,
} from './check-state.ts';
import { checkWindow } from './check-windows.ts';

/** Notes every rule this move breaks, then moves the pod. A move of a pod that is not there changes nothing. */
export function walkMove(walk: Walk, step: MoveStep, place: number): void {
  const numbered = podOfMove(walk, step, place);
  if (numbered === undefined) {
    violate(walk, 'pod-unknown', step, { pod: step.pod });
    const cluster = step.cluster === null ? undefined : clusterNamed(walk, step.cluster);
    walk.clusterAt[place] = cluster?.number ?? -1;
    return;
  }
  const { pod, cluster } = numbered;
  const stands = nodeOf(walk, numbered);
  const from = stands?.node.name === step.from ? stands : nodeNamed(walk, step.from);
  const to = nodeNamed(walk, step.to);
  walk.podAt[place] = numbered.number;
  walk.clusterAt[place] = cluster?.number ?? -1;
  if (cluster !== undefined) bringIntoView(walk, cluster);
  if (stands?.node.name !== step.from || !isAsSaid(walk, place, numbered))
    checkSubject(walk, step, numbered, stands);
  checkOrigin(walk, step, numbered, from);
  checkTarget(walk, step, numbered, step.to, to);
  const leads = isPrimary(walk, numbered);
  if (cluster !== undefined) checkMember(walk, step, cluster, pod.name, leads);
  else if (step.outage) violate(walk, 'outage-not-of-primary', step, { pod: step.pod });
  checkBudgets(walk, step, place, numbered);
  checkOrderedSet(walk, step, numbered);
  if (walk.request.wholeNodes) checkOneNodeAtATime(walk, step, from);
  from?.departures.push(place);
  to?.arrivals.push(place);
  if (cluster !== undefined && leads) {
    walk.outages[cluster.number] = (walk.outages[cluster.number] ?? 0) + 1;
    from?.primariesLeft.push(place);
  }
  applyMove(walk, numbered, stands, to);
}

/** What steps have brought or removed goes before what the fleet says. */
function podOfMove({ changes, names, pods }: Walk, step: MoveStep, place: number): NumberedPod | undefined {
  if (changes.pods.size > 0 && changes.pods.has(step.pod)) return changes.pods.get(step.pod);
  return pods[names.podOf[place] ?? -1];
}

/** True if the step says of this pod what the fleet says; where it stands is another question. */
function isAsSaid({ names }: Walk, place: number, { number }: NumberedPod): boolean {
  return names.isAsSaid[place] === 1 && names.podOf[place] === number;
}

function checkSubject(
  walk: Walk,
  step: MoveStep,
  { pod, isMovable }: NumberedPod,
  stands: NodeState | undefined,
): void {
  if (pod.uid !== step.uid) violate(walk, 'pod-replaced', step, { pod: step.pod, uid: pod.uid });
  if (stands?.node.name !== step.from)
    violate(walk, 'pod-elsewhere', step, { pod: step.pod, node: stands?.node.name ?? 'no node' });
  const member = pod.cluster === undefined ? null : pod.name;
  if ((pod.cluster ?? null) !== step.cluster || member !== step.member)
    violate(walk, 'member-mismatch', step, { pod: step.pod, cluster: pod.cluster ?? 'none' });
  if (isMovable) return;
  if (staysOnNode(pod) || hasEnded(pod)) violate(walk, 'pod-stays', step, { pod: step.pod });
  if (pod.owner.kind === 'none') violate(walk, 'pod-would-not-return', step, { pod: step.pod });
}

/** A pod may come back to a node that is open, so that only nodes to be emptied can be left for good. */
function checkOrigin(walk: Walk, step: MoveStep, { pod }: NumberedPod, from: NodeState | undefined): void {
  if (walk.refused.has(step.from)) violate(walk, 'refused-node-touched', step, { node: step.from });
  else if (from?.asked !== true)
    violate(walk, 'moved-off-kept-node', step, { pod: pod.key, node: step.from });
}

/** Notes every rule that keeps a pod (to be moved or to be created) off its expected node, and every node that should be closed to it. */
export function checkTarget(
  walk: Walk,
  step: Step,
  numbered: NumberedPod,
  name: string,
  target: NodeState | undefined,
): void {
  const { pod } = numbered;
  checkDrainedNodesClosed(walk, step, numbered, target);
  if (target === undefined) {
    violate(walk, 'node-unknown', step, { node: name });
    return;
  }
  if (target.released) {
    violate(walk, 'node-gone', step, { node: name });
    return;
  }
  if (!target.node.ready) violate(walk, 'target-not-ready', step, { node: name });
  if (isClosedFor(numbered, target)) violate(walk, 'target-closed', step, { pod: pod.key, node: name });
  // It was asked to be drained and cannot be: filling it makes that no better.
  if (target.refused) violate(walk, 'refused-node-touched', step, { node: name });
  if (target.toBeEmptied && !walk.request.parking)
    violate(walk, 'parking-forbidden', step, { pod: pod.key, node: name });
  const resource = resourceMissing(walk, numbered, target);
  if (resource !== undefined) violate(walk, 'no-room', step, { pod: pod.key, node: name, resource });
  const rule = staticRuleOn(walk, numbered, target) ?? podRuleAgainst(walk, numbered, target);
  if (rule !== undefined) violate(walk, 'placement-rule', step, { pod: pod.key, node: name, rule });
}

/**
 * kube-scheduler places pods, not the plan: whatever node to be emptied is open now may get this pod. Only the node opened on
 * purpose, to park this very pod, may be open. Pods that tolerate every taint cannot be kept off by any fence.
 */
function checkDrainedNodesClosed(
  walk: Walk,
  step: Step,
  numbered: NumberedPod,
  target: NodeState | undefined,
): void {
  const { pod, rules } = numbered;
  // Of the closed ones nothing needs to be asked, and they are nearly all.
  if (walk.unfenced.size === 0 || rules.toleratesFence) return;
  const mayBeOpen = walk.unfenced.size > walk.open.size && rules.toleratesCordon ? walk.unfenced : walk.open;
  for (const state of mayBeOpen) {
    if (state.openForParking && state === target) continue;
    if (isClosedFor(numbered, state) || staticRuleAgainst(pod, state.node) !== undefined) continue;
    violate(walk, 'drained-node-open', step, { pod: pod.key, node: state.node.name });
    return;
  }
}

function checkMember(
  walk: Walk,
  step: MoveStep,
  numbered: NumberedCluster,
  member: string,
  leads: boolean,
): void {
  const { cluster } = numbered;
  if (numbered.contradictsItself) violate(walk, 'cluster-contradicts-itself', step, { cluster: cluster.key });
  if (!leads && step.outage) violate(walk, 'outage-not-of-primary', step, { pod: step.pod });
  if (leads) checkPrimary(walk, step, numbered, member);
  const down = unhealthyOthers(walk, numbered, member);
  if (down.length > 0)
    violate(walk, 'second-member-unavailable', step, { cluster: cluster.key, member, down });
}

/** A primary is moved only where nobody could take over, and the request allows its restart. */
function checkPrimary(walk: Walk, step: MoveStep, numbered: NumberedCluster, member: string): void {
  const { key } = numbered.cluster;
  if (!step.outage) violate(walk, 'primary-moved', step, { cluster: key, member });
  const successor = eligibleOther(walk, numbered);
  if (successor !== undefined)
    violate(walk, 'outage-avoidable', step, { cluster: key, member, successor: successor.name });
  if (walk.request.singleMemberOf(numbered) === 'skip')
    violate(walk, 'outage-not-wanted', step, { cluster: key, member });
  checkWindow(walk, step, numbered);
}

/**
 * A set with the OrderedReady policy creates no pod while one of a lower ordinal is not ready.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-management-policies
 */
function checkOrderedSet(walk: Walk, step: MoveStep, { pod, orderedSet }: NumberedPod): void {
  const { unreadyInSet } = walk.numbered;
  if (unreadyInSet.size === 0 || orderedSet < 0) return;
  for (const { number, pod: other } of unreadyInSet.get(orderedSet) ?? []) {
    if (other.key === pod.key) continue;
    if (walk.moved[number] !== 1 && ordinal(other.name) < ordinal(pod.name))
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
  const left = podsOn(walk, before).some(({ pod }) => !staysOnNode(pod) && !hasEnded(pod));
  if (left) violate(walk, 'one-node-at-a-time', step, { node: step.from, begun: before.node.name });
}

function applyMove(
  walk: Walk,
  numbered: NumberedPod,
  from: NodeState | undefined,
  to: NodeState | undefined,
): void {
  const { number, isReady, cluster } = numbered;
  if (from !== undefined) addAmounts(from, numbered, -1);
  placePod(walk, number, to);
  if (to !== undefined) addAmounts(to, numbered, 1);
  if (cluster !== undefined) {
    const { down } = walk.now;
    if (down[cluster.number] !== 0 && isMemberDown(walk, numbered, cluster))
      down[cluster.number] = (down[cluster.number] ?? 0) - 1;
    walk.syncMayHaveChanged[cluster.number] = 1;
  }
  const becomesHealthy = walk.moved[number] !== 1 && !isReady;
  if (becomesHealthy) countPod(walk, numbered, -1);
  walk.moved[number] = 1;
  if (becomesHealthy) countPod(walk, numbered, 1);
}

function isMemberDown(walk: Walk, { pod }: NumberedPod, cluster: NumberedCluster): boolean {
  const member = memberNamed(walk, cluster, pod.name);
  return member !== undefined && !runsNow(walk, member);
}
