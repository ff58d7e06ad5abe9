/**
 * Kubernetes objects out of whatever kubectl printed: Lists, typed lists, single objects, streams of them, several files.
 */
import { at, isObject, listAt, show, textAt } from './raw-json.ts';
import { type FoundObject, problemsMax, type Reading } from './reading.ts';

/** A parsed file: its JSON or YAML value; a YAML stream is an array of documents. */
export type SnapshotSource = { readonly file: string; readonly document: unknown };

export type CollectedObjects = {
  /** Objects of the kind, in the order of the input; of core kinds only those of the right API group. */
  of(kind: string): readonly FoundObject[];
  /** How many objects there are, of all kinds. */
  readonly count: number;
};

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

/** Complains about documents that are no Kubernetes objects, objects without a name, and two objects of one kind and name. */
export function collectObjects(reading: Reading, sources: readonly SnapshotSource[]): CollectedObjects {
  const byKind = new Map<string, FoundObject[]>();
  const seen = new Map<string, FoundObject>();
  let count = 0;
  for (const source of sources) {
    for (const placed of placedIn(source.document)) {
      const object = identify(reading, source.file, placed);
      if (object === undefined) continue;
      count += 1;
      if (isRepeated(reading, seen, object) || !object.isRead) continue;
      const alike = byKind.get(object.kind) ?? [];
      alike.push(object.found);
      byKind.set(object.kind, alike);
    }
  }
  return { of: (kind) => byKind.get(kind) ?? [], count };
}

type Placed = { readonly path: string; readonly value: unknown; readonly kindOfList?: string };

/** Lists are opened, also lists in lists and arrays of documents; empty YAML documents are left out. */
function* placedIn(document: unknown, path = '', depth = 0): Generator<Placed> {
  if (document === null || document === undefined) return;
  const entries = depth < depthMax ? entriesOf(document) : undefined;
  if (entries === undefined) {
    yield { path, value: document };
    return;
  }
  const prefix = [path, entries.field].filter((part) => part !== '').join('.');
  for (const [index, value] of entries.values.entries()) {
    const place = `${prefix}[${index}]`;
    if (entriesOf(value) !== undefined) yield* placedIn(value, place, depth + 1);
    else yield { path: place, value, ...(entries.kind === undefined ? {} : { kindOfList: entries.kind }) };
  }
}

type Entries = { readonly field: string; readonly values: readonly unknown[]; readonly kind?: string };

/** The entries of an array of documents, of a List or of a typed list, whose entries need not name their kind. */
function entriesOf(document: unknown): Entries | undefined {
  if (Array.isArray(document)) return { field: '', values: document };
  const kind = textAt(document, 'kind');
  if (kind === undefined || !kind.endsWith('List') || !Array.isArray(at(document, 'items'))) return undefined;
  const values = listAt(document, 'items');
  return kind === 'List'
    ? { field: 'items', values }
    : { field: 'items', values, kind: kind.slice(0, -'List'.length) };
}

type Identified = {
  readonly kind: string;
  readonly group: string;
  readonly isRead: boolean;
  readonly found: FoundObject;
};

function identify(reading: Reading, file: string, placed: Placed): Identified | undefined {
  const { path, value, kindOfList } = placed;
  if (value === null) return undefined;
  const refuse = (field: string, found: string, expected: string): undefined =>
    refuseObject(reading, file, [path, field].filter((part) => part !== '').join('.'), found, expected);
  if (!isObject(value)) return refuse('', show(value), 'a Kubernetes object or List, as kubectl prints it');
  const kind = textAt(value, 'kind') ?? kindOfList;
  if (kind === undefined) return refuse('kind', 'nothing', 'the kind of a Kubernetes object, or List');
  if (kind === 'List') return refuse('items', show(at(value, 'items')), 'the objects of the List');
  const known = readKinds.get(kind);
  const group = groupOf(textAt(value, 'apiVersion')) ?? known?.group ?? '';
  const isRead = known !== undefined && known.group === group;
  const name = textAt(value, 'metadata', 'name');
  // Objects of kinds that are not read need not make sense.
  if (name === undefined)
    return isRead ? refuse('metadata.name', 'nothing', `the name of the ${kind}`) : undefined;
  const namespace = textAt(value, 'metadata', 'namespace') ?? (known?.namespaced ? 'default' : '');
  return { kind, group, isRead, found: { file, path, namespace, name, json: value } };
}

function groupOf(apiVersion: string | undefined): string | undefined {
  if (apiVersion === undefined) return undefined;
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function isRepeated(
  reading: Reading,
  seen: Map<string, FoundObject>,
  { kind, group, found }: Identified,
): boolean {
  const identity = `${group}/${kind}/${found.namespace}/${found.name}`;
  const first = seen.get(identity);
  if (first === undefined) {
    seen.set(identity, found);
    return false;
  }
  const key = found.namespace === '' ? found.name : `${found.namespace}/${found.name}`;
  const place = first.file === found.file ? first.path || 'the file' : `${first.path} of ${first.file}`;
  const field = found.path === '' ? 'metadata.name' : `${found.path}.metadata.name`;
  refuseObject(
    reading,
    found.file,
    field,
    `${kind} ${key} a second time (first: ${place})`,
    'each object once',
  );
  return true;
}

function refuseObject(
  reading: Reading,
  file: string,
  field: string,
  found: string,
  expected: string,
): undefined {
  if (reading.problems.length < problemsMax)
    reading.problems.push({ code: 'bad-object', file, field, found, expected });
  return undefined;
}
