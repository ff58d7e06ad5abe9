/** Pods by whom their required anti-affinity keeps away, kept up to date from the store's events: they are nearly all pods of a fleet. */

import { antiAffinityOf } from './affinity-terms.ts';
import { keyOf, type ObjectStore, type StoredObject } from './object-store.ts';
import { labelsOf } from './read-objects.ts';
import { SelectorIndex } from './selector-index.ts';

type Name = { readonly namespace: string | undefined; readonly name: string };

export class RepellingPods {
  readonly #store: ObjectStore;
  readonly #names = new SelectorIndex<Name>();
  #isComplete = false;

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange(({ type, object }) => {
      if (object.kind !== 'Pod') return;
      if (type === 'DELETED') this.#names.remove(keyOf(object.metadata.namespace, object.metadata.name));
      else this.#put(object);
    });
  }

  /** Looks at all pods, the first time; in parts, between which others may change them. To be finished before any are asked for. */
  *prepare(): Generator<void> {
    if (this.#isComplete) return;
    for (const { metadata } of [...this.#store.all('Pod')]) {
      const pod = this.#store.get('Pod', metadata.namespace, metadata.name);
      if (pod !== undefined) this.#put(pod);
      yield;
    }
    this.#isComplete = true;
  }

  /** Those that may keep a pod with the labels of this one away, and some others; one perhaps twice. */
  of(pod: StoredObject): readonly StoredObject[] {
    return this.#names
      .mayPick(labelsOf(pod))
      .flatMap(({ namespace, name }) => this.#store.get('Pod', namespace, name) ?? []);
  }

  #put(pod: StoredObject): void {
    const { namespace, name } = pod.metadata;
    const selectors = antiAffinityOf(pod).map((term) => term.labelSelector);
    this.#names.put(keyOf(namespace, name), selectors, { namespace, name });
  }
}
