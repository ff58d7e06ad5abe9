/**
 * Orders of nodes to try, best guess first.
 */

import { exactOrderNodesMax, exhaustiveOrderNodesMax } from '../limits.ts';
import { compareText } from '../order.ts';
import { possibleSuccessors } from '../rules/choose-candidate.ts';
import { type Manner, plainManner } from './acts.ts';
import type { NodeOrder } from './choose-wave.ts';
import type { Survey } from './survey.ts';

/** Yields the orders worth trying for these nodes, each made only when it is asked for; all there are where nodes are few. */
export function* ordersToTry(survey: Survey, drained: readonly string[]): Generator<NodeOrder> {
  const byName = [...drained].sort(compareText);
  if (survey.request.mode === 'whole-nodes') {
    yield ranked(cheapestOrder(survey, byName).order, 'one', true);
    yield ranked(byName, 'one', false);
    yield* everyOrder(byName, ['one'], plainManner);
    yield* everyOrder(byName, ['one'], { ahead: true, careful: true });
    return;
  }
  yield ranked(byName, 'zones', false);
  yield ranked(byName, 'one', false);
  const cheapest = cheapestOrder(survey, byName).order;
  yield ranked(cheapest, 'one', true);
  yield ranked(cheapest, 'zones', true);
  const backwards = [...byName].reverse();
  yield ranked(backwards, 'zones', false);
  yield ranked(backwards, 'one', false);
  yield* everyOrder(byName, ['one', 'zones'], plainManner);
  // Little room: what the plain manner cannot empty, one of these often can.
  const careful = { ahead: true, careful: true };
  yield ranked(byName, 'zones', false, careful);
  yield* everyOrder(byName, ['one'], careful);
  const oneByOne = { ahead: false, careful: true };
  yield ranked(cheapest, 'one', true, oneByOne);
  yield* everyOrder(byName, ['one'], oneByOne);
}

/**
 * Returns the order of whole nodes that pays least, and what it pays beyond one switchover a cluster: a cluster pays twice
 * if its primary's node goes before every other member that could take over is final. Exact up to a number of nodes
 * (dynamic program over the sets of nodes already emptied), then cheapest next; the excess is a bound only where exact.
 */
export function cheapestOrder(
  survey: Survey,
  drained: readonly string[],
): { readonly order: readonly string[]; readonly excess: number; readonly exact: boolean } {
  const wishes = wishesOf(survey, drained);
  const exact = drained.length <= exactOrderNodesMax;
  const order = exact ? exactOrder(drained, wishes) : greedyOrder(drained, wishes);
  const gone = new Set<string>();
  let excess = 0;
  for (const node of order) {
    excess += costNext(node, (name) => gone.has(name), wishes);
    gone.add(node);
  }
  return { order, excess, exact };
}

/** A cluster's wish: one of `before` is emptied before its primary's node. */
type Wish = { readonly weight: number; readonly before: readonly string[] };
type Wishes = ReadonlyMap<string, readonly Wish[]>;

function wishesOf(survey: Survey, drained: readonly string[]): Wishes {
  const nodes = new Set(drained);
  const wishes = new Map<string, Wish[]>();
  for (const cluster of survey.fleet.clusters) {
    const primary = (survey.membersOf.get(cluster.key) ?? []).find((pod) => pod.pod.name === cluster.primary);
    const node = primary?.pod.node ?? '';
    const able = possibleSuccessors(survey.candidacies.get(cluster.key) ?? [], (name) => nodes.has(name)).map(
      (each) => each.pod.node ?? '',
    );
    if (!nodes.has(node) || able.length === 0 || able.some((other) => !nodes.has(other))) continue;
    // A member on the very same node leaves it before the primary does, and is final then.
    if (able.includes(node)) continue;
    const weight = survey.request.clusters[cluster.key]?.weight ?? 1;
    wishes.set(node, [...(wishes.get(node) ?? []), { weight, before: able }]);
  }
  return wishes;
}

function costNext(node: string, isGone: (name: string) => boolean, wishes: Wishes): number {
  return (wishes.get(node) ?? [])
    .filter((wish) => !wish.before.some(isGone))
    .reduce((sum, wish) => sum + wish.weight, 0);
}

function exactOrder(drained: readonly string[], wishes: Wishes): readonly string[] {
  const position = new Map(drained.map((name, index) => [name, index]));
  const sets = 1 << drained.length;
  const least = new Array<number>(sets).fill(Number.POSITIVE_INFINITY);
  const last = new Array<number>(sets).fill(-1);
  least[0] = 0;
  for (let gone = 0; gone < sets; gone += 1) {
    const isGone = (name: string) => (gone & (1 << (position.get(name) ?? 31))) !== 0;
    drained.forEach((node, index) => {
      if (gone & (1 << index)) return;
      const next = gone | (1 << index);
      const cost = (least[gone] ?? 0) + costNext(node, isGone, wishes);
      if (cost >= (least[next] ?? 0)) return;
      least[next] = cost;
      last[next] = index;
    });
  }
  const order: string[] = [];
  for (let gone = sets - 1; gone > 0; ) {
    const index = last[gone] ?? 0;
    order.unshift(drained[index] ?? '');
    gone &= ~(1 << index);
  }
  return order;
}

function greedyOrder(drained: readonly string[], wishes: Wishes): readonly string[] {
  const left = new Set(drained);
  const order: string[] = [];
  while (left.size > 0) {
    let best: { node: string; cost: number } | undefined;
    for (const node of left) {
      const cost = costNext(node, (name) => !left.has(name), wishes);
      if (best === undefined || cost < best.cost) best = { node, cost };
    }
    if (best === undefined) break;
    order.push(best.node);
    left.delete(best.node);
  }
  return order;
}

function everyOrder(
  names: readonly string[],
  together: readonly NodeOrder['together'][],
  manner: Manner,
): readonly NodeOrder[] {
  if (names.length > exhaustiveOrderNodesMax) return [];
  return permutations(names).flatMap((order) => together.map((each) => ranked(order, each, true, manner)));
}

function permutations(names: readonly string[]): readonly (readonly string[])[] {
  if (names.length <= 1) return [names];
  return names.flatMap((name) =>
    permutations(names.filter((other) => other !== name)).map((rest) => [name, ...rest]),
  );
}

function ranked(
  names: readonly string[],
  together: NodeOrder['together'],
  strict: boolean,
  manner = plainManner,
): NodeOrder {
  const ranks = new Map(names.map((name, index) => [name, index]));
  return { rankOf: (name) => ranks.get(name) ?? names.length, together, strict, manner };
}
