/**
 * Every kind of step but moves: legal as things stand? Then what it changes.
 */

import type { Member, Pod } from '../model.ts';
import type {
  AddNodeStep,
  CordonStep,
  FenceStep,
  ReleaseStep,
  ScaleInStep,
  ScaleOutStep,
  Step,
  SwitchoverStep,
  UnfenceStep,
} from '../plan.ts';
import { countPod } from './check-budgets.ts';
import { isAskedFor, tagsOf } from './check-label-index.ts';
import { contradictsItself, eligibleOther, whyNotEligible } from './check-members.ts';
import { checkTarget, walkMove } from './check-moves.ts';
import { addAmounts } from './check-placement.ts';
import { replacementNode } from './check-replacement.ts';
import {
  type ClusterState,
  clusterState,
  memberNamed,
  mustLeave,
  type NodeState,
  noteHolds,
  type PodState,
  placePod,
  putNode,
  putPod,
  violate,
  type Walk,
} from './check-state.ts';
import { checkWindow } from './check-windows.ts';

/** Notes every rule this step breaks and lets it happen all the same, so that what follows is judged too. */
export function walkStep(walk: Walk, step: Step, place: number): void {
  switch (step.kind) {
    case 'fence':
      walk.nodes.get(step.node)?.holds.push(place);
      walkFence(walk, step);
      break;
    case 'unfence':
      walk.nodes.get(step.node)?.holds.push(place);
      walkUnfence(walk, step);
      break;
    case 'add-node':
      walkAddNode(walk, step);
      break;
    case 'move':
      walkMove(walk, step, place);
      break;
    case 'switchover':
      walkSwitchover(walk, step, place);
      break;
    case 'scale-out':
      walkScaleOut(walk, step, place);
      break;
    case 'scale-in':
      walkScaleIn(walk, step, place);
      break;
    case 'cordon':
      walk.nodes.get(step.node)?.holds.push(place);
      walkCordon(walk, step);
      break;
    case 'release':
      walk.nodes.get(step.node)?.holds.push(place);
      walkRelease(walk, step);
      break;
  }
}

function liveNode(walk: Walk, step: Step, name: string): NodeState | undefined {
  const state = walk.nodes.get(name);
  if (state === undefined) violate(walk, 'node-unknown', step, { node: name });
  else if (state.released) violate(walk, 'node-gone', step, { node: name });
  else return state;
  return undefined;
}

/** Only nodes to be emptied are touched; a refused one stays as it was. */
function checkMayTouch(walk: Walk, step: Step, state: NodeState): void {
  const { name } = state.node;
  if (state.refused) violate(walk, 'refused-node-touched', step, { node: name });
  else if (!state.toBeEmptied) violate(walk, 'not-to-be-drained', step, { node: name });
}

function walkFence(walk: Walk, step: FenceStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, state);
  if (state.fenced) violate(walk, 'fenced-already', step, { node: step.node });
  state.fenced = true;
  state.openForParking = false;
  noteHolds(walk, state);
}

function walkUnfence(walk: Walk, step: UnfenceStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  if (!state.fenced) violate(walk, 'not-fenced', step, { node: step.node });
  if (state.toBeEmptied && !walk.request.parking)
    violate(walk, 'parking-forbidden', step, { node: step.node });
  state.fenced = false;
  state.openForParking = true;
  noteHolds(walk, state);
}

/** A cordon makes database operators move a primary themselves, so that none may be left on the node. */
function walkCordon(walk: Walk, step: CordonStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, state);
  if (!walk.request.cordonsFirst)
    for (const { pod } of state.pods) {
      const cluster = pod.cluster === undefined ? undefined : clusterState(walk, pod.cluster);
      if (cluster !== undefined && cluster.primary === pod.name)
        violate(walk, 'cordon-under-primary', step, { node: step.node, cluster: cluster.cluster.key });
    }
  state.cordoned = true;
  noteHolds(walk, state);
}

