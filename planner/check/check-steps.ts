/**
 * Every kind of step but moves: legal as things stand? Then what it changes.
 */

import type {
  AddNodeStep,
  CordonStep,
  FenceStep,
  ReleaseStep,
  Step,
  SwitchoverStep,
  UnfenceStep,
} from '../plan.ts';
import { whyNotEligible } from './check-members.ts';
import { walkMove } from './check-moves.ts';
import { replacementNode } from './check-replacement.ts';
import { swapRoles } from './check-roles.ts';
import { clusterOfStep, walkScaleIn, walkScaleOut } from './check-scale.ts';
import {
  bringIntoView,
  isPrimary,
  memberNamed,
  type NodeState,
  nodeNamed,
  nodeOf,
  noteHolds,
  primaryName,
  putNode,
  violate,
  type Walk,
} from './check-state.ts';
import { checkWindow } from './check-windows.ts';

/** Notes every rule this step breaks and lets it happen all the same, so that what follows is judged too. */
export function walkStep(walk: Walk, step: Step, place: number): void {
  switch (step.kind) {
    case 'fence':
      nodeNamed(walk, step.node)?.holds.push(place);
      walkFence(walk, step);
      break;
    case 'unfence':
      nodeNamed(walk, step.node)?.holds.push(place);
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
      nodeNamed(walk, step.node)?.holds.push(place);
      walkCordon(walk, step);
      break;
    case 'release':
      nodeNamed(walk, step.node)?.holds.push(place);
      walkRelease(walk, step);
      break;
  }
}

function liveNode(walk: Walk, step: Step, name: string): NodeState | undefined {
  const state = nodeNamed(walk, name);
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
    for (const pod of state.pods) {
      const numbered = walk.pods[pod];
      const cluster = numbered?.cluster;
      if (numbered === undefined || cluster === undefined) continue;
      bringIntoView(walk, cluster);
      if (isPrimary(walk, numbered))
        violate(walk, 'cordon-under-primary', step, { node: step.node, cluster: cluster.cluster.key });
    }
  state.cordoned = true;
  noteHolds(walk, state);
}

function walkAddNode(walk: Walk, step: AddNodeStep): void {
  if (nodeNamed(walk, step.node) !== undefined) {
    violate(walk, 'node-name-taken', step, { node: step.node });
    return;
  }
  if (!walk.fleet.zones.includes(step.zone)) violate(walk, 'zone-unknown', step, { zone: step.zone });
  putNode(walk, replacementNode(walk, step), true, []);
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
  const cluster = clusterOfStep(walk, step.cluster, step, place);
  if (cluster === undefined) return;
  const facts = { cluster: step.cluster, from: step.from, to: step.to };
  const leader = primaryName(walk, cluster);
  if (leader !== step.from)
    violate(walk, 'not-the-primary', step, { ...facts, primary: leader ?? 'unknown' });
  const from = memberNamed(walk, cluster, step.from);
  const to = memberNamed(walk, cluster, step.to);
  if (to === undefined) {
    violate(walk, 'candidate-not-eligible', step, { ...facts, why: 'not a member' });
    return;
  }
  const why = whyNotEligible(walk, cluster, to);
  if (why !== undefined) violate(walk, 'candidate-not-eligible', step, { ...facts, why });
  checkWindow(walk, step, cluster);
  const left = from?.pod === undefined ? undefined : nodeOf(walk, from.pod);
  // A primary on a node that is kept needs no successor; a temporary member hands back what it was lent.
  if (left !== undefined && !left.toBeEmptied && from?.temporary !== true)
    violate(walk, 'switchover-pointless', step, { ...facts, node: left.node.name });
  left?.primariesLeft.push(place);
  if (from?.pod && to.pod) swapRoles(walk, from.pod, to.pod);
  walk.now.primary[cluster.number] = to.number;
  walk.switchovers[cluster.number] = (walk.switchovers[cluster.number] ?? 0) + 1;
  walk.syncMayHaveChanged[cluster.number] = 1;
  if (from !== undefined) walk.haveLed[from.number] = 1;
}

/** A node is released when only what stays on it is left; pods on their way out and pods that have ended do not count. */
function walkRelease(walk: Walk, step: ReleaseStep): void {
  const state = liveNode(walk, step, step.node);
  if (state === undefined) return;
  checkMayTouch(walk, step, state);
  if (!state.fenced && !state.cordoned) violate(walk, 'release-not-closed', step, { node: step.node });
  const { mustLeave } = walk.numbered.columns;
  const left: string[] = [];
  for (const number of state.pods) {
    const numbered = mustLeave[number] === 0 ? undefined : walk.pods[number];
    if (numbered?.mustLeave === true) left.push(numbered.pod.key);
  }
  if (left.length > 0) violate(walk, 'release-not-empty', step, { node: step.node, pods: left.sort() });
  state.released = true;
  noteHolds(walk, state);
  walk.live.set(state.node.zone, (walk.live.get(state.node.zone) ?? 0) - 1);
}
