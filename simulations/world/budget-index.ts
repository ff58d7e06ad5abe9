/** Budgets by what they select, kept up to date from the store's events, so that no rule need go through all budgets for one pod. */
import { keyOf, type ObjectStore, type StoredObject } from './object-store.ts';
import { labelsOf, selects } from './read-objects.ts';
import { SelectorIndex } from './selector-index.ts';

type Placed = { readonly budget: StoredObject; readonly order: number };

export class BudgetIndex {
  readonly #placed = new SelectorIndex<Placed>();
  #order = 0;

  constructor(store: ObjectStore) {
    for (const budget of store.all('PodDisruptionBudget')) this.#add(budget);
    store.onChange(({ type, object }) => {
      if (object.kind !== 'PodDisruptionBudget') return;
      if (type === 'DELETED') this.#placed.remove(keyOfBudget(object));
      else this.#add(object);
    });
  }

  /**
   * Budgets of the pod's namespace that select it; several of them in the order of the pod's labels that they name first, then of
   * their last change.
   */
  matching(pod: StoredObject): readonly StoredObject[] {
    const labels = labelsOf(pod);
    const names = Object.keys(labels);
    const rank = ({ spec }: StoredObject) =>
      names.indexOf(Object.keys(spec.selector.matchLabels ?? {})[0] ?? '');
    return this.#placed
      .mayPick(labels)
      .filter(
        ({ budget }) =>
          budget.metadata.namespace === pod.metadata.namespace && selects(budget.spec?.selector, labels),
      )
      .sort((one, other) => rank(one.budget) - rank(other.budget) || one.order - other.order)
      .map(({ budget }) => budget);
  }

  #add(budget: StoredObject): void {
    this.#order += 1;
    this.#placed.put(keyOfBudget(budget), [budget.spec?.selector], { budget, order: this.#order });
  }
}

function keyOfBudget({ metadata }: StoredObject): string {
  return keyOf(metadata.namespace, metadata.name);
}
