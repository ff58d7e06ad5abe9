/**
 * Every kind of step but moves: legal as things stand? Then what it changes.
 */

import type { Pod } from '../model.ts';
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
import { contradictsItself, eligibleOther, whyNotEligible } from './check-members.ts';
import { checkTarget, walkMove } from './check-moves.ts';
import { replacementNode } from './check-replacement.ts';
import {
  hasEnded,
  isToBeEmptied,
  type NodeState,
  placePod,
  putPod,
  relabelPod,
  startNode,
  staysOnNode,
  violate,
  type Walk,
} from './check-state.ts';

/** Notes every rule this step breaks and lets it happen all the same, so that what follows is judged too. */
export function walkStep(walk: Walk, step: Step): void {
  switch (step.kind) {
    case 'fence':
      walkFence(walk, step);
      break;
    case 'unfence':
      walkUnfence(walk, step);
      break;
    case 'add-node':
      walkAddNode(walk, step);
      break;
    case 'move':
      walkMove(walk, step);
      break;
    case 'switchover':
      walkSwitchover(walk, step);
      break;
    case 'scale-out':
      walkScaleOut(walk, step);
      break;
    case 'scale-in':
      walkScaleIn(walk, step);
      break;
    case 'cordon':
      walkCordon(walk, step);
      break;
    case 'release':
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
function checkMayTouch(walk: Walk, step: Step, node: string): void {
  if (walk.refused.has(node)) violate(walk, 'refused-node-touched', step, { node });
  else if (!isToBeEmptied(walk, node)) violate(walk, 'not-to-be-drained', step, { node });
}

function walkFence(walk: Walk, step: FenceStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, step.node);
  if (state.fenced) violate(walk, 'fenced-already', step, { node: step.node });
  state.fenced = true;
  state.openForParking = false;
  walk.unfenced.delete(step.node);
}

function walkUnfence(walk: Walk, step: UnfenceStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  if (!state.fenced) violate(walk, 'not-fenced', step, { node: step.node });
  if (isToBeEmptied(walk, step.node) && !walk.request.parking)
    violate(walk, 'parking-forbidden', step, { node: step.node });
  state.fenced = false;
  state.openForParking = true;
  if (walk.request.drained.has(step.node)) walk.unfenced.add(step.node);
}

/** A cordon makes database operators move a primary themselves, so that none may be left on the node. */
function walkCordon(walk: Walk, step: CordonStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, step.node);
  if (!walk.request.cordonsFirst)
    for (const { pod } of walk.podsOn.get(step.node) ?? []) {
      const cluster = pod.cluster === undefined ? undefined : walk.clusters.get(pod.cluster);
      if (cluster !== undefined && cluster.primary === pod.name)
        violate(walk, 'cordon-under-primary', step, { node: step.node, cluster: cluster.cluster.key });
    }
  state.cordoned = true;
}