function walkAddNode(walk: Walk, step: AddNodeStep): void {
  if (walk.nodes.has(step.node)) {
    violate(walk, 'node-name-taken', step, { node: step.node });
    return;
  }
  if (!walk.fleet.zones.includes(step.zone)) violate(walk, 'zone-unknown', step, { zone: step.zone });
  putNode(walk, replacementNode(walk, step), true);
  walk.live.set(step.zone, (walk.live.get(step.zone) ?? 0) + 1);
  checkSurge(walk, step);
  const added = (walk.addedIn.get(step.zone) ?? 0) + 1;
  walk.addedIn.set(step.zone, added);
  const most = walk.request.newNodesOf(step.zone);
  if (most !== undefined && added > most)
    violate(walk, 'too-many-new-nodes', step, { zone: step.zone, count: added, most });
}

function checkSurge(walk: Walk, step: AddNodeStep): void {
  let total = 0;
  for (const [zone, live] of walk.live) {
    const extra = Math.max(0, live - (walk.liveAtStart.get(zone) ?? 0));
    walk.peakExtra.set(zone, Math.max(extra, walk.peakExtra.get(zone) ?? 0));
    total += extra;
    if (zone === step.zone && extra > walk.request.surgeOf(zone))
      violate(walk, 'surge-exceeded', step, { zone, extra, surge: walk.request.surgeOf(zone) });
  }
  const { surgeTotal } = walk.request;
  if (surgeTotal !== undefined && total > surgeTotal)
    violate(walk, 'surge-exceeded', step, { zone: 'all', extra: total, surge: surgeTotal });
}

function walkSwitchover(walk: Walk, step: SwitchoverStep, place: number): void {
  const state = clusterOf(walk, step.cluster, step, place);
  if (state === undefined) return;
  const facts = { cluster: step.cluster, from: step.from, to: step.to };
  if (state.primary !== step.from)
    violate(walk, 'not-the-primary', step, { ...facts, primary: state.primary ?? 'unknown' });
  const from = memberNamed(state, step.from);
  const to = memberNamed(state, step.to);
  if (to === undefined) {
    violate(walk, 'candidate-not-eligible', step, { ...facts, why: 'not a member' });
    return;
  }
  const why = whyNotEligible(walk, state, to);
  if (why !== undefined) violate(walk, 'candidate-not-eligible', step, { ...facts, why });
  checkWindow(walk, step, step.cluster);
  const left = from?.pod?.node;
  // A primary on a node that is kept needs no successor; a temporary member hands back what it was lent.
  if (left !== undefined && !left.toBeEmptied && from?.temporary !== true)
    violate(walk, 'switchover-pointless', step, { ...facts, node: left.node.name });
  left?.primariesLeft.push(place);
  if (from?.pod && to.pod) swapRoles(walk, from.pod, to.pod);
  state.primary = step.to;
  state.switchovers += 1;
  state.syncMayHaveChanged = true;
  if (from !== undefined && from.lagBytes === undefined) from.lagBytes = 0;
}

/** The cluster of a step that acts on it, where there is one. */
function clusterOf(
  walk: Walk,
  key: string,
  step: SwitchoverStep | ScaleOutStep | ScaleInStep,
  place: number,
): ClusterState | undefined {
  const state = clusterState(walk, key);
  walk.clusterAt[place] = state;
  if (state === undefined) violate(walk, 'cluster-unknown', step, { cluster: key });
  else if (step.kind !== 'scale-in' && contradictsItself(state))
    violate(walk, 'cluster-contradicts-itself', step, { cluster: key });
  return state;
}

/** The role labels change places; whatever else differs between the two stays where it is. */
function swapRoles(walk: Walk, from: PodState, to: PodState): void {
  const roles = roleKeys(from.labels);
  if (roles.length === 0) return;
  const [former, next] = [{ ...from.labels }, { ...to.labels }];
  for (const key of roles) {
    next[key] = former[key] ?? '';
    former[key] = 'replica';
  }
  relabelPod(walk, from, former, roles);
  relabelPod(walk, to, next, roles);
}

/** Labels that say of a pod that it is the primary. */
function roleKeys(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(labels).filter((key) => labels[key] === 'master' || labels[key] === 'primary');
}

/** Gives a pod other labels, which differ in these keys. */
function relabelPod(walk: Walk, state: PodState, labels: PodState['labels'], keys: readonly string[]): void {
  countPod(walk, state, -1);
  state.labels = labels;
  if (keys.some((key) => isAskedFor(walk.labels, state.pod.namespace, key))) tagPod(walk, state);
  countPod(walk, state, 1);
}

