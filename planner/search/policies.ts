/**
 * Ways to try, best guess first.
 */
import { exhaustiveOrderNodesMax } from '../limits.ts';
import type { Yard } from '../yard/yard.ts';
import type { Policy } from './attempt.ts';
import type { Manner } from './empty-node.ts';
import { cheapestOrder, type WholeNodesOrder } from './whole-nodes.ts';

const plain: Manner = { ahead: true, careful: false };
const careful: Manner = { ahead: true, careful: true };
const oneByOne: Manner = { ahead: false, careful: true };

/** Yields the policies that empty many nodes at once. */
export function* policiesForWaves(
  yard: Yard,
  drained: readonly number[],
  parkedMax: number,
): Generator<Policy> {
  const rank = rankOf(drained, yard.survey.nodes.all.length);
  for (const manner of [plain, careful])
    for (const byRoom of [true, false])
      for (const parks of [parkedMax, Math.ceil(parkedMax / 2), 0])
        yield { rank, together: 'zones', strict: false, byRoom, manner, parkedMax: parks };
}

/** Yields the policies worth trying for these nodes, each made only when it is asked for; every order where nodes are few. */
export function* policiesToTry(
  yard: Yard,
  drained: readonly number[],
  parkedMax: number,
  whole: WholeNodesOrder | undefined,
): Generator<Policy> {
  const count = yard.survey.nodes.all.length;
  const many = Number.POSITIVE_INFINITY;
  const policy = (
    order: readonly number[],
    together: Policy['together'],
    strict: boolean,
    manner = plain,
    parks = 0,
  ): Policy => ({ rank: rankOf(order, count), together, strict, manner, parkedMax: parks });
  if (whole !== undefined) {
    // Only pods of the node in hand may move.
    const inTurn: Manner = { ahead: false, careful: false };
    yield policy(whole.order, 'one', true, inTurn);
    yield policy(drained, 'one', false, inTurn);
    for (const manner of [inTurn, oneByOne])
      for (const order of everyOrder(drained)) yield policy(order, 'one', true, manner);
    return;
  }
  yield policy(drained, 'zones', false);
  yield policy(drained, 'zones', false, plain, parkedMax);
  yield policy(drained, 'zones', false, careful, many);
  yield policy(drained, 'one', false, careful, many);
  const cheapest = cheapestOrder(yard, drained).order;
  yield policy(cheapest, 'one', true);
  yield policy(cheapest, 'zones', false);
  const backwards = [...drained].reverse();
  yield policy(backwards, 'zones', false);
  yield policy(backwards, 'one', false, careful, many);
  yield policy(cheapest, 'one', true, oneByOne);
  for (const manner of [plain, careful, oneByOne])
    for (const order of everyOrder(drained)) yield policy(order, 'one', true, manner);
}

function rankOf(order: readonly number[], count: number): Int32Array {
  const rank = new Int32Array(count).fill(count);
  order.forEach((node, place) => {
    rank[node] = place;
  });
  return rank;
}

function everyOrder(nodes: readonly number[]): readonly (readonly number[])[] {
  return nodes.length > exhaustiveOrderNodesMax ? [] : permutations(nodes);
}

function permutations(nodes: readonly number[]): readonly (readonly number[])[] {
  if (nodes.length <= 1) return [nodes];
  return nodes.flatMap((node) =>
    permutations(nodes.filter((other) => other !== node)).map((rest) => [node, ...rest]),
  );
}
