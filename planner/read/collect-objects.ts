/**
 * Kubernetes objects out of whatever kubectl printed: Lists, typed lists, single objects, streams of them, several files.
 */
import { flatText } from './flat-text.ts';
import { at, isObject, type JsonObject, objectIn, show, textIn } from './raw-json.ts';
import { complain, type FoundObject, type Place, pathOf, problemsMax, type Reading } from './reading.ts';

/** A parsed file: its JSON or YAML value; a YAML stream is an array of documents. */
export type SnapshotSource = {
  readonly file: string;
  readonly document: unknown;
  /** Where a large List comes in several documents: the number of its objects that came before. Default: 0. */
  readonly firstIndex?: number;
};

/** Takes an object of a kind that is read; of core kinds only those of the right API group come. */
export type Receive = (kind: string, found: FoundObject) => void;

type ReadKind = { readonly group: string; readonly namespaced: boolean };

/** The kinds that are read, with their API group: a `Node` of some other group is not a node. */
const readKinds: ReadonlyMap<string, ReadKind> = new Map([
  ['Node', { group: '', namespaced: false }],
  ['Pod', { group: '', namespaced: true }],
  ['PersistentVolumeClaim', { group: '', namespaced: true }],
  ['PersistentVolume', { group: '', namespaced: false }],
  ['Endpoints', { group: '', namespaced: true }],
  ['ConfigMap', { group: '', namespaced: true }],
  ['StatefulSet', { group: 'apps', namespaced: true }],
  ['PodDisruptionBudget', { group: 'policy', namespaced: true }],
  ['CSINode', { group: 'storage.k8s.io', namespaced: false }],
]);

/** Lists in lists in arrays: deeper than this is no kubectl output. */
const depthMax = 8;
/** Lists in lists: YAML can name one list many times, and in itself, and so make more of them than anybody can open. */
const nestedListsMax = 10_000;

export type Collected = {
  /** Objects of all kinds. */
  readonly count: number;
  /** Undefined: there is no source. */
  readonly firstFile: string | undefined;
};

export type Collector = {
  take(source: SnapshotSource): void;
  collected(): Collected;
};

/**
 * Hands over the objects one by one, so that nobody needs to keep them all.
 * Complains about documents that are no Kubernetes objects, objects without a name, and two objects of one kind and name.
 */
export function collectObjects(reading: Reading, receive: Receive): Collector {
  const collecting: Collecting = {
    reading,
    receive,
    seen: new Map(),
    runs: [],
    namespace: '',
    count: 0,
    nestedLists: 0,
  };
  let firstFile: string | undefined;
  return {
    take({ file, document, firstIndex = 0 }) {
      firstFile ??= file;
      openDocument(collecting, document, { file, list: '', index: undefined }, firstIndex, 0);
    },
    collected: () => ({ count: collecting.count, firstFile }),
  };
}

type Collecting = {
  readonly reading: Reading;
  readonly receive: Receive;
  /** By kind and API group, by key: which object it was, counted from 1. */
  readonly seen: Map<string, Map<string, number>>;
  readonly runs: Run[];
  /** Of the object before: a dump is sorted by it, and the objects of one namespace then share one text. */
  namespace: string;
  count: number;
  nestedLists: number;
};

/**
 * Objects that follow each other in one list: where the first of them stands, and its number. A large List is one run, so that the place
 * of each of a million objects need not be kept.
 */
type Run = { readonly from: number; readonly place: Place };

/** Lists are opened, also lists in lists and arrays of documents; empty YAML documents are left out. */
function openDocument(
  collecting: Collecting,
  document: unknown,
  place: Place,
  firstIndex: number,
  depth: number,
): void {
  if (document === null || document === undefined) return;
  if (depth > 0) collecting.nestedLists += 1;
  const isOpened = depth < depthMax && collecting.nestedLists <= nestedListsMax;
  const entries = isOpened ? entriesOf(document) : undefined;
  if (entries === undefined) {
    collectObject(collecting, place, document, undefined);
    return;
  }
  const list = pathOf(place, entries.field);
  for (const [offset, value] of entries.values.entries()) {
    if (collecting.nestedLists > nestedListsMax) return;
    const here = { file: place.file, list, index: firstIndex + offset };
    if (entriesOf(value) !== undefined) openDocument(collecting, value, here, 0, depth + 1);
    else collectObject(collecting, here, value, entries.kind);
  }
}

type Entries = { readonly field: string; readonly values: readonly unknown[]; readonly kind?: string };

