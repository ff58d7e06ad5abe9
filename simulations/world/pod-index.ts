/** Pods by node, owner and label, kept up to date from the store's events, so that rules need not go through all pods. */
import { keyOf, type ObjectStore, type StoredObject } from './object-store.ts';
import { controllerOf, type LabelSelector, labelsOf, nodeNameOf, selects } from './read-objects.ts';

type Groups = Map<string, Map<string, StoredObject>>;
const NO_PODS: ReadonlyMap<string, StoredObject> = new Map();
const fewEnough = 50;
const fewOfAll = 200;

export class PodIndex {
  readonly #byNode: Groups = new Map();
  readonly #byOwner: Groups = new Map();
  /** By name of the label, those that were asked for so far, then by value. */
  readonly #byLabel = new Map<string, Groups>();
  readonly #varieties = new Map<string, number>();
  readonly #unscheduled = new Map<string, StoredObject>();
  readonly #known = new Map<string, StoredObject>();

  constructor(store: ObjectStore) {
    for (const pod of store.all('Pod')) this.#add(pod);
    store.onEvent(({ type, object, previous, onlyNotes }) => {
      if (object.kind !== 'Pod') return;
      // Where nothing but annotations changed it stands in the same groups as before.
      if (previous !== undefined && !onlyNotes) this.#remove(previous);
      if (type !== 'DELETED') this.#add(object);
    });
  }

  /** Pods bound to a node, terminating and ended ones included, sorted by key. */
  onNode(node: string): readonly StoredObject[] {
    return sorted(this.#byNode.get(node) ?? NO_PODS);
  }

  /** The same in no particular order; for sums. */
  boundTo(node: string): Iterable<StoredObject> {
    return (this.#byNode.get(node) ?? NO_PODS).values();
  }

  /** Pods whose controller has this UID, sorted by key. */
  ownedBy(uid: string): readonly StoredObject[] {
    return sorted(this.#byOwner.get(uid) ?? NO_PODS);
  }

  /** Pods with this label, in no particular order. */
  labelled(name: string, value: string): Iterable<StoredObject> {
    return (this.#groupsOf(name).get(value) ?? NO_PODS).values();
  }

  /** Pods of a namespace that a label selector picks, sorted by key; of all namespaces where none is given. */
  selected(
    namespace: string | undefined,
    selector: LabelSelector | undefined | null,
  ): readonly StoredObject[] {
    const found = new Map<string, StoredObject>();
    if (selector === undefined || selector === null) return [];
    for (const [key, pod] of this.#fewest(selector)) {
      const isThere = namespace === undefined || pod.metadata.namespace === namespace;
      if (isThere && selects(selector, labelsOf(pod))) found.set(key, pod);
    }
    return sorted(found);
  }

  /** A small group of pods that holds all that the selector picks. */
  #fewest(selector: LabelSelector): ReadonlyMap<string, StoredObject> {
    let fewest: ReadonlyMap<string, StoredObject> = this.#known;
    const labels = Object.entries(selector.matchLabels ?? {});
    labels.sort(([one], [other]) => this.#varietyOf(other) - this.#varietyOf(one));
    for (const [name, value] of labels) {
      // A large fleet is not grouped by labels that say less.
      if (fewest.size <= fewEnough) break;
      const group = this.#groupsOf(name).get(value) ?? NO_PODS;
      if (group.size < fewest.size) fewest = group;
    }
    return fewest;
  }

  /** Values that a label had at a few of the pods, from all over the fleet, when it was first asked for. */
  #varietyOf(label: string): number {
    const known = this.#varieties.get(label);
    if (known !== undefined) return known;
    const every = Math.ceil(this.#known.size / fewOfAll);
    const few = [...this.#known.values()].filter((_, place) => place % every === 0);
    const values = new Set(few.map((pod) => labelsOf(pod)[label]));
    this.#varieties.set(label, values.size);
    return values.size;
  }

  /** Pods without a node, sorted by key. */
  unscheduled(): readonly StoredObject[] {
    return sorted(this.#unscheduled);
  }

  #add(pod: StoredObject): void {
    const key = keyOfPod(pod);
    this.#known.set(key, pod);
    const node = nodeNameOf(pod);
    if (node === undefined) this.#unscheduled.set(key, pod);
    else put(this.#byNode, node, key, pod);
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined) put(this.#byOwner, owner, key, pod);
    for (const [name, groups] of this.#byLabel) putLabelled(groups, name, key, pod);
  }

  #remove(pod: StoredObject): void {
    const key = keyOfPod(pod);
    this.#known.delete(key);
    this.#unscheduled.delete(key);
    const node = nodeNameOf(pod);
    if (node !== undefined) this.#byNode.get(node)?.delete(key);
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined) this.#byOwner.get(owner)?.delete(key);
    for (const [name, groups] of this.#byLabel) groups.get(labelsOf(pod)[name] ?? '')?.delete(key);
  }

  #groupsOf(label: string): Groups {
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    const groups: Groups = new Map();
    for (const [key, pod] of this.#known) putLabelled(groups, label, key, pod);
    this.#byLabel.set(label, groups);
    return groups;
  }
}

/** `namespace/name` */
export function keyOfPod(pod: StoredObject): string {
  return keyOf(pod.metadata.namespace, pod.metadata.name);
}

function putLabelled(groups: Groups, label: string, key: string, pod: StoredObject): void {
  const value = labelsOf(pod)[label];
  if (value !== undefined) put(groups, value, key, pod);
}

function put(groups: Groups, group: string, key: string, pod: StoredObject): void {
  const known = groups.get(group);
  if (known === undefined) groups.set(group, new Map([[key, pod]]));
  else known.set(key, pod);
}

function sorted(pods: ReadonlyMap<string, StoredObject>): readonly StoredObject[] {
  return [...pods.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pod]) => pod);
}
