/**
 * Which steps a step waits for, directly or through others. Steps are named by their place in the list.
 */
import type { StepList } from './check-step-list.ts';

export type Paths = {
  /** True if the later step is begun only when the earlier one is done. */
  readonly waitsFor: (later: number, earlier: number) => boolean;
};

/**
 * Paths through `after`. Most questions are about a direct edge, or about two in a row. Many others are answered by a tree: of
 * all that a step waits for, its last one is its parent, and whatever stands above a step in that tree it waits for. What is
 * left is looked up: a step stands after everything it waits for, so one look backwards through the list marks all that it waits for. The
 * look is kept while questions are about the same later step and goes on where it stopped.
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
