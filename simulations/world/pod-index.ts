/** Pods by node, owner and label, kept up to date from the store's events, so that rules need not go through all pods. */
import { keyOf, type ObjectStore, type StoredObject } from './object-store.ts';
import { controllerOf, type LabelSelector, labelsOf, nodeNameOf, selects } from './read-objects.ts';

/** One pod in all groups that it stands in; `pod` is what is stored of it now. */
type Entry = { readonly key: string; pod: StoredObject };
type Groups = Map<string, Set<Entry>>;
const NO_PODS: ReadonlySet<Entry> = new Set();
const fewEnough = 50;
const fewOfAll = 200;

export class PodIndex {
  readonly #byNode: Groups = new Map();
  readonly #byOwner: Groups = new Map();
  /** By name of the label, those that were asked for so far, then by value. */
  readonly #byLabel = new Map<string, Groups>();
  readonly #varieties = new Map<string, number>();
  readonly #unscheduled = new Set<Entry>();
  readonly #known = new Map<string, Entry>();

  constructor(store: ObjectStore) {
    for (const pod of store.all('Pod')) this.#add(pod);
    store.onEvent(({ type, key, object, previous, onlyNotes }) => {
      if (object.kind !== 'Pod') return;
      const entry = previous === undefined ? undefined : this.#known.get(key);
      // Where nothing but annotations changed it stands in the same groups as before.
      if (entry !== undefined && onlyNotes) {
        entry.pod = object;
        return;
      }
      if (entry !== undefined) this.#remove(entry);
      if (type !== 'DELETED') this.#add(object);
    });
  }

  /** Pods bound to a node, terminating and ended ones included, sorted by key. */
  onNode(node: string): readonly StoredObject[] {
    return sorted(this.#byNode.get(node) ?? NO_PODS);
  }

  /** The same in no particular order; for sums. */
  boundTo(node: string): Iterable<StoredObject> {
    return podsOf(this.#byNode.get(node) ?? NO_PODS);
  }

  /** Pods whose controller has this UID, sorted by key. */
  ownedBy(uid: string): readonly StoredObject[] {
    return sorted(this.#byOwner.get(uid) ?? NO_PODS);
  }

  /** Pods with this label, in no particular order. */
  labelled(name: string, value: string): Iterable<StoredObject> {
    return podsOf(this.#groupsOf(name).get(value) ?? NO_PODS);
  }

  /** Pods of a namespace that a label selector picks, sorted by key; of all namespaces where none is given. */
  selected(
    namespace: string | undefined,
    selector: LabelSelector | undefined | null,
  ): readonly StoredObject[] {
    const found: Entry[] = [];
    if (selector === undefined || selector === null) return [];
    for (const entry of this.#fewest(selector)) {
      const isThere = namespace === undefined || entry.pod.metadata.namespace === namespace;
      if (isThere && selects(selector, labelsOf(entry.pod))) found.push(entry);
    }
    return sorted(found);
  }

  /** A small group of pods that holds all that the selector picks. */
  #fewest(selector: LabelSelector): Iterable<Entry> {
    let fewest: ReadonlySet<Entry> | undefined;
    const labels = Object.entries(selector.matchLabels ?? {});
    labels.sort(([one], [other]) => this.#varietyOf(other) - this.#varietyOf(one));
    for (const [name, value] of labels) {
      // A large fleet is not grouped by labels that say less.
      if ((fewest ?? this.#known).size <= fewEnough) break;
      const group = this.#groupsOf(name).get(value) ?? NO_PODS;
      if (group.size < (fewest ?? this.#known).size) fewest = group;
    }
    return fewest ?? this.#known.values();
  }

  /** Values that a label had at a few of the pods, from all over the fleet, when it was first asked for. */
  #varietyOf(label: string): number {
    const known = this.#varieties.get(label);
    if (known !== undefined) return known;
    const every = Math.ceil(this.#known.size / fewOfAll);
    const few = [...this.#known.values()].filter((_, place) => place % every === 0);
    const values = new Set(few.map(({ pod }) => labelsOf(pod)[label]));
    this.#varieties.set(label, values.size);
    return values.size;
  }

  /** Pods without a node, sorted by key. */
  unscheduled(): readonly StoredObject[] {
    return sorted(this.#unscheduled);
  }

  #add(pod: StoredObject): void {
    const entry: Entry = { key: keyOfPod(pod), pod };
    this.#known.set(entry.key, entry);
    const node = nodeNameOf(pod);
    if (node === undefined) this.#unscheduled.add(entry);
    else put(this.#byNode, node, entry);
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined) put(this.#byOwner, owner, entry);
    for (const [name, groups] of this.#byLabel) putLabelled(groups, name, entry);
  }

  #remove(entry: Entry): void {
    const { key, pod } = entry;
    this.#known.delete(key);
    this.#unscheduled.delete(entry);
    const node = nodeNameOf(pod);
    if (node !== undefined) this.#byNode.get(node)?.delete(entry);
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined) this.#byOwner.get(owner)?.delete(entry);
    for (const [name, groups] of this.#byLabel) groups.get(labelsOf(pod)[name] ?? '')?.delete(entry);
  }

  #groupsOf(label: string): Groups {
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    const groups: Groups = new Map();
    for (const entry of this.#known.values()) putLabelled(groups, label, entry);
    this.#byLabel.set(label, groups);
    return groups;
  }
}

/** `namespace/name` */
export function keyOfPod(pod: StoredObject): string {
  return keyOf(pod.metadata.namespace, pod.metadata.name);
}

function putLabelled(groups: Groups, label: string, entry: Entry): void {
  const value = labelsOf(entry.pod)[label];
  if (value !== undefined) put(groups, value, entry);
}

function put(groups: Groups, group: string, entry: Entry): void {
  const known = groups.get(group);
  if (known === undefined) groups.set(group, new Set([entry]));
  else known.add(entry);
}

function* podsOf(entries: Iterable<Entry>): Generator<StoredObject> {
  for (const { pod } of entries) yield pod;
}

function sorted(entries: Iterable<Entry>): readonly StoredObject[] {
  return [...entries].sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ pod }) => pod);
}
