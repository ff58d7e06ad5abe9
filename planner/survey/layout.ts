/**
 * Where pods stand when the fleet is looked at, and what they leave free. Every yard begins as a copy of it.
 */
import type { Tables } from './tables.ts';

export type Layout = {
  /** Pods on each node as linked lists, ascending; -1: the end. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Pods on each node that do not stay there. */
  readonly leaving: Int32Array;
  /** By node and resource. */
  readonly free: Float64Array;
};

/** Returns the layout of the pods that stand on a node. */
export function layOutPods({ pods, nodes, asks, resources }: Tables): Layout {
  const width = resources.length;
  const head = new Int32Array(nodes.all.length).fill(-1);
  const next = new Int32Array(pods.all.length).fill(-1);
  const previous = new Int32Array(pods.all.length).fill(-1);
  const leaving = new Int32Array(nodes.all.length);
  const free = nodes.allocatable.slice();
  for (let pod = pods.all.length - 1; pod >= 0; pod -= 1) {
    const node = pods.node[pod] ?? -1;
    if (node < 0) continue;
    const first = head[node] ?? -1;
    next[pod] = first;
    if (first >= 0) previous[first] = pod;
    head[node] = pod;
    if (pods.stays[pod] !== 1) leaving[node] = (leaving[node] ?? 0) + 1;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1)
      free[node * width + r] = (free[node * width + r] ?? 0) - (asks[ask + r] ?? 0);
  }
  return { head, next, previous, leaving, free };
}
