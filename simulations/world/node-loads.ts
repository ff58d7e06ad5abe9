/** What the pods of each node request, summed up once for all who ask, until a pod of the node comes, goes or changes. */
import type { ObjectStore } from './object-store.ts';
import type { PodIndex } from './pod-index.ts';
import { type Amounts, hasEnded, nodeNameOf, requestsOf } from './read-objects.ts';

export class NodeLoads {
  readonly #pods: PodIndex;
  readonly #known = new Map<string, Amounts>();

  constructor(store: ObjectStore, pods: PodIndex) {
    this.#pods = pods;
    store.onEvent(({ object, previous, onlyNotes }) => {
      if (object.kind !== 'Pod' || onlyNotes) return;
      for (const pod of previous === undefined ? [object] : [object, previous])
        this.#known.delete(nodeNameOf(pod) ?? '');
    });
  }

  /** Requests of all pods on a node that have not ended, by resource. */
  of(node: string): Amounts {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    // Always all of them in their order, never one added to a sum: fractions must not depend on what happened before.
    const used: Record<string, number> = {};
    for (const pod of this.#pods.boundTo(node)) {
      if (hasEnded(pod)) continue;
      for (const [name, amount] of Object.entries(requestsOf(pod))) used[name] = (used[name] ?? 0) + amount;
    }
    this.#known.set(node, used);
    return used;
  }
}
