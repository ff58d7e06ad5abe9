/**
 * The least outages and weighted switchovers of a puzzle, found by trying every order of every move: Dijkstra over
 * (outages, switchovers), with what the clusters must at least still pay added to a state's cost, which leaves the answer the
 * same and finds it sooner.
 *
 * Moves left out because another one is never worse, so that the search stays small:
 * - A switchover is made right before the primary's own move: earlier it only takes choices away. It goes to a member that
 *   will not move again where there is one, since that member ends the matter.
 * - A node is added when the first pod moves onto it, and an empty node is given back when its place is needed for another
 *   (at once where nothing may be parked on it): neither helps anybody before.
 * - A pod on a kept or an added node does not move again, as the contract wants it.
 */
import type { Puzzle, PuzzleCluster } from './puzzle.ts';

export type Optimum =
  | {
      readonly kind: 'solved';
      readonly outages: number;
      readonly switchovers: number;
      readonly states: number;
      readonly plan: readonly string[];
    }
  | { readonly kind: 'impossible'; readonly states: number }
  /** More states than allowed: nothing is known. */
  | { readonly kind: 'gave-up'; readonly states: number };

/** An outage is dearer than any number of switchovers: larger than every sum of weights here. */
const outageCost = 1_000_000;

const absent = -1;
const removed = -2;

type State = {
  /** Node of each pod; numbers from `puzzle.nodes.length` on are new nodes. */
  readonly at: readonly number[];
  /** Pod of the primary of each cluster. */
  readonly primary: readonly number[];
  /** Size of each new node. */
  readonly added: readonly number[];
  /** One bit for each node given back. */
  readonly released: number;
  readonly cost: number;
  readonly before: State | undefined;
  readonly did: string;
};

