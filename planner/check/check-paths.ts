/**
 * Which steps a step waits for, directly or through others. Steps are named by their place in the list.
 */
import type { Step } from '../plan.ts';

export type Paths = {
  /** What the step at a place waits for: `edges[firstEdge[place]]` up to `edges[firstEdge[place + 1] - 1]`. */
  readonly firstEdge: Int32Array;
  readonly edges: Int32Array;
  /** Ids in `after` that name no earlier step, with the place where they stand. */
  readonly unknown: readonly { readonly place: number; readonly id: string }[];
  readonly repeated: readonly number[];
  /** True if the later step is begun only when the earlier one is done. */
  readonly waitsFor: (later: number, earlier: number) => boolean;
};

/**
 * Paths through `after`. Most questions are about a direct edge, or about two in a row. Many others are answered by a tree: of
 * all that a step waits for, its last one is its parent, and whatever stands above a step in that tree it waits for. What is
 * left is looked up: a step stands after everything it waits for, so one look backwards through the list marks all that it waits for. The
 * look is kept while questions are about the same later step and goes on where it stopped.
 */
export function findPaths(steps: readonly Step[]): Paths {
  const { firstEdge, edges, unknown, repeated } = readEdges(steps);
  const { begin, end } = treeOf(firstEdge, edges);
  /** For each place the last later step that was found to wait for it; -1: none yet. */
  const waitedForBy = new Int32Array(steps.length).fill(-1);
  let askedFor = -1;
  let lookedDownTo = 0;
  return { firstEdge, edges, unknown, repeated, waitsFor };

  function waitsFor(later: number, earlier: number): boolean {
    if (earlier >= later || earlier < 0) return false;
    if (hasEdge(later, earlier)) return true;
    const number = begin[later] ?? 0;
    if (number >= (begin[earlier] ?? 0) && number < (end[earlier] ?? 0)) return true;
    for (let edge = firstEdge[later] ?? 0; edge < (firstEdge[later + 1] ?? 0); edge += 1)
      if (hasEdge(edges[edge] ?? 0, earlier)) return true;
    return looksBack(later, earlier);
  }

  function hasEdge(later: number, earlier: number): boolean {
    for (let edge = firstEdge[later] ?? 0; edge < (firstEdge[later + 1] ?? 0); edge += 1)
      if (edges[edge] === earlier) return true;
    return false;
  }

  function looksBack(later: number, earlier: number): boolean {
    if (askedFor !== later) {
      waitedForBy[later] = later;
      askedFor = later;
      lookedDownTo = later + 1;
    }
    while (lookedDownTo > earlier) {
      lookedDownTo -= 1;
      if (waitedForBy[lookedDownTo] !== later) continue;
      for (let edge = firstEdge[lookedDownTo] ?? 0; edge < (firstEdge[lookedDownTo + 1] ?? 0); edge += 1)
        waitedForBy[edges[edge] ?? 0] = later;
    }
    return waitedForBy[earlier] === later;
  }
}

/** The edges of all steps, one after another. Whatever else stands in `after` is a violation of its own. */
function readEdges(steps: readonly Step[]): Omit<Paths, 'waitsFor'> {
  const { placeOf, repeated } = findPlaces(steps);
  let count = 0;
  for (const step of steps) count += step.after.length;
  const firstEdge = new Int32Array(steps.length + 1);
  const edges = new Int32Array(count);
  const unknown: { readonly place: number; readonly id: string }[] = [];
  let filled = 0;
  for (let place = 0; place < steps.length; place += 1) {
    firstEdge[place] = filled;
    for (const id of steps[place]?.after ?? []) {
      const earlier = placeOf(id);
      if (earlier === undefined || earlier >= place) unknown.push({ place, id });
      else {
        edges[filled] = earlier;
        filled += 1;
      }
    }
  }
  firstEdge[steps.length] = filled;
  return { firstEdge, edges: edges.subarray(0, filled), unknown, repeated };
}

/** Where the step of an id stands. Plans nearly always count their steps s1, s2, ...: then the id says so itself. */
function findPlaces(steps: readonly Step[]): {
  readonly placeOf: (id: string) => number | undefined;
  readonly repeated: readonly number[];
} {
  if (steps.every((step, place) => countIn(step.id) === place + 1))
    return { placeOf: (id) => (countIn(id) === 0 ? undefined : countIn(id) - 1), repeated: [] };
  const places = new Map<string, number>();
  const repeated: number[] = [];
  steps.forEach((step, place) => {
    if (places.has(step.id)) repeated.push(place);
    else places.set(step.id, place);
  });
  return { placeOf: (id) => places.get(id), repeated };
}

/** The 12 of `s12`, written without zeros in front; 0: not of that kind. */
function countIn(id: string): number {
  if (id.length < 2 || id.length > 10 || id.charCodeAt(0) !== 115 || id.charCodeAt(1) === 48) return 0;
  let count = 0;
  for (let at = 1; at < id.length; at += 1) {
    const digit = id.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return 0;
    count = count * 10 + digit;
  }
  return count;
}

/** Numbers the tree so that what stands under a step has numbers from its own `begin` to below its `end`. */
function treeOf(
  firstEdge: Int32Array,
  edges: Int32Array,
): { readonly begin: Int32Array; readonly end: Int32Array } {
  const count = firstEdge.length - 1;
  const parent = new Int32Array(count).fill(-1);
  const size = new Int32Array(count).fill(1);
  for (let place = 0; place < count; place += 1)
    for (let edge = firstEdge[place] ?? 0; edge < (firstEdge[place + 1] ?? 0); edge += 1)
      parent[place] = Math.max(parent[place] ?? -1, edges[edge] ?? -1);
  for (let place = count - 1; place >= 0; place -= 1) {
    const above = parent[place] ?? -1;
    if (above >= 0) size[above] = (size[above] ?? 0) + (size[place] ?? 0);
  }
  const begin = new Int32Array(count);
  const end = new Int32Array(count);
  const next = new Int32Array(count);
  let roots = 0;
  for (let place = 0; place < count; place += 1) {
    const above = parent[place] ?? -1;
    const own = above < 0 ? roots : (next[above] ?? 0);
    begin[place] = own;
    end[place] = own + (size[place] ?? 0);
    next[place] = own + 1;
    if (above < 0) roots = end[place] ?? 0;
    else next[above] = end[place] ?? 0;
  }
  return { begin, end };
}