/** The entries of an array of documents, of a List or of a typed list, whose entries need not name their kind. */
function entriesOf(document: unknown): Entries | undefined {
  if (Array.isArray(document)) return { field: '', values: document };
  if (!isObject(document)) return undefined;
  const { kind, items } = document;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return undefined;
  if (kind === 'List') return { field: 'items', values: items };
  return { field: 'items', values: items, kind: kind.slice(0, -'List'.length) };
}

function collectObject(
  collecting: Collecting,
  place: Place,
  value: unknown,
  kindOfList: string | undefined,
): void {
  const identified = value === null ? undefined : identify(collecting, place, value, kindOfList);
  if (identified === undefined) return;
  const { kind, found, isRead } = identified;
  collecting.count += 1;
  noteRun(collecting, place);
  if (!isRepeated(collecting, identified) && isRead) collecting.receive(kind, found);
}

type Identified = {
  readonly kind: string;
  readonly group: string;
  readonly isRead: boolean;
  readonly found: FoundObject;
};

function identify(
  collecting: Collecting,
  place: Place,
  value: unknown,
  kindOfList: string | undefined,
): Identified | undefined {
  const refuse = (field: string, found: string, expected: string): undefined => {
    complain(collecting.reading, place, field, { code: 'bad-object', found, expected });
    return undefined;
  };
  if (!isObject(value)) return refuse('', show(value), 'a Kubernetes object or List, as kubectl prints it');
  const kind = textIn(value, 'kind') ?? kindOfList;
  if (kind === undefined) return refuse('kind', 'nothing', 'the kind of a Kubernetes object, or List');
  if (kind === 'List') return refuse('items', show(at(value, 'items')), 'the objects of the List');
  const known = readKinds.get(kind);
  const group = groupOf(textIn(value, 'apiVersion')) ?? known?.group ?? '';
  const isRead = known !== undefined && known.group === group;
  const metadata = objectIn(value, 'metadata');
  const name = textIn(metadata, 'name');
  // Objects of kinds that are not read need not make sense.
  if (name === undefined)
    return isRead ? refuse('metadata.name', show(metadata.name), `the name of the ${kind}`) : undefined;
  const namespace = textIn(metadata, 'namespace') ?? (known?.namespaced ? 'default' : '');
  // Objects are known by `namespace/name`: no name may look like the key of another.
  if (isRead && (name.includes('/') || namespace.includes('/')))
    return refuse(
      name.includes('/') ? 'metadata.name' : 'metadata.namespace',
      show(name.includes('/') ? name : namespace),
      'a name without /',
    );
  return { kind, group, isRead, found: foundObject(collecting, place, namespace, name, value) };
}

/** What lives in no namespace is known by its name. */
function foundObject(
  collecting: Collecting,
  place: Place,
  namespace: string,
  name: string,
  json: JsonObject,
): FoundObject {
  if (namespace === '') return { place, namespace, name, key: name, json };
  if (namespace !== collecting.namespace) collecting.namespace = namespace;
  const key = flatText(collecting.namespace, '/', name);
  return { place, namespace: collecting.namespace, name, key, json };
}

function groupOf(apiVersion: string | undefined): string | undefined {
  if (apiVersion === undefined) return undefined;
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function noteRun({ runs, count }: Collecting, place: Place): void {
  const last = runs.at(-1);
  if (last !== undefined && isNextIn(last, place, count)) return;
  runs.push({ from: count, place });
}

function isNextIn(run: Run, place: Place, number: number): boolean {
  const first = run.place;
  if (first.index === undefined || place.index === undefined) return false;
  return (
    place.index - first.index === number - run.from && place.list === first.list && place.file === first.file
  );
}

function placeIn({ from, place }: Run, number: number): Place {
  return place.index === undefined ? place : { ...place, index: place.index + number - from };
}

function isRepeated({ reading, seen, runs, count }: Collecting, { kind, group, found }: Identified): boolean {
  const type = `${group}/${kind}`;
  const numbers = seen.get(type) ?? new Map<string, number>();
  if (numbers.size === 0) seen.set(type, numbers);
  const number = numbers.get(found.key);
  if (number === undefined) {
    numbers.set(found.key, count);
    return false;
  }
  // Of more repetitions than are told nobody needs the place.
  if (reading.problems.length >= problemsMax) return true;
  const run = runs.findLast(({ from }) => from <= number);
  const first = run === undefined ? found.place : placeIn(run, number);
  const path = pathOf(first);
  const isOtherFile = first.file !== found.place.file;
  const inOtherFile = path === '' ? first.file : `${path} of ${first.file}`;
  const where = isOtherFile ? inOtherFile : path || 'the file';
  complain(reading, found.place, 'metadata.name', {
    code: 'bad-object',
    found: `${kind} ${found.key} a second time (first: ${where})`,
    expected: 'each object once',
  });
  return true;
}
