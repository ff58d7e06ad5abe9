/**
 * LB2. With at most one extra node in the region, or none, some node is given back first, and until then only one zone had a
 * final node that was not kept. Clusters with their primary there and nobody able to be final by then pay twice.
 */
import { ability } from '../survey/abilities.ts';
import { isAttachLimit } from '../survey/resources.ts';
import { hasRoom } from '../yard/may-stand.ts';
import { mayPark, origin, type Yard } from '../yard/yard.ts';
import { isHeldInZone } from './zone-loads.ts';

/**
 * Returns the least weight paid twice by whichever node is given back first; zero where two extra nodes or more may be there at
 * once. Argument: before the first release the only final nodes are the kept ones and, with an extra node allowed, those of
 * one zone y. A node outside y must then be emptied into the holes of its own zone. `yard` is the state at the start.
 */
export function firstReleaseExcess(yard: Yard): number {
  const { fleet, request } = yard.survey;
  const surge = fleet.zones.map((zone) => request.surge[zone] ?? 0);
  const all = surge.reduce((sum, each) => sum + each, 0);
  const extra = Math.min(request.surgeTotal ?? all, all);
  if (extra > 1) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let node = 0; node < yard.survey.nodes.all.length; node += 1) {
    if (yard.origin[node] !== origin.drained) continue;
    const own = yard.zone[node] ?? 0;
    const fitsHoles = canEmptyIntoHoles(yard, node);
    if (fitsHoles) least = Math.min(least, penalty(yard, node, -1));
    if (extra === 0) continue;
    surge.forEach((allowed, zone) => {
      if (allowed > 0 && (fitsHoles || zone === own)) least = Math.min(least, penalty(yard, node, zone));
    });
  }
  // No node can be first: the search finds no plan either, and its refusals say so.
  return Number.isFinite(least) ? least : 0;
}

/** Weight of the clusters that pay twice if this node goes first while `extraZone` has the extra node; -1: no zone has. */
function penalty(yard: Yard, node: number, extraZone: number): number {
  const { pods, clusters } = yard.survey;
  let sum = 0;
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    const cluster = pods.cluster[pod] ?? -1;
    if (cluster < 0 || yard.primary[cluster] !== pod) continue;
    if (paysTwice(yard, cluster, extraZone)) sum += clusters.weight[cluster] ?? 1;
  }
  return sum;
}

function paysTwice(yard: Yard, cluster: number, extraZone: number): boolean {
  const { clusters } = yard.survey;
  let somebody = false;
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (!couldLead(yard, pod)) continue;
    if (canBeFinal(yard, pod, extraZone)) return false;
    somebody = true;
  }
  return somebody;
}

/** Whether a member may take over now, or will once this plan has moved it. */
export function couldLead(yard: Yard, pod: number): boolean {
  const able = yard.survey.clusters.ability[pod] ?? 0;
  if (able === ability.now) return true;
  return able === ability.afterMove && yard.origin[yard.at[pod] ?? -1] === origin.drained;
}

function canBeFinal(yard: Yard, pod: number, extraZone: number): boolean {
  const node = yard.at[pod] ?? -1;
  const zone = yard.zone[node] ?? 0;
  if (yard.origin[node] !== origin.drained) return true;
  // A pod without a volume may go to any zone; nothing is claimed about it.
  if (yard.survey.pods.bound[pod] !== 1 || zone === extraZone) return true;
  return (yard.finals[zone] ?? []).some((other) => hasRoom(yard, pod, other));
}

/** Whether what a node's pods need could be free on the other nodes of its zone, and each of them may stand on one at all. */
function canEmptyIntoHoles(yard: Yard, node: number): boolean {
  const { resources, width, pods, asks, kinds } = yard.survey;
  const others = holesBeside(yard, node);
  const wanted = new Float64Array(width);
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    if (!isHeldInZone(yard, pod)) continue;
    const rule = pods.rule[pod] ?? 0;
    if (![...others.kinds].some((kind) => kinds.fits(rule, kind))) return false;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1) wanted[r] = (wanted[r] ?? 0) + (asks[ask + r] ?? 0);
  }
  return resources.every((name, r) => isAttachLimit(name) || (wanted[r] ?? 0) <= (others.free[r] ?? 0));
}

/**
 * Kept nodes of the same zone, and those to be drained where pods may be parked: their kinds and what they have free. What stands
 * on the latter and need not stay in the zone may leave first, and counts as free.
 */
function holesBeside(
  yard: Yard,
  node: number,
): { readonly kinds: ReadonlySet<number>; readonly free: Float64Array } {
  const { width, nodes } = yard.survey;
  const parking = mayPark(yard);
  const kinds = new Set<number>();
  const free = new Float64Array(width);
  for (let other = 0; other < nodes.all.length; other += 1) {
    if (other === node || yard.zone[other] !== yard.zone[node]) continue;
    const from = yard.origin[other];
    if (from !== origin.kept && !(parking && from === origin.drained)) continue;
    kinds.add(yard.kind[other] ?? 0);
    for (let r = 0; r < width; r += 1)
      free[r] = (free[r] ?? 0) + Math.max(0, yard.free[other * width + r] ?? 0);
    if (from === origin.drained) countLeaving(yard, other, free);
  }
  return { kinds, free };
}

function countLeaving(yard: Yard, node: number, free: Float64Array): void {
  const { width, pods, asks } = yard.survey;
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    if (pods.stays[pod] === 1 || isHeldInZone(yard, pod)) continue;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1) free[r] = (free[r] ?? 0) + (asks[ask + r] ?? 0);
  }
}
