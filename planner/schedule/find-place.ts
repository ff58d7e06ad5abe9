/**
 * The node a plan expects a pod to land on: the fullest final node that may take it, else a replacement, else none.
 */

import type { FleetNode } from '../model.ts';
import { hasRoom, mayStand, suits } from '../rules/placement.ts';
import { bringNode, type Work } from './acts.ts';
import { vectorOf, type YardPod } from './survey.ts';
import { mayAddNode, replacementFor, type YardNode } from './yard.ts';

/** Returns a final node for a pod, bringing a replacement where quota and `zones` allow; undefined: there is no room now. */
export function findFinalPlace(
  work: Work,
  pod: YardPod,
  zones: 'any' | ReadonlySet<string>,
  homeZone: string,
): YardNode | undefined {
  const standing = standingPlace(work, pod, homeZone);
  if (standing !== undefined) return standing;
  const others = work.yard.survey.fleet.zones.filter((zone) => zone !== homeZone);
  for (const zone of [homeZone, ...others]) {
    if (zones !== 'any' && !zones.has(zone)) continue;
    const brought = bringFor(work, pod, zone);
    if (brought !== undefined) return brought;
  }
  return undefined;
}

/** Returns another node to be drained where a pod can wait for room; undefined: parking is off or there is none. */
export function findParking(
  work: Work,
  pod: YardPod,
  except: ReadonlySet<YardNode>,
  homeZone: string,
): YardNode | undefined {
  const { request } = work.yard.survey;
  // A cordon at the start cannot be lifted for one pod only: operators react to it.
  if (!request.parking || request.mode === 'whole-nodes' || request.hold === 'cordon') return undefined;
  return roomiest(
    (work.yard.drainedIn.get(homeZone) ?? []).filter(
      (node) => node.live && !except.has(node) && mayStand(work.yard, pod, node),
    ),
  );
}

/** Whether a pod could stand on a kept node or a replacement if nothing else did; `sizes` are the nodes replacements are like. */
export function fitsSomewhere(work: Work, pod: YardPod, sizes: readonly FleetNode[]): boolean {
  const kept = work.yard.nodes.some((node) => node.origin === 'kept' && suits(pod.pod, node.node));
  return kept || sizes.some((size) => fitsReplacement(work, pod, size));
}

function standingPlace(work: Work, pod: YardPod, homeZone: string): YardNode | undefined {
  const { finalIn, final } = work.yard;
  const atHome = bestOf(work, pod, finalIn.get(homeZone) ?? [], homeZone);
  // Only another zone can beat a node at home that holds a sibling.
  return atHome !== undefined && !holdsSibling(atHome, pod) ? atHome : bestOf(work, pod, final, homeZone);
}

function bestOf(
  work: Work,
  pod: YardPod,
  nodes: readonly YardNode[],
  homeZone: string,
): YardNode | undefined {
  let best: { node: YardNode; rank: number; left: number } | undefined;
  for (const node of nodes) {
    // Two members of one cluster on one node would go down together, even where no rule forbids it.
    const left = (node.free[0] ?? 0) - (pod.requests[0] ?? 0);
    const away = node.node.zone === homeZone ? 0 : 1;
    // What cannot win is not looked at any closer.
    if (best !== undefined && (away > best.rank || (away === best.rank && left >= best.left))) continue;
    if (!mayStand(work.yard, pod, node)) continue;
    const rank = away + (holdsSibling(node, pod) ? 2 : 0);
    if (best === undefined || rank < best.rank || (rank === best.rank && left < best.left))
      best = { node, rank, left };
  }
  return best?.node;
}

/** A replacement like the first node of a zone that has none yet, or else like any, on which the pod may stand. */
function bringFor(work: Work, pod: YardPod, zone: string): YardNode | undefined {
  if (!mayAddNode(work.yard, zone)) return undefined;
  const tried = new Set<number>();
  const drained = work.yard.drainedIn.get(zone) ?? [];
  const models = work.manner.careful ? largestFirst(work, drained) : drained;
  for (const isReplaced of [false, true]) {
    for (const { node } of models) {
      if (work.replaced.has(node.name) !== isReplaced) continue;
      const shape = work.yard.survey.shapeOf.get(node.name) ?? -1;
      if (tried.has(shape)) continue;
      tried.add(shape);
      const like = replacementNode(work, node);
      if (mayStand(work.yard, pod, like)) return bringNode(work, like.node, node.name);
    }
  }
  return undefined;
}

function largestFirst(work: Work, drained: readonly YardNode[]): readonly YardNode[] {
  const size = ({ node }: YardNode) => replacementNode(work, node).free[0] ?? 0;
  return [...drained].sort((a, b) => size(b) - size(a));
}

function fitsReplacement(work: Work, pod: YardPod, replaced: FleetNode): boolean {
  const added = replacementNode(work, replaced);
  return suits(pod.pod, added.node) && hasRoom(work.yard, pod, added);
}

/** The replacement as it would come, not yet in the yard. */
function replacementNode({ yard }: Work, replaced: FleetNode): YardNode {
  const node = replacementFor(yard, replaced);
  const daemons = yard.survey.daemonLoad.get(node.zone) ?? [];
  const all = vectorOf(node.allocatable, yard.survey.resources);
  const free = all.map((amount, index) => amount - (daemons[index] ?? 0));
  return { node, origin: 'added', free, pods: new Set(), live: true };
}

function holdsSibling(node: YardNode, pod: YardPod): boolean {
  if (pod.cluster === undefined) return false;
  for (const other of node.pods) if (other !== pod && other.cluster === pod.cluster) return true;
  return false;
}

function roomiest(nodes: readonly YardNode[]): YardNode | undefined {
  return nodes.reduce<YardNode | undefined>(
    (best, node) => (best === undefined || (node.free[0] ?? 0) > (best.free[0] ?? 0) ? node : best),
    undefined,
  );
}
