/**
 * The node a plan expects a pod to land on: the fullest final node that may take it, else a replacement, else none.
 */

import { addNode, undo } from '../yard/acts.ts';
import { holdsSibling, mayStand } from '../yard/may-stand.ts';
import { scarceFree } from '../yard/standing.ts';
import { addable, origin, type Yard } from '../yard/yard.ts';
import { sortFew } from './sort-few.ts';

/** How an attempt looks for places. */
export type Places = {
  /** Zones in which a replacement may be brought, as bits. */
  readonly bringIn: number;
  /** Node whose replacement is the first choice; -1: none. */
  readonly like: number;
  /** Whether the largest replacement comes first, instead of one like the node that is emptied. */
  readonly largest: boolean;
};

/** All zones, as bits; fleets have some, never more than thirty. */
export const anyZone = -1;

/** Returns a final node for a pod, bringing a replacement where quota and `places` allow; -1: there is no room now. */
export function findFinalPlace(yard: Yard, pod: number, homeZone: number, places: Places): number {
  const standing = standingPlace(yard, pod, homeZone);
  if (standing >= 0) return standing;
  const { pods, mayBeIn, fleet } = yard.survey;
  const rule = pods.rule[pod] ?? 0;
  const brought = bringFor(yard, pod, homeZone, places);
  if (brought >= 0) return brought;
  for (let zone = 0; zone < fleet.zones.length; zone += 1) {
    if (zone === homeZone || !mayBeIn(rule, zone)) continue;
    const elsewhere = bringFor(yard, pod, zone, places);
    if (elsewhere >= 0) return elsewhere;
  }
  return -1;
}

/** Returns a final node that stands already; one beside another member of the cluster only where there is no other. */
function standingPlace(yard: Yard, pod: number, homeZone: number): number {
  const atHome = bestIn(yard, pod, homeZone, false);
  if (atHome >= 0) return atHome;
  const { pods, mayBeIn, fleet } = yard.survey;
  const rule = pods.rule[pod] ?? 0;
  for (const beside of [false, true]) {
    for (let zone = 0; zone < fleet.zones.length; zone += 1) {
      if (zone === homeZone ? !beside : !mayBeIn(rule, zone)) continue;
      const found = bestIn(yard, pod, zone, beside);
      if (found >= 0) return found;
    }
  }
  return -1;
}

/** Final nodes are in the order of their room, so that the first that may take the pod is the fullest. */
function bestIn(yard: Yard, pod: number, zone: number, beside: boolean): number {
  const { width, scarce, asks, pods } = yard.survey;
  const finals = yard.finals[zone] ?? [];
  const wanted = asks[(pods.ask[pod] ?? 0) * width + (scarce[zone] ?? 0)] ?? 0;
  if (wanted > (yard.finalFree[zone] ?? 0)) return -1;
  for (let place = firstWithRoom(yard, finals, wanted); place < finals.length; place += 1) {
    const node = finals[place] ?? -1;
    if (mayStand(yard, pod, node) && (beside || !holdsSibling(yard, pod, node))) return node;
  }
  return -1;
}

function firstWithRoom(yard: Yard, finals: readonly number[], wanted: number): number {
  let [from, to] = [0, finals.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (scarceFree(yard, finals[middle] ?? -1) < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Brings a replacement in a zone on which the pod may stand; -1: quota or sizes do not allow it. */
export function bringFor(yard: Yard, pod: number, zone: number, places: Places): number {
  if ((places.bringIn & (1 << zone)) === 0 || addable(yard, zone) <= 0) return -1;
  const { sizes, kinds, pods } = yard.survey;
  const rule = pods.rule[pod] ?? 0;
  for (const replacedAlready of [false, true]) {
    for (const size of sizesFor(yard, zone, places)) {
      if (!kinds.fits(rule, sizes.kind[size] ?? 0)) continue;
      const replaced = nodeToReplace(yard, size, places.like, replacedAlready);
      if (replaced < 0) continue;
      const mark = yard.logEnd;
      const node = addNode(yard, size, replaced);
      if (mayStand(yard, pod, node)) return node;
      undo(yard, mark);
    }
  }
  return -1;
}

/** Sizes of a zone: that of the node to be replaced first, or the largest first. */
function sizesFor(yard: Yard, zone: number, { like, largest }: Places): readonly number[] {
  const { sizes, scarce, width } = yard.survey;
  const here: number[] = [];
  for (let size = 0; size < sizes.count; size += 1) if (sizes.zone[size] === zone) here.push(size);
  if (here.length < 2) return here;
  const room = (size: number) => sizes.room[size * width + (scarce[zone] ?? 0)] ?? 0;
  const first = like < 0 ? -1 : (sizes.ofNode[like] ?? -1);
  sortFew(here, (a, b) => (largest ? room(b) - room(a) : Number(b === first) - Number(a === first)) || a - b);
  return here;
}

/** A node of that size that this plan drains and that has a replacement already, or none yet; -1: there is none. */
function nodeToReplace(yard: Yard, size: number, like: number, replacedAlready: boolean): number {
  const suits = (node: number) =>
    yard.origin[node] === origin.drained && (yard.replacedBy[node] !== 0) === replacedAlready;
  const { sizes } = yard.survey;
  if (like >= 0 && sizes.ofNode[like] === size && suits(like)) return like;
  return sizes.nodes[size]?.find(suits) ?? -1;
}

/**
 * Returns another node to be drained where a pod can wait for room: the fullest that takes it, which is likely to be among the
 * last to go; -1: there is none.
 */
export function findParking(yard: Yard, pod: number, from: number, except: Uint8Array): number {
  const { nodes, width, scarce, asks, pods } = yard.survey;
  const zone = yard.zone[from] ?? 0;
  const resource = scarce[zone] ?? 0;
  const wanted = asks[(pods.ask[pod] ?? 0) * width + resource] ?? 0;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let node = 0; node < nodes.all.length; node += 1) {
    if (yard.zone[node] !== zone || node === from || !mayWaitOn(yard, node, except)) continue;
    const left = (yard.free[node * width + resource] ?? 0) - wanted;
    if (left < 0 || left >= least || !mayStand(yard, pod, node)) continue;
    best = node;
    least = left;
  }
  return best;
}

/** Whether pods can be parked on a node: it is to be drained, and not yet in hand. */
export function mayWaitOn(yard: Yard, node: number, except: Uint8Array): boolean {
  if (yard.origin[node] !== origin.drained || yard.live[node] !== 1) return false;
  return yard.emptied[node] !== 1 && except[node] !== 1;
}

/** What a zone's final nodes have free of its scarcest resource, with the replacements that quotas allow now. */
export function roomIn(yard: Yard, zone: number): number {
  const { sizes, scarce, width } = yard.survey;
  let largest = 0;
  for (let size = 0; size < sizes.count; size += 1)
    if (sizes.zone[size] === zone)
      largest = Math.max(largest, sizes.room[size * width + (scarce[zone] ?? 0)] ?? 0);
  return (yard.finalFree[zone] ?? 0) + largest * addable(yard, zone);
}
