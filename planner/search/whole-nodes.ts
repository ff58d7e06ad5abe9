/**
 * The order of whole nodes that pays least: a cluster pays twice if its primary's node goes before every other member that
 * could take over is final. Feedback arc sets are a special case, so that it is NP-hard; some nodes are solved exactly.
 */
import { exactOrderNodesMax } from '../limits.ts';
import { couldLead } from '../prove/first-release.ts';
import { isFinal, type Yard } from '../yard/yard.ts';

export type WholeNodesOrder = {
  readonly order: readonly number[];
  /** What is paid beyond one switchover a cluster; a bound only where `exact`. */
  readonly excess: number;
  readonly exact: boolean;
};

/** A cluster's wish: one of `before` is emptied before its primary's node. Places among the drained nodes. */
type Wish = { readonly weight: number; readonly before: readonly number[] };

/** Returns the order for these nodes; `yard` is the state at the start. Dynamic program over the sets of nodes already emptied. */
export function cheapestOrder(yard: Yard, drained: readonly number[]): WholeNodesOrder {
  const wishes = wishesOf(yard, drained);
  const exact = drained.length <= exactOrderNodesMax;
  const places = exact ? exactOrder(drained.length, wishes) : greedyOrder(drained.length, wishes);
  const gone = new Uint8Array(drained.length);
  let excess = 0;
  for (const place of places) {
    excess += costNext(wishes[place] ?? [], (other) => gone[other] === 1);
    gone[place] = 1;
  }
  return { order: places.map((place) => drained[place] ?? -1), excess, exact };
}

function wishesOf(yard: Yard, drained: readonly number[]): readonly (readonly Wish[])[] {
  const { clusters } = yard.survey;
  const placeOf = new Map(drained.map((node, place) => [node, place]));
  const wishes: Wish[][] = drained.map(() => []);
  clusters.primary.forEach((primary, cluster) => {
    const node = yard.at[primary] ?? -1;
    const place = placeOf.get(node);
    if (place === undefined) return;
    const able: number[] = [];
    for (let each = clusters.start[cluster] ?? 0; each < (clusters.start[cluster + 1] ?? 0); each += 1) {
      const pod = clusters.members[each] ?? -1;
      if (couldLead(yard, pod)) able.push(yard.at[pod] ?? -1);
    }
    // A member on the very same node leaves it before the primary does, and is final then.
    if (able.length === 0 || able.some((other) => isFinal(yard, other) || other === node)) return;
    const before = able.flatMap((other) => placeOf.get(other) ?? []);
    wishes[place]?.push({ weight: clusters.weight[cluster] ?? 1, before });
  });
  return wishes;
}

function costNext(wishes: readonly Wish[], isGone: (place: number) => boolean): number {
  let cost = 0;
  for (const { weight, before } of wishes) if (!before.some(isGone)) cost += weight;
  return cost;
}

function exactOrder(count: number, wishes: readonly (readonly Wish[])[]): readonly number[] {
  const sets = 1 << count;
  const least = new Float64Array(sets).fill(Number.POSITIVE_INFINITY);
  const last = new Int8Array(sets).fill(-1);
  const asBits = wishes.map((each) =>
    each.map(({ weight, before }) => ({
      weight,
      bits: before.reduce((bits, place) => bits | (1 << place), 0),
    })),
  );
  least[0] = 0;
  for (let gone = 0; gone < sets; gone += 1) {
    for (let place = 0; place < count; place += 1) {
      if ((gone & (1 << place)) !== 0) continue;
      const next = gone | (1 << place);
      let cost = least[gone] ?? 0;
      for (const { weight, bits } of asBits[place] ?? []) if ((bits & gone) === 0) cost += weight;
      if (cost >= (least[next] ?? 0)) continue;
      least[next] = cost;
      last[next] = place;
    }
  }
  const order: number[] = [];
  for (let gone = sets - 1; gone > 0; ) {
    const place = last[gone] ?? 0;
    order.push(place);
    gone &= ~(1 << place);
  }
  return order.reverse();
}

function greedyOrder(count: number, wishes: readonly (readonly Wish[])[]): readonly number[] {
  const gone = new Uint8Array(count);
  const order: number[] = [];
  while (order.length < count) {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let place = 0; place < count; place += 1) {
      if (gone[place] === 1) continue;
      const cost = costNext(wishes[place] ?? [], (other) => gone[other] === 1);
      if (cost >= least) continue;
      best = place;
      least = cost;
    }
    gone[best] = 1;
    order.push(best);
  }
  return order;
}
