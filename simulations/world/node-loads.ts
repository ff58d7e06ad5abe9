/** What the pods of each node ask of it, summed up once for all who want to know, until a pod of the node comes, goes or changes. */
import type { ObjectStore } from './object-store.ts';
import type { PodIndex } from './pod-index.ts';
import { type Amounts, claimNamesOf, hasEnded, nodeNameOf, requestsOf } from './read-objects.ts';

export type NodeLoad = {
  /** Requests of all pods on the node that have not ended, by resource. */
  readonly requests: Amounts;
  /** Claims that all its pods mount. */
  readonly claims: number;
};

export class NodeLoads {
  readonly #pods: PodIndex;
  readonly #known = new Map<string, NodeLoad>();

  constructor(store: ObjectStore, pods: PodIndex) {
    this.#pods = pods;
    store.onChange(({ object, previous }) => {
      if (object.kind !== 'Pod') return;
      for (const pod of previous === undefined ? [object] : [object, previous])
        this.#known.delete(nodeNameOf(pod) ?? '');
    });
  }

  /** What the pods of the node ask of it now. */
  of(node: string): NodeLoad {
    const load = this.#known.get(node) ?? this.#sum(node);
    this.#known.set(node, load);
    return load;
  }

  /** Always all of them in their order, never one added to a sum: fractions must not depend on what happened before. */
  #sum(node: string): NodeLoad {
    const requests: Record<string, number> = {};
    let claims = 0;
    for (const pod of this.#pods.boundTo(node)) {
      claims += claimNamesOf(pod).length;
      if (hasEnded(pod)) continue;
      const own = requestsOf(pod);
      for (const name in own) requests[name] = (requests[name] ?? 0) + (own[name] ?? 0);
    }
    return { requests, claims };
  }
}
