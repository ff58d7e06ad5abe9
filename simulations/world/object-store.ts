/**
 * The simulated etcd: Kubernetes objects by kind, namespace and name, one growing resourceVersion, a history for watches.
 */
import { copyJson, isSameJson } from './copy-json.ts';

export type StoredObject = {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: {
      apiVersion: string;
      kind: string;
      name: string;
      uid: string;
      controller?: boolean;
      blockOwnerDeletion?: boolean;
    }[];
    [field: string]: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: raw Kubernetes JSON; the rules of world/ read it with their own guards.
  [field: string]: any;
};

export type StoreEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Of the object: see keyOf. */
  readonly key: string;
  readonly object: StoredObject;
  /** What was stored before: undefined for ADDED. A watch with a selector needs it to tell who came and who left. */
  readonly previous: StoredObject | undefined;
  readonly resourceVersion: number;
  /** Nothing but annotations changed, as when Patroni publishes its position every few seconds: no controller has anything to do. */
  readonly onlyNotes: boolean;
};

/** An object as it is handed in for creation: the store adds uid, resourceVersion and creationTimestamp where they are missing. */
export type NewObject = {
  apiVersion: string;
  kind: string;
  metadata: Partial<StoredObject['metadata']> & { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: raw Kubernetes JSON, as above.
  [field: string]: any;
};

type Notes = {
  readonly labels: Record<string, string> | undefined;
  readonly annotations: Record<string, string> | undefined;
};

/** Events kept for watches; an older resourceVersion is answered as expired (410), as a real server's cache does. */
const HISTORY_EVENTS_MAX = 20_000;

/**
 * Objects are never changed in place: every write stores a copy, so an object once read, listed or watched stays as it was.
 * Callers must not write to what they read.
 */
export class ObjectStore {
  readonly #byKind: Map<string, Map<string, StoredObject>>;
  /** Keys of a kind in the order of lists, from the first list on: tens of thousands are not sorted for each. */
  readonly #sortedKeys = new Map<string, string[]>();
  readonly #history: StoreEvent[] = [];
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  /** Those of them that also hear of notes. */
  readonly #noteListeners = new Set<(event: StoreEvent) => void>();
  readonly #nowMs: () => number;
  readonly #newUid: () => string;
  readonly #isWatched: boolean;
  #resourceVersion: number;
  #oldestVersion: number;

  /** `objects` (by kind, then by key) become the store's own. `isWatched` false: no history is kept, and a watch from any older version is answered as expired. */
  constructor(options: {
    nowMs: () => number;
    newUid: () => string;
    objects?: { readonly maps: Map<string, Map<string, StoredObject>> };
    isWatched?: boolean;
  }) {
    this.#nowMs = options.nowMs;
    this.#newUid = options.newUid;
    this.#isWatched = options.isWatched ?? true;
    this.#byKind = options.objects?.maps ?? new Map();
    let highest = 0;
    for (const objects of this.#byKind.values())
      for (const { metadata } of objects.values())
        highest = Math.max(highest, Number(metadata.resourceVersion) || 0);
    this.#resourceVersion = highest + 1;
    this.#oldestVersion = highest + 1;
  }

  /** The newest version given to any object: the resourceVersion of a list. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** Returns the object, or undefined when there is none. `namespace` is undefined for kinds without one. */
  get(kind: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#byKind.get(kind)?.get(keyOf(namespace, name));
  }

  /** All objects of a kind, of one namespace or of all, sorted by namespace and name as a real server lists them. */
  list(kind: string, namespace?: string): readonly StoredObject[] {
    const objects = this.#kind(kind);
    const keys = this.#keysInOrder(kind);
    // No key has a character between '/' and '0'.
    const [from, to] =
      namespace === undefined
        ? [0, keys.length]
        : [placeIn(keys, keyOf(namespace, '')), placeIn(keys, `${namespace}0`)];
    const listed: StoredObject[] = [];
    for (let place = from; place < to; place += 1) {
      const object = objects.get(keys[place] ?? '');
      if (object !== undefined) listed.push(object);
    }
    return listed;
  }

  /** Objects of a kind in no particular order; for controllers that go through many. */
  all(kind: string): IterableIterator<StoredObject> {
    return this.#kind(kind).values();
  }

  /** Kinds that have or had an object. */
  kinds(): readonly string[] {
    return [...this.#byKind.keys()].sort();
  }

  /** Stores a new object; answers 'exists' when there is one of that kind, namespace and name. */
  create(
    wanted: NewObject,
  ):
    | { readonly kind: 'created'; readonly object: StoredObject }
    | { readonly kind: 'exists'; readonly object: StoredObject } {
    const existing = this.get(wanted.kind, wanted.metadata.namespace, wanted.metadata.name);
    if (existing !== undefined) return { kind: 'exists', object: existing };
    const copy = copyJson(wanted);
    const object: StoredObject = {
      ...copy,
      metadata: {
        ...copy.metadata,
        name: copy.metadata.name,
        uid: copy.metadata.uid ?? this.#newUid(),
        creationTimestamp: copy.metadata.creationTimestamp ?? kubernetesTime(this.#nowMs()),
        resourceVersion: '',
      },
    };
    return { kind: 'created', object: this.#write('ADDED', object, undefined) };
  }

  /**
   * Stores `object` in place of the one of that name. A resourceVersion in it must be the stored one, else 'conflict'
   * with what is stored; an empty one overwrites. Nothing changed: nothing written, as a real server does.
   */
  replace(
    object: StoredObject,
  ):
    | { readonly kind: 'replaced'; readonly object: StoredObject }
    | { readonly kind: 'conflict'; readonly object: StoredObject }
    | { readonly kind: 'gone' } {
    const stored = this.get(object.kind, object.metadata.namespace, object.metadata.name);
    if (stored === undefined) return { kind: 'gone' };
    const expected = object.metadata.resourceVersion;
    if (expected !== '' && expected !== undefined && expected !== stored.metadata.resourceVersion) {
      return { kind: 'conflict', object: stored };
    }
    const copy = copyJson(object);
    copy.metadata.resourceVersion = stored.metadata.resourceVersion;
    copy.metadata.uid = stored.metadata.uid;
    copy.metadata.creationTimestamp = stored.metadata.creationTimestamp;
    if (isSameJson(copy, stored)) return { kind: 'replaced', object: stored };
    return { kind: 'replaced', object: this.#write('MODIFIED', copy, stored) };
  }

  /** Changes a copy of the object and stores it. Returns what is stored then, or undefined when there is none. */
  update(
    kind: string,
    namespace: string | undefined,
    name: string,
    change: (draft: StoredObject) => void,
  ): StoredObject | undefined {
    const stored = this.get(kind, namespace, name);
    if (stored === undefined) return undefined;
    const draft = copyJson(stored);
    change(draft);
    if (isSameJson(draft, stored)) return stored;
    return this.#write('MODIFIED', draft, stored);
  }

  /** The same for a change of nothing but the status: all else is shared with what was stored before, for nothing stored ever changes. */
  updateStatus(
    kind: string,
    namespace: string | undefined,
    name: string,
    change: (draft: StoredObject) => void,
  ): StoredObject | undefined {
    const stored = this.get(kind, namespace, name);
    if (stored === undefined) return undefined;
    const draft = { ...stored, metadata: { ...stored.metadata }, status: copyJson(stored.status) };
    change(draft);
    if (isSameJson(draft.status, stored.status)) return stored;
    return this.#write('MODIFIED', draft, stored);
  }

  /** Gives the object other labels or annotations; the rest is shared with what was stored before, for nothing stored ever changes. */
  updateNotes(
    kind: string,
    namespace: string | undefined,
    name: string,
    change: (stored: StoredObject['metadata']) => Partial<Notes>,
  ): StoredObject | undefined {
    const stored = this.get(kind, namespace, name);
    if (stored === undefined) return undefined;
    const { labels, annotations } = change(stored.metadata);
    const areLabelsKept = labels === undefined || areSameNotes(labels, stored.metadata.labels ?? {});
    const areNotesKept =
      annotations === undefined || areSameNotes(annotations, stored.metadata.annotations ?? {});
    if (areLabelsKept && areNotesKept) return stored;
    const metadata = { ...stored.metadata };
    if (!areLabelsKept) metadata.labels = labels;
    if (!areNotesKept) metadata.annotations = annotations;
    return this.#write('MODIFIED', { ...stored, metadata }, stored, areLabelsKept);
  }

  /** Takes the object away at once, with a DELETED event. (Graceful deletion of pods is World.deletePod.) */
  remove(kind: string, namespace: string | undefined, name: string): StoredObject | undefined {
    const stored = this.get(kind, namespace, name);
    if (stored === undefined) return undefined;
    return this.#write('DELETED', { ...stored, metadata: { ...stored.metadata } }, stored);
  }

  /** Events after `resourceVersion`, oldest first; 'expired' when the history does not reach back that far (410 Gone). */
  watchFrom(
    resourceVersion: number,
  ): { readonly kind: 'events'; readonly events: readonly StoreEvent[] } | { readonly kind: 'expired' } {
    if (resourceVersion < this.#oldestVersion - 1) return { kind: 'expired' };
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.resourceVersion ?? 0) <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return { kind: 'events', events: this.#history.slice(low) };
  }

  /** Forgets the history, as a compaction or a restarted server does: older watches are answered as expired. */
  compact(): void {
    this.#history.length = 0;
    this.#oldestVersion = this.#resourceVersion + 1;
  }

  /** Calls `listener` after every write, in order. Returns the function that ends it. */
  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#noteListeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#noteListeners.delete(listener);
    };
  }

  /** The same for controllers: not after writes that change nothing but annotations, which are most of all. */
  onChange(listener: (event: StoreEvent) => void): void {
    this.#listeners.add(listener);
  }

  #kind(kind: string): Map<string, StoredObject> {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    const created = new Map<string, StoredObject>();
    this.#byKind.set(kind, created);
    return created;
  }

  /** The order of etcd's keys: `a-b/x` comes before `a/x`, for the namespace is compared with its slash. */
  #keysInOrder(kind: string): readonly string[] {
    const known = this.#sortedKeys.get(kind);
    if (known !== undefined) return known;
    const sorted = [...this.#kind(kind).keys()].sort();
    this.#sortedKeys.set(kind, sorted);
    return sorted;
  }

  #keepOrder(kind: string, key: string, isThere: boolean): void {
    const keys = this.#sortedKeys.get(kind);
    if (keys === undefined) return;
    const place = placeIn(keys, key);
    if (isThere) keys.splice(place, 0, key);
    else if (keys[place] === key) keys.splice(place, 1);
  }

  #write(
    type: StoreEvent['type'],
    object: StoredObject,
    previous: StoredObject | undefined,
    onlyNotes = false,
  ): StoredObject {
    this.#resourceVersion += 1;
    object.metadata.resourceVersion = String(this.#resourceVersion);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (type === 'DELETED') this.#kind(object.kind).delete(key);
    else this.#kind(object.kind).set(key, object);
    if (type !== 'MODIFIED') this.#keepOrder(object.kind, key, type === 'ADDED');
    const event: StoreEvent = {
      type,
      key,
      object,
      previous,
      resourceVersion: this.#resourceVersion,
      onlyNotes,
    };
    this.#remember(event);
    for (const listener of onlyNotes ? this.#noteListeners : this.#listeners) listener(event);
    return object;
  }

  #remember(event: StoreEvent): void {
    if (!this.#isWatched) {
      this.#oldestVersion = event.resourceVersion + 1;
      return;
    }
    this.#history.push(event);
    if (this.#history.length <= HISTORY_EVENTS_MAX * 1.1) return;
    this.#history.splice(0, this.#history.length - HISTORY_EVENTS_MAX);
    this.#oldestVersion = this.#history[0]?.resourceVersion ?? this.#resourceVersion + 1;
  }
}

function areSameNotes(
  ones: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>>,
): boolean {
  for (const key in ones) if (ones[key] !== others[key]) return false;
  for (const key in others) if (ones[key] === undefined) return false;
  return true;
}

/** RFC 3339 without fractions, as the API server writes times. */
export function kubernetesTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `namespace/name`; the namespace is empty for kinds without one. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** Place of the first key that is not before `key`. */
function placeIn(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