/** Returns the optimum of a puzzle with both costs weighted, and one plan that reaches it, unless it needs more than `statesMax` states. */
export function solve(puzzle: Puzzle, statesMax: number): Optimum {
  const open = new Map<number, State[]>();
  const seen = new Set<string>();
  const push = (state: State) => {
    const total = state.cost + stillToPay(puzzle, state);
    const alike = open.get(total);
    if (alike === undefined) open.set(total, [state]);
    else alike.push(state);
  };
  push(firstState(puzzle));
  while (open.size > 0) {
    const least = Math.min(...open.keys());
    const alike = open.get(least) ?? [];
    const state = alike.pop();
    if (state === undefined) {
      open.delete(least);
      continue;
    }
    const key = keyOf(puzzle, state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (isDone(puzzle, state)) return answer(state, seen.size);
    if (seen.size >= statesMax) return { kind: 'gave-up', states: seen.size };
    for (const next of movesFrom(puzzle, state)) push(next);
  }
  return { kind: 'impossible', states: seen.size };
}

function answer(last: State, states: number): Optimum {
  const plan: string[] = [];
  for (let state: State | undefined = last; state?.before !== undefined; state = state.before)
    plan.unshift(state.did);
  const outages = Math.floor(last.cost / outageCost);
  return { kind: 'solved', outages, switchovers: last.cost - outages * outageCost, states, plan };
}

function firstState(puzzle: Puzzle): State {
  return settle(puzzle, {
    at: puzzle.pods.map((pod) => pod.start ?? absent),
    primary: puzzle.clusters.map((cluster) => cluster.primary),
    added: [],
    released: 0,
    cost: 0,
    before: undefined,
    did: 'start',
  });
}

/** Without parking an empty node is of no use to anybody and is given back at once. */
function settle(puzzle: Puzzle, state: State): State {
  if (puzzle.parking) return state;
  let { released } = state;
  puzzle.nodes.forEach((node, index) => {
    if (node.role === 'drained' && !state.at.includes(index)) released |= 1 << index;
  });
  return released === state.released ? state : { ...state, released };
}

function isDrained(puzzle: Puzzle, node: number | undefined): boolean {
  return node !== undefined && puzzle.nodes[node]?.role === 'drained';
}

/** Whether both the temporary member and the one it relieves are there. */
function isDoubled(state: State, cluster: PuzzleCluster): boolean {
  return (
    cluster.temporary !== undefined && at(state, cluster.temporary) >= 0 && at(state, cluster.primary) >= 0
  );
}

function at(state: State, pod: number): number {
  return state.at[pod] ?? absent;
}

function isDone(puzzle: Puzzle, state: State): boolean {
  return (
    !state.at.some((node) => isDrained(puzzle, node)) &&
    !puzzle.clusters.some((cluster) => isDoubled(state, cluster))
  );
}

/** Every primary on a node to be emptied costs one switchover, or an outage where nobody can succeed it. */
function stillToPay(puzzle: Puzzle, state: State): number {
  let sum = 0;
  puzzle.clusters.forEach((cluster, index) => {
    const primary = state.primary[index] ?? absent;
    if (!isDrained(puzzle, state.at[primary])) return;
    const covered = successorsOf(puzzle, state, index).length > 0 || mayScaleOut(state, cluster);
    sum += cluster.weight * (covered ? 1 : outageCost);
  });
  return sum;
}

function mayScaleOut(state: State, cluster: PuzzleCluster): boolean {
  return cluster.temporary !== undefined && at(state, cluster.temporary) === absent;
}

function membersOf(cluster: PuzzleCluster): readonly number[] {
  return cluster.temporary === undefined ? cluster.members : [...cluster.members, cluster.temporary];
}

/** Who may take over now: one that will not move again if there is one, else everybody able. */
function successorsOf(puzzle: Puzzle, state: State, index: number): readonly number[] {
  const cluster = puzzle.clusters[index];
  if (cluster === undefined) return [];
  const able = membersOf(cluster).filter(
    (pod) => pod !== state.primary[index] && at(state, pod) >= 0 && puzzle.pods[pod]?.able,
  );
  // While a temporary member is there either of the two may still be taken away again.
  if (isDoubled(state, cluster)) return able;
  const final = able.find((pod) => !isDrained(puzzle, state.at[pod]));
  return final === undefined ? able : [final];
}

type Rooms = number[][];

function roomsOf(puzzle: Puzzle, state: State): Rooms {
  const rooms = [
    ...puzzle.nodes.map(({ room }) => [...room]),
    ...state.added.map((size) => [...(puzzle.sizes[size]?.room ?? [])]),
  ];
  state.at.forEach((node, pod) => {
    const room = rooms[node];
    puzzle.pods[pod]?.asks.forEach((amount, index) => {
      if (room !== undefined) room[index] = (room[index] ?? 0) - amount;
    });
  });
  return rooms;
}

/** The better-looking moves come last: the search takes the last one first. */
function movesFrom(puzzle: Puzzle, state: State): readonly State[] {
  const rooms = roomsOf(puzzle, state);
  const begun = puzzle.wholeNodes ? begunNode(puzzle, state) : undefined;
  const next: State[] = [];
  puzzle.pods.forEach((pod, index) => {
    const from = at(state, index);
    if (!isDrained(puzzle, from) || (begun !== undefined && begun !== from)) return;
    for (const ready of handOvers(puzzle, state, index)) {
      for (const target of targetsFor(puzzle, ready, rooms, index))
        next.push(
          settle(puzzle, {
            ...target,
            at: target.at.with(index, target.onto),
            before: state,
            did: `${ready.did}${pod.key} to ${nameOf(puzzle, target.onto)}`,
          }),
        );
    }
  });
  puzzle.clusters.forEach((cluster, index) => {
    next.push(...scalings(puzzle, state, rooms, cluster, index, begun));
  });
  return next;
}

function nameOf(puzzle: Puzzle, node: number): string {
  return puzzle.nodes[node]?.name ?? `new ${node - puzzle.nodes.length + 1}`;
}

/** In whole-nodes mode: the node some but not all pods have left. */
function begunNode(puzzle: Puzzle, state: State): number | undefined {
  const left = new Set(
    puzzle.pods.flatMap(({ start }, pod) => (start !== undefined && at(state, pod) !== start ? [start] : [])),
  );
  return [...left].find((node) => state.at.includes(node));
}

/** The states in which a pod may move: as it is, or where it is primary after each way of handing over, or as an outage. */
function handOvers(puzzle: Puzzle, state: State, pod: number): readonly State[] {
  const index = puzzle.pods[pod]?.cluster;
  const cluster = index === undefined ? undefined : puzzle.clusters[index];
  if (index === undefined || cluster === undefined || state.primary[index] !== pod)
    return [{ ...state, did: '' }];
  const successors = successorsOf(puzzle, state, index);
  if (successors.length === 0) {
    if (cluster.lonePrimary !== 'restart') return [];
    return [{ ...state, cost: state.cost + cluster.weight * outageCost, did: 'OUTAGE ' }];
  }
  return successors.map((successor) => handOver(puzzle, state, index, cluster, successor));
}

function handOver(puzzle: Puzzle, state: State, index: number, cluster: PuzzleCluster, to: number): State {
  return {
    ...state,
    primary: state.primary.with(index, to),
    cost: state.cost + cluster.weight,
    did: `switchover to ${puzzle.pods[to]?.key ?? ''}, `,
  };
}

type Target = State & { readonly onto: number };

function targetsFor(puzzle: Puzzle, state: State, rooms: Rooms, index: number): readonly Target[] {
  const pod = puzzle.pods[index];
  if (pod === undefined) return [];
  const fits = (room: readonly number[]) => pod.asks.every((amount, each) => amount <= (room[each] ?? 0));
  const inZone = (zone: number | undefined) => pod.zone === undefined || pod.zone === zone;
  const isApart = (node: number) =>
    !pod.apart ||
    !state.at.some(
      (other, each) => other === node && each !== index && puzzle.pods[each]?.cluster === pod.cluster,
    );
  const targets: Target[] = [];
  const standing = (node: number, zone: number | undefined) => {
    if (inZone(zone) && fits(rooms[node] ?? []) && isApart(node)) targets.push({ ...state, onto: node });
  };
  puzzle.nodes.forEach((node, place) => {
    const parks = puzzle.parking && node.role === 'drained' && (state.released & (1 << place)) === 0;
    if (parks && place !== state.at[index]) standing(place, node.zone);
  });
  puzzle.sizes.forEach((size, place) => {
    if (!inZone(size.zone) || !fits(size.room)) return;
    for (const released of waysToAdd(puzzle, state, size.zone))
      targets.push({
        ...state,
        released,
        added: [...state.added, place],
        onto: puzzle.nodes.length + state.added.length,
      });
  });
  puzzle.nodes.forEach((node, place) => {
    if (node.role === 'kept') standing(place, node.zone);
  });
  state.added.forEach((size, place) => {
    standing(puzzle.nodes.length + place, puzzle.sizes[size]?.zone);
  });
  return targets;
}

/** The nodes given back (as bits) after which one more may be added in a zone: as now, or with one more of the empty ones. */
function waysToAdd(puzzle: Puzzle, state: State, zone: number): readonly number[] {
  const addedIn = (where: number) => state.added.filter((size) => puzzle.sizes[size]?.zone === where).length;
  const extraIn = (where: number) =>
    addedIn(where) -
    puzzle.nodes.filter((node, place) => node.zone === where && (state.released & (1 << place)) !== 0).length;
  if (addedIn(zone) >= (puzzle.newNodesMax[zone] ?? 0)) return [];
  const zoneIsFull = extraIn(zone) >= (puzzle.surge[zone] ?? 0);
  const all = puzzle.surge.reduce((sum, _, where) => sum + Math.max(0, extraIn(where)), 0);
  // A zone below its count at the start takes nothing from the region's cap.
  const regionIsFull = extraIn(zone) >= 0 && all >= puzzle.surgeTotal;
  if (!zoneIsFull && !regionIsFull) return [state.released];
  const ways = puzzle.nodes.flatMap((node, place) => {
    const isEmpty =
      node.role === 'drained' && !state.at.includes(place) && (state.released & (1 << place)) === 0;
    const helps = node.zone === zone || (!zoneIsFull && extraIn(node.zone) > 0);
    return isEmpty && helps ? [state.released | (1 << place)] : [];
  });
  return ways;
}

/** A temporary member comes, or one of the two goes again. */
function scalings(
  puzzle: Puzzle,
  state: State,
  rooms: Rooms,
  cluster: PuzzleCluster,
  index: number,
  begun: number | undefined,
): readonly State[] {
  const { temporary, primary: relieved } = cluster;
  if (temporary === undefined) return [];
  const primary = state.primary[index] ?? absent;
  if (mayScaleOut(state, cluster)) {
    if (!isDrained(puzzle, state.at[primary])) return [];
    return targetsFor(puzzle, state, rooms, temporary).map((target) =>
      settle(puzzle, {
        ...target,
        at: target.at.with(temporary, target.onto),
        before: state,
        did: `scale out ${cluster.key} to ${nameOf(puzzle, target.onto)}`,
      }),
    );
  }
  if (!isDoubled(state, cluster)) return [];
  return [temporary, relieved].flatMap((leaving) => {
    // In whole-nodes mode its removal empties its node, which must be the one begun.
    if (leaving === relieved && begun !== undefined && begun !== at(state, leaving)) return [];
    if (leaving === relieved && !cluster.primaryMayGo) return [];
    const stays = leaving === temporary ? relieved : temporary;
    const ready =
      primary !== leaving
        ? { ...state, did: '' }
        : puzzle.pods[stays]?.able
          ? handOver(puzzle, state, index, cluster, stays)
          : undefined;
    if (ready === undefined) return [];
    return [
      settle(puzzle, {
        ...ready,
        at: ready.at.with(leaving, removed),
        before: state,
        did: `${ready.did}${puzzle.pods[leaving]?.key ?? ''} removed`,
      }),
    ];
  });
}

/**
 * Two states with one key have the same future. Which kept or new node a settled pod stands on does not matter, only the room
 * left there and the clusters it keeps away, so that these nodes count by zone and in no order.
 */
function keyOf(puzzle: Puzzle, state: State): string {
  if (puzzle.clusters.some((cluster) => isDoubled(state, cluster)))
    return `${state.at.join()};${state.primary.join()};${state.added.join()};${state.released}`;
  const rooms = roomsOf(puzzle, state);
  const where = state.at.map((node) => (node < 0 || isDrained(puzzle, node) ? node : 'f'));
  const leads = state.primary.map((pod) => (isDrained(puzzle, state.at[pod]) ? pod : 'f'));
  const finals = rooms.flatMap((room, node) => {
    const standing = puzzle.nodes[node];
    if (standing !== undefined && standing.role !== 'kept') return [];
    const zone = standing?.zone ?? puzzle.sizes[state.added[node - puzzle.nodes.length] ?? -1]?.zone;
    const apart = new Set(
      state.at.flatMap((each, pod) =>
        each === node && puzzle.pods[pod]?.apart ? [puzzle.pods[pod]?.cluster] : [],
      ),
    );
    return [`${zone}:${room.join()}:${[...apart].sort().join()}`];
  });
  return `${where.join()};${leads.join()};${state.released};${finals.sort().join('/')}`;
}
