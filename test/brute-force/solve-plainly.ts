/**
 * The same optimum without one clever thought: every switchover, node added and node given back is a move of its own that may
 * be made whenever it is legal, nothing is estimated and no two states are taken for one. Slow, and there to hold `solve` to.
 */
import type { Puzzle } from './puzzle.ts';

export type PlainOptimum =
  | { readonly outages: number; readonly switchovers: number }
  | 'impossible'
  | 'gave-up';

type State = {
  /** Node of each pod; undefined: not there. */
  readonly at: readonly (number | undefined)[];
  readonly primary: readonly number[];
  /** Size of each new node; nodes are numbered on from `puzzle.nodes`. */
  readonly added: readonly number[];
  readonly released: readonly number[];
  /** Clusters that have had their temporary member, and those that have it now. */
  readonly lent: readonly number[];
  readonly doubled: readonly number[];
  /** In whole-nodes mode: nodes that a pod has left. */
  readonly begun: readonly number[];
};

const outageCost = 1_000_000;

/** Returns the optimum, or `gave-up` after `statesMax` states. */
export function solvePlainly(puzzle: Puzzle, statesMax: number): PlainOptimum {
  const open = new Map<number, State[]>([[0, [startOf(puzzle)]]]);
  const seen = new Set<string>();
  while (open.size > 0) {
    const cost = Math.min(...open.keys());
    const state = open.get(cost)?.pop();
    if (state === undefined) {
      open.delete(cost);
      continue;
    }
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (isDone(puzzle, state))
      return { outages: Math.floor(cost / outageCost), switchovers: cost % outageCost };
    if (seen.size >= statesMax) return 'gave-up';
    for (const [more, next] of legalMoves(puzzle, state))
      open.set(cost + more, [...(open.get(cost + more) ?? []), next]);
  }
  return 'impossible';
}

function startOf(puzzle: Puzzle): State {
  return {
    at: puzzle.pods.map((pod) => pod.start),
    primary: puzzle.clusters.map((cluster) => cluster.primary),
    added: [],
    released: [],
    lent: [],
    doubled: [],
    begun: [],
  };
}

function isDone(puzzle: Puzzle, state: State): boolean {
  const everyNode = puzzle.nodes.every((node, index) => node.role !== 'drained' || !state.at.includes(index));
  return everyNode && state.doubled.length === 0;
}

type Move = readonly [cost: number, next: State];

function legalMoves(puzzle: Puzzle, state: State): readonly Move[] {
  return [
    ...releases(puzzle, state),
    ...additions(puzzle, state),
    ...switchovers(puzzle, state),
    ...scalings(puzzle, state),
    ...podMoves(puzzle, state),
  ];
}

function isEmptied(puzzle: Puzzle, node: number | undefined): boolean {
  return node !== undefined && puzzle.nodes[node]?.role === 'drained';
}

function releases(puzzle: Puzzle, state: State): readonly Move[] {
  return puzzle.nodes.flatMap((node, index): Move[] => {
    const free = node.role === 'drained' && !state.at.includes(index) && !state.released.includes(index);
    return free ? [[0, { ...state, released: [...state.released, index].sort() }]] : [];
  });
}

function additions(puzzle: Puzzle, state: State): readonly Move[] {
  const addedIn = (zone: number) => state.added.filter((size) => puzzle.sizes[size]?.zone === zone).length;
  const extra = (zone: number, more: number) =>
    Math.max(
      0,
      addedIn(zone) + more - state.released.filter((node) => puzzle.nodes[node]?.zone === zone).length,
    );
  return puzzle.sizes.flatMap(({ zone }, size): Move[] => {
    const all = puzzle.surge.reduce((sum, _, each) => sum + extra(each, each === zone ? 1 : 0), 0);
    // What the zone takes beyond its start; below it, the region's cap is as it was.
    const legal =
      extra(zone, 1) <= (puzzle.surge[zone] ?? 0) &&
      all <= puzzle.surgeTotal &&
      addedIn(zone) < (puzzle.newNodesMax[zone] ?? 0);
    return legal ? [[0, { ...state, added: [...state.added, size] }]] : [];
  });
}

