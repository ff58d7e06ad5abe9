/**
 * Which steps a step waits for, directly or through others. Steps are named by their place in the list.
 */
import type { StepList } from './check-step-list.ts';

export type Paths = {
  /** True if the later step is begun only when the earlier one is done. */
  readonly waitsFor: (later: number, earlier: number) => boolean;
};

/**
 * Paths through `after`. Most questions are about a direct edge. Many others are answered by a tree: of all that a step waits
 * for, its last one is its parent, and whatever stands above a step in that tree it waits for. What is left is looked up: a step
 * stands after everything it waits for, so one look backwards through the list marks all that it waits for. It begins with
 * two edges in a row, which are most of what is left. The look is kept while questions are about the same later step and goes on where
 * it stopped.
 */
export function findPaths({ firstEdge, edges }: StepList): Paths {
  const { begin, end } = treeOf(firstEdge, edges);
  /** For each place the last later step that was found to wait for it; -1: none yet. */
  const waitedForBy = new Int32Array(firstEdge.length - 1).fill(-1);
  let askedFor = -1;
  let lookedDownTo = 0;
  return { waitsFor };

  function waitsFor(later: number, earlier: number): boolean {
    if (earlier >= later || earlier < 0) return false;
    if (askedFor === later) {
      if (waitedForBy[earlier] === later) return true;
    } else if (hasEdge(later, earlier)) return true;
    const number = begin[later] ?? 0;
    if (number >= (begin[earlier] ?? 0) && number < (end[earlier] ?? 0)) return true;
    if (askedFor !== later) beginLook(later);
    return waitedForBy[earlier] === later || looksBack(later, earlier);
  }

  function hasEdge(later: number, earlier: number): boolean {
    for (let edge = firstEdge[later] ?? 0; edge < (firstEdge[later + 1] ?? 0); edge += 1)
      if (edges[edge] === earlier) return true;
    return false;
  }

  function beginLook(later: number): void {
    askedFor = later;
    lookedDownTo = later;
    markEdges(later, later);
    for (let edge = firstEdge[later] ?? 0; edge < (firstEdge[later + 1] ?? 0); edge += 1)
      markEdges(edges[edge] ?? 0, later);
  }

  function markEdges(place: number, later: number): void {
    for (let edge = firstEdge[place] ?? 0; edge < (firstEdge[place + 1] ?? 0); edge += 1)
      waitedForBy[edges[edge] ?? 0] = later;
  }

  function looksBack(later: number, earlier: number): boolean {
    while (lookedDownTo > earlier) {
      lookedDownTo -= 1;
      if (waitedForBy[lookedDownTo] === later) markEdges(lookedDownTo, later);
    }
    return waitedForBy[earlier] === later;
  }
}

/** Numbers the tree so that what stands under a step has numbers from its own `begin` to below its `end`. */
function treeOf(
  firstEdge: Int32Array,
  edges: Int32Array,
): { readonly begin: Int32Array; readonly end: Int32Array } {
  const count = firstEdge.length - 1;
  const parent = parentsOf(firstEdge, edges);
  const size = sizesOf(parent);
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

/** The last step that each one waits for; -1: it waits for none. */
function parentsOf(firstEdge: Int32Array, edges: Int32Array): Int32Array {
  const parent = new Int32Array(firstEdge.length - 1);
  for (let place = 0; place < parent.length; place += 1) {
    const end = firstEdge[place + 1] ?? 0;
    let last = -1;
    for (let edge = firstEdge[place] ?? 0; edge < end; edge += 1) last = Math.max(last, edges[edge] ?? -1);
    parent[place] = last;
  }
  return parent;
}

/** How many steps stand under each one, itself included. */
function sizesOf(parent: Int32Array): Int32Array {
  const size = new Int32Array(parent.length).fill(1);
  for (let place = parent.length - 1; place >= 0; place -= 1) {
    const above = parent[place] ?? -1;
    if (above >= 0) size[above] = (size[above] ?? 0) + (size[place] ?? 0);
  }
  return size;
}