function walkAddNode(walk: Walk, step: AddNodeStep): void {
  if (walk.nodes.has(step.node)) {
    violate(walk, 'node-name-taken', step, { node: step.node });
    return;
  }
  if (!walk.fleet.zones.includes(step.zone)) violate(walk, 'zone-unknown', step, { zone: step.zone });
  walk.nodes.set(step.node, startNode(replacementNode(walk, step), true));
  walk.live.set(step.zone, (walk.live.get(step.zone) ?? 0) + 1);
  checkSurge(walk, step);
  const created = [...walk.nodes.values()].filter(
    (each) => each.isNew && each.node.zone === step.zone,
  ).length;
  const most = walk.request.newNodesOf(step.zone);
  if (most !== undefined && created > most)
    violate(walk, 'too-many-new-nodes', step, { zone: step.zone, count: created, most });
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

function walkSwitchover(walk: Walk, step: SwitchoverStep): void {
  const state = walk.clusters.get(step.cluster);
  if (state === undefined) {
    violate(walk, 'cluster-unknown', step, { cluster: step.cluster });
    return;
  }
  const facts = { cluster: step.cluster, from: step.from, to: step.to };
  if (contradictsItself(state)) violate(walk, 'cluster-contradicts-itself', step, { cluster: step.cluster });
  if (state.primary !== step.from)
    violate(walk, 'not-the-primary', step, { ...facts, primary: state.primary ?? 'unknown' });
  const from = state.members.get(step.from);
  const to = state.members.get(step.to);
  if (to === undefined) {
    violate(walk, 'candidate-not-eligible', step, { ...facts, why: 'not a member' });
    return;
  }
  const why = whyNotEligible(walk, state, to);
  if (why !== undefined) violate(walk, 'candidate-not-eligible', step, { ...facts, why });
  const fromPod = walk.pods.get(from?.pod ?? '');
  const toPod = walk.pods.get(to.pod);
  // A primary on a node that is kept needs no successor; a temporary member hands back what it was lent.
  if (fromPod?.node !== undefined && !isToBeEmptied(walk, fromPod.node) && from?.temporary !== true)
    violate(walk, 'switchover-pointless', step, { ...facts, node: fromPod.node });
  if (fromPod?.node !== undefined) walk.seen.primariesLeft.push({ step, node: fromPod.node });
  if (fromPod && toPod) {
    // The role labels change places; whatever else differs between the two stays where it is.
    const roles = Object.entries(fromPod.labels).filter(
      ([, value]) => value === 'master' || value === 'primary',
    );
    relabelPod(walk, fromPod, {
      ...fromPod.labels,
      ...Object.fromEntries(roles.map(([key]) => [key, 'replica'])),
    });
    relabelPod(walk, toPod, { ...toPod.labels, ...Object.fromEntries(roles) });
  }
  state.primary = step.to;
  state.switchovers += 1;
  state.syncMayHaveChanged = true;
  if (from?.lagBytes === undefined && from !== undefined) from.lagBytes = 0;
}

/** The temporary member is a copy of the primary without its volumes, which may be made in any zone. */
function walkScaleOut(walk: Walk, step: ScaleOutStep): void {
  const state = walk.clusters.get(step.cluster);
  if (state === undefined) {
    violate(walk, 'cluster-unknown', step, { cluster: step.cluster });
    return;
  }
  if (contradictsItself(state)) violate(walk, 'cluster-contradicts-itself', step, { cluster: step.cluster });
  const key = `${state.cluster.namespace}/${step.member}`;
  if (state.members.has(step.member) || walk.pods.has(key)) {
    violate(walk, 'member-name-taken', step, { cluster: step.cluster, member: step.member });
    return;
  }
  const wanted = walk.request.singleMemberOf(step.cluster) === 'scale-out';
  if (!wanted || eligibleOther(walk, state) !== undefined)
    violate(walk, 'scale-out-not-wanted', step, { cluster: step.cluster });
  const model = walk.pods.get(state.members.get(state.primary ?? '')?.pod ?? '');
  if (model === undefined) return;
  const roles = Object.entries(model.labels).filter(([, value]) => value === 'master' || value === 'primary');
  const labels = { ...model.labels, ...Object.fromEntries(roles.map(([label]) => [label, 'replica'])) };
  const pod: Pod = { ...model.pod, key, name: step.member, uid: '', labels, volumeTerms: [] };
  const copy = putPod(walk, pod, undefined);
  checkTarget(walk, step, copy, step.node);
  placePod(walk, copy, step.node);
  copy.moved = true;
  walk.seen.arrivals.push({ step, node: step.node, pod: copy });
  state.members.set(step.member, {
    name: step.member,
    pod: key,
    nofailover: false,
    temporary: true,
    healthy: true,
    lagBytes: 0,
    syncStandby: false,
    timeline: undefined,
  });
  state.syncMayHaveChanged = true;
  state.scaledOut += 1;
}

/** Either of the two may go, as long as it is not the primary then. */
function walkScaleIn(walk: Walk, step: ScaleInStep): void {
  const state = walk.clusters.get(step.cluster);
  if (state === undefined) {
    violate(walk, 'cluster-unknown', step, { cluster: step.cluster });
    return;
  }
  const facts = { cluster: step.cluster, member: step.member };
  const member = state.members.get(step.member);
  if (member === undefined) {
    violate(walk, 'member-mismatch', step, facts);
    return;
  }
  if (state.scaledOut === 0) violate(walk, 'scale-in-without-scale-out', step, facts);
  if (state.primary === step.member) violate(walk, 'primary-removed', step, facts);
  const pod = walk.pods.get(member.pod);
  if (pod?.node !== step.node)
    violate(walk, 'pod-elsewhere', step, { pod: member.pod, node: pod?.node ?? 'no node' });
  state.members.delete(step.member);
  state.scaledOut -= 1;
  if (pod === undefined) return;
  walk.seen.departures.push({ step, node: step.node, pod });
  placePod(walk, pod, undefined);
  relabelPod(walk, pod, {});
  walk.pods.delete(member.pod);
}

/** A node is released when only what stays on it is left; pods on their way out and pods that have ended do not count. */
function walkRelease(walk: Walk, step: ReleaseStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, step.node);
  if (!state.fenced && !state.cordoned) violate(walk, 'release-not-closed', step, { node: step.node });
  const left = [...(walk.podsOn.get(step.node) ?? [])]
    .filter(({ pod }) => !staysOnNode(pod) && !hasEnded(pod) && !pod.terminating)
    .map(({ pod }) => pod.key);
  if (left.length > 0) violate(walk, 'release-not-empty', step, { node: step.node, pods: left.sort() });
  state.released = true;
  walk.live.set(state.node.zone, (walk.live.get(state.node.zone) ?? 0) - 1);
}