/** Adds the tags of its labels as they are now; those it has lost do no harm. */
function tagPod(walk: Walk, state: PodState): void {
  const tags = tagsOf(walk.labels, state.pod.namespace, state.labels, state.tags);
  const fresh = tags.filter((tag) => !state.tags.includes(tag));
  for (const tag of fresh) tag.lateCarriers.push(state);
  state.tags = [...state.tags, ...fresh];
}

/** The temporary member is a copy of the primary without its volumes, which may be made in any zone. */
function walkScaleOut(walk: Walk, step: ScaleOutStep, place: number): void {
  const state = clusterOf(walk, step.cluster, step, place);
  if (state === undefined) return;
  const key = `${state.cluster.namespace}/${step.member}`;
  if (memberNamed(state, step.member) !== undefined || walk.pods.has(key)) {
    violate(walk, 'member-name-taken', step, { cluster: step.cluster, member: step.member });
    return;
  }
  const wanted = walk.request.singleMemberOf(step.cluster) === 'scale-out';
  if (!wanted || eligibleOther(walk, state) !== undefined)
    violate(walk, 'scale-out-not-wanted', step, { cluster: step.cluster });
  const model = memberNamed(state, state.primary)?.pod;
  if (model === undefined) return;
  const labels = { ...model.labels };
  for (const role of roleKeys(labels)) labels[role] = 'replica';
  const pod: Pod = { ...model.pod, key, name: step.member, uid: '', labels, volumeTerms: [] };
  const copy = putPod(walk, pod, undefined, model);
  const target = walk.nodes.get(step.node);
  tagPod(walk, copy);
  for (const tag of copy.keptApart) tag?.lateRepellers.push(copy);
  checkTarget(walk, step, copy, step.node, target);
  placePod(copy, target);
  if (target !== undefined) addAmounts(walk, target, copy, 1);
  copy.moved = true;
  countPod(walk, copy, 1);
  target?.arrivals.push(place);
  walk.podAt[place] = copy;
  addMember(state, step.member, copy);
}

function addMember(state: ClusterState, name: string, pod: PodState): void {
  const member: Member = { name, pod: pod.pod.key, role: 'replica', nofailover: false };
  const temporary = { member, pod, temporary: true, healthy: true, lagBytes: 0, timeline: undefined };
  state.members = [...state.members, temporary];
  pod.cluster = state;
  pod.member = temporary;
  state.syncMayHaveChanged = true;
  state.scaledOut += 1;
}

/** Either of the two may go, as long as it is not the primary then. */
function walkScaleIn(walk: Walk, step: ScaleInStep, place: number): void {
  const state = clusterOf(walk, step.cluster, step, place);
  if (state === undefined) return;
  const facts = { cluster: step.cluster, member: step.member };
  const member = memberNamed(state, step.member);
  if (member === undefined) {
    violate(walk, 'member-mismatch', step, facts);
    return;
  }
  if (state.scaledOut === 0) violate(walk, 'scale-in-without-scale-out', step, facts);
  if (state.primary === step.member) violate(walk, 'primary-removed', step, facts);
  const { pod } = member;
  const key = pod?.pod.key ?? `${state.cluster.namespace}/${step.member}`;
  if (pod?.node?.node.name !== step.node)
    violate(walk, 'pod-elsewhere', step, { pod: key, node: pod?.node?.node.name ?? 'no node' });
  state.members = state.members.filter((each) => each !== member);
  state.scaledOut -= 1;
  if (pod === undefined) return;
  walk.nodes.get(step.node)?.departures.push(place);
  walk.podAt[place] = pod;
  if (pod.node !== undefined) addAmounts(walk, pod.node, pod, -1);
  placePod(pod, undefined);
  relabelPod(walk, pod, {}, []);
  walk.pods.delete(key);
}

/** A node is released when only what stays on it is left; pods on their way out and pods that have ended do not count. */
function walkRelease(walk: Walk, step: ReleaseStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, state);
  if (!state.fenced && !state.cordoned) violate(walk, 'release-not-closed', step, { node: step.node });
  const left = state.pods.filter(({ pod }) => mustLeave(pod)).map(({ pod }) => pod.key);
  if (left.length > 0) violate(walk, 'release-not-empty', step, { node: step.node, pods: left.sort() });
  state.released = true;
  noteHolds(walk, state);
  walk.live.set(state.node.zone, (walk.live.get(state.node.zone) ?? 0) - 1);
}