function others(puzzle: Puzzle, state: State, cluster: number): readonly number[] {
  return puzzle.pods.flatMap((pod, index) =>
    pod.cluster === cluster && pod.able && state.at[index] !== undefined && state.primary[cluster] !== index
      ? [index]
      : [],
  );
}

function switchovers(puzzle: Puzzle, state: State): readonly Move[] {
  return puzzle.clusters.flatMap((cluster, index) =>
    others(puzzle, state, index).map(
      (to): Move => [cluster.weight, { ...state, primary: state.primary.with(index, to) }],
    ),
  );
}

function scalings(puzzle: Puzzle, state: State): readonly Move[] {
  return puzzle.clusters.flatMap(({ temporary, primary, primaryMayGo }, index): Move[] => {
    if (temporary === undefined) return [];
    if (state.doubled.includes(index))
      return [temporary, primary].flatMap((leaving): Move[] => {
        if (state.primary[index] === leaving || (leaving === primary && !primaryMayGo)) return [];
        const doubled = state.doubled.filter((each) => each !== index);
        const from = state.at[leaving];
        const current = begunNode(puzzle, state);
        if (leaving === primary && current !== undefined && current !== from) return [];
        const begun = leaving === primary && isEmptied(puzzle, from) ? begin(state, from) : state.begun;
        return [[0, { ...state, doubled, begun, at: state.at.with(leaving, undefined) }]];
      });
    if (state.lent.includes(index) || others(puzzle, state, index).length > 0) return [];
    const lent = [...state.lent, index].sort();
    const doubled = [...state.doubled, index].sort();
    return places(puzzle, state, temporary).map((node) => [
      0,
      { ...state, lent, doubled, at: state.at.with(temporary, node) },
    ]);
  });
}

function begunNode(puzzle: Puzzle, state: State): number | undefined {
  return puzzle.wholeNodes ? state.begun.find((node) => state.at.includes(node)) : undefined;
}

function begin(state: State, node: number | undefined): readonly number[] {
  return node === undefined ? state.begun : [...new Set([...state.begun, node])].sort();
}

function podMoves(puzzle: Puzzle, state: State): readonly Move[] {
  const current = begunNode(puzzle, state);
  return puzzle.pods.flatMap((pod, index): readonly Move[] => {
    const from = state.at[index];
    if (!isEmptied(puzzle, from) || (current !== undefined && current !== from)) return [];
    const cluster = pod.cluster === undefined ? undefined : puzzle.clusters[pod.cluster];
    const leads = pod.cluster !== undefined && state.primary[pod.cluster] === index;
    const outage = leads && cluster !== undefined;
    if (outage && (cluster.lonePrimary !== 'restart' || others(puzzle, state, pod.cluster ?? -1).length > 0))
      return [];
    const cost = outage ? cluster.weight * outageCost : 0;
    return places(puzzle, state, index).map((node) => [
      cost,
      { ...state, begun: begin(state, from), at: state.at.with(index, node) },
    ]);
  });
}

function places(puzzle: Puzzle, state: State, index: number): readonly number[] {
  const pod = puzzle.pods[index];
  const all = [
    ...puzzle.nodes.map(({ zone, room, role }, node) => {
      const open =
        role === 'kept' || (role === 'drained' && puzzle.parking && !state.released.includes(node));
      return { zone, room, open };
    }),
    ...state.added.map((size) => ({
      zone: puzzle.sizes[size]?.zone,
      room: puzzle.sizes[size]?.room,
      open: true,
    })),
  ];
  return all.flatMap(({ zone, room, open }, node) => {
    if (pod === undefined || !open || node === state.at[index]) return [];
    if (pod.zone !== undefined && pod.zone !== zone) return [];
    const there = puzzle.pods.filter((_, other) => other !== index && state.at[other] === node);
    if (pod.apart && there.some((other) => other.cluster === pod.cluster)) return [];
    const fits = pod.asks.every(
      (amount, each) =>
        amount + there.reduce((sum, other) => sum + (other.asks[each] ?? 0), 0) <= (room?.[each] ?? 0),
    );
    return fits ? [node] : [];
  });
}
