/** Budgets by what they select, kept up to date from the store's events, so that no rule need go through all budgets for one pod. */
import { keyOf, type ObjectStore, type StoredObject } from './object-store.ts';
import { type LabelSelector, labelsOf, selects } from './read-objects.ts';

export class BudgetIndex {
  /** By namespace and one label that all pods of the budget have; those without such a label by namespace alone. */
  readonly #places = new Map<string, Map<string, StoredObject>>();

  constructor(store: ObjectStore) {
    for (const budget of store.all('PodDisruptionBudget')) this.#add(budget);
    store.onEvent(({ type, object, previous }) => {
      if (object.kind !== 'PodDisruptionBudget') return;
      if (previous !== undefined) this.#places.get(placeOf(previous))?.delete(keyOfBudget(previous));
      if (type !== 'DELETED') this.#add(object);
    });
  }

  /** Budgets of the pod's namespace that select it. */
  matching(pod: StoredObject): readonly StoredObject[] {
    const { namespace } = pod.metadata;
    const labels = Object.entries(labelsOf(pod));
    const places = [placeIn(namespace), ...labels.map(([name, value]) => placeIn(namespace, name, value))];
    return places
      .flatMap((place) => [...(this.#places.get(place)?.values() ?? [])])
      .filter((budget) => selects(budget.spec?.selector, labelsOf(pod)));
  }

  #add(budget: StoredObject): void {
    const place = placeOf(budget);
    const budgets = this.#places.get(place) ?? new Map<string, StoredObject>();
    budgets.set(keyOfBudget(budget), budget);
    this.#places.set(place, budgets);
  }
}

function placeOf(budget: StoredObject): string {
  const selector: LabelSelector | undefined = budget.spec?.selector;
  const [first] = Object.entries(selector?.matchLabels ?? {});
  const { namespace } = budget.metadata;
  return first === undefined ? placeIn(namespace) : placeIn(namespace, ...first);
}

/** Neither names nor labels have blanks. */
function placeIn(namespace: string | undefined, ...label: readonly string[]): string {
  return [namespace ?? '', ...label].join(' ');
}

function keyOfBudget({ metadata }: StoredObject): string {
  return keyOf(metadata.namespace, metadata.name);
}
