/**
 * Fences and cordons, over all orders that `after` allows.
 */

import type { NumberedPod } from './check-model.ts';
import { staticRuleAgainst } from './check-placement.ts';
import { type NodeState, notOrdered, type Walk } from './check-state.ts';
import { kindNumbers } from './check-step-list.ts';

/** The first fence or cordon of a node to be emptied. */
type Closing = { readonly node: NodeState; readonly place: number };
/** Which closings, by their number in the list, a step waits for or is itself: a bit for each. */
type Closed = { readonly bits: Uint32Array; readonly count: number };

/**
 * Before a pod is evicted, every node to be emptied that could legally get it must be closed already: the closing of each
 * such node has a path to the move. One set of closed nodes per step is handed down along `after` in one pass; nearly all
 * steps share the set of one that they wait for.
 */
export function checkClosings(walk: Walk): void {
  const closings = firstClosings(walk);
  const { kinds } = walk.steps;
  const numberAt = new Int32Array(kinds.length).fill(-1);
  closings.forEach(({ place }, number) => {
    numberAt[place] = number;
  });
  const closedBy = new Array<Closed>(kinds.length);
  const none: Closed = { bits: new Uint32Array(Math.ceil(closings.length / 32)), count: 0 };
  let seen = 0;
  for (let place = 0; place < kinds.length; place += 1) {
    const before = closedAlong(walk, closedBy, place, none);
    const number = numberAt[place] ?? -1;
    if (number >= 0) seen = number + 1;
    const closed = number < 0 ? before : withClosing(before, number);
    closedBy[place] = closed;
    if (closed.count >= seen || kinds[place] !== kindNumbers.move) continue;
    const state = walk.pods[walk.podAt[place] ?? -1];
    if (state !== undefined) checkMove(walk, place, state, closings, closed, seen);
  }
  for (const node of walk.nodes) checkHolds(walk, node, numberAt, closedBy);
}

function firstClosings(walk: Walk): readonly Closing[] {
  const closings: Closing[] = [];
  for (const node of walk.nodes) {
    if (!node.toBeEmptied) continue;
    const place = node.holds.find((each) => ['fence', 'cordon'].includes(kindOf(walk, each)));
    if (place !== undefined) closings.push({ node, place });
  }
  return closings.sort((a, b) => a.place - b.place);
}

function kindOf(walk: Walk, place: number): string {
  return walk.plan.steps[place]?.kind ?? '';
}

/** The union over `after`; where one of them holds it in full, that set itself. */
function closedAlong(walk: Walk, closedBy: readonly Closed[], place: number, none: Closed): Closed {
  const { firstEdge, edges } = walk.steps;
  const begin = firstEdge[place] ?? 0;
  const end = firstEdge[place + 1] ?? 0;
  let largest = none;
  let areSame = true;
  for (let edge = begin; edge < end; edge += 1) {
    const each = closedBy[edges[edge] ?? 0] ?? none;
    if (each === largest) continue;
    areSame &&= largest === none && edge === begin;
    if (each.count > largest.count) largest = each;
  }
  if (areSame || largest.count === none.bits.length * 32) return largest;
  const bits = Uint32Array.from(largest.bits);
  let added = 0;
  for (let edge = begin; edge < end; edge += 1) {
    const each = closedBy[edges[edge] ?? 0] ?? none;
    if (each !== largest && each !== none) added += addBits(bits, each.bits);
  }
  return added === 0 ? largest : { bits, count: largest.count + added };
}

/** Sets in `bits` what is set in `more`; returns how many that adds. */
function addBits(bits: Uint32Array, more: Uint32Array): number {
  let added = 0;
  for (let word = 0; word < bits.length; word += 1) {
    let fresh = (more[word] ?? 0) & ~(bits[word] ?? 0);
    bits[word] = (bits[word] ?? 0) | fresh;
    for (; fresh !== 0; fresh &= fresh - 1) added += 1;
  }
  return added;
}

function withClosing(closed: Closed, number: number): Closed {
  const bits = Uint32Array.from(closed.bits);
  bits[number >>> 5] = (bits[number >>> 5] ?? 0) | (1 << (number & 31));
  return { bits, count: closed.count + 1 };
}

function isIn({ bits }: Closed, number: number): boolean {
  return (((bits[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}

/** Notes the first node that is closed somewhere before this move in the list, but not in every order. */
function checkMove(
  walk: Walk,
  place: number,
  { pod, rules }: NumberedPod,
  closings: readonly Closing[],
  closed: Closed,
  seen: number,
): void {
  if (rules.toleratesFence) return;
  for (let number = 0; number < seen; number += 1) {
    const closing = closings[number];
    if (closing === undefined || isIn(closed, number)) continue;
    const { node } = closing.node;
    if (node.unschedulable || staticRuleAgainst(pod, node) !== undefined) continue;
    notOrdered(walk, 'fence first', closing.place, place, node.name);
    return;
  }
}

/** Fence, unfence, cordon and release of one node keep their order, and a pod is parked while its node is open. */
function checkHolds(
  walk: Walk,
  { node, holds, arrivals }: NodeState,
  numberAt: Int32Array,
  closedBy: readonly Closed[],
): void {
  holds.forEach((place, index) => {
    const before = holds[index - 1];
    const closed = closedBy[place];
    if (before === undefined || closed === undefined) return;
    const number = numberAt[before] ?? -1;
    const waits = number < 0 ? walk.paths.waitsFor(place, before) : isIn(closed, number);
    if (!waits) notOrdered(walk, 'same node', before, place, node.name);
  });
  if (holds.length === 0) return;
  const around = holds.filter((place) => ['fence', 'unfence'].includes(kindOf(walk, place)));
  for (const parking of arrivals) {
    const opened = around.findLast((place) => place < parking);
    const closed = around.find((place) => place > parking);
    if (opened !== undefined && kindOf(walk, opened) === 'unfence' && !walk.paths.waitsFor(parking, opened))
      notOrdered(walk, 'parking', opened, parking, node.name);
    if (closed !== undefined && !walk.paths.waitsFor(closed, parking))
      notOrdered(walk, 'parking', parking, closed, node.name);
  }
}
