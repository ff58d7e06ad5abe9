/**
 * Kubernetes objects out of whatever kubectl printed: Lists, typed lists, single objects, streams of them, several files.
 */

import { isObject, listAt, show, textAt } from './raw-json.ts';
import type { FoundObject, Reading } from './reading.ts';
import { problemsMax } from './reading.ts';

/** A parsed file: its JSON or YAML value; a YAML stream is an array of documents. */
export type SnapshotSource = { readonly file: string; readonly document: unknown };

export type CollectedObjects = {
  /** Objects of the kind, in the order of the input; of core kinds only those of the right API group. */
  of(kind: string): readonly FoundObject[];
  /** How many objects there are, of all kinds. */
  readonly count: number;
};

/** API groups of the kinds that are read: a `Node` of some other group is not a node. */
const groups: Readonly<Record<string, string>> = {
  Node: '',
  Pod: '',
  PersistentVolumeClaim: '',
  PersistentVolume: '',
  Endpoints: '',
  ConfigMap: '',
  StatefulSet: 'apps',
  PodDisruptionBudget: 'policy',
  CSINode: 'storage.k8s.io',
};

/** Complains about documents that are no Kubernetes objects, objects without a name, and two objects of one kind and name. */
export function collectObjects(reading: Reading, sources: readonly SnapshotSource[]): CollectedObjects {
  const byKind = new Map<string, FoundObject[]>();
  const seen = new Map<string, FoundObject>();
  let count = 0;
  for (const source of sources) {
    for (const { path, value, kindOfList } of documentsOf(source.document)) {
      const object = identify(reading, source.file, path, value, kindOfList);
      if (object === undefined) continue;
      count += 1;
      if (isRepeated(reading, seen, object)) continue;
      const group = Object.hasOwn(groups, object.kind) ? groups[object.kind] : undefined;
      if (group === undefined || (object.group !== undefined && object.group !== group)) continue;
      const alike = byKind.get(object.kind) ?? [];
      alike.push(object.found);
      byKind.set(object.kind, alike);
    }
  }
  return { of: (kind) => byKind.get(kind) ?? [], count };
}

type Placed = { readonly path: string; readonly value: unknown; readonly kindOfList: string | undefined };

/** Lists are opened, also lists in lists and arrays of documents; empty YAML documents are left out. */
function* documentsOf(document: unknown, path = '', kindOfList?: string): Generator<Placed> {
  if (document === null || document === undefined) return;
  if (Array.isArray(document)) {
    for (const [index, entry] of document.entries()) yield* documentsOf(entry, `${path}[${index}]`);
    return;
  }
  const kind = textAt(document, 'kind');
  if (kind?.endsWith('List') && isObject(document)) {
    const kindOfEntries = kind === 'List' ? undefined : kind.slice(0, -'List'.length);
    const prefix = path === '' ? 'items' : `${path}.items`;
    for (const [index, entry] of listAt(document, 'items').entries()) {
      if (textAt(entry, 'kind')?.endsWith('List')) yield* documentsOf(entry, `${prefix}[${index}]`);
      else yield { path: `${prefix}[${index}]`, value: entry, kindOfList: kindOfEntries };
    }
    return;
  }
  yield { path, value: document, kindOfList };
}

type Identified = { readonly kind: string; readonly group: string | undefined; readonly found: FoundObject };

function identify(
  reading: Reading,
  file: string,
  path: string,
  value: unknown,
  kindOfList: string | undefined,
): Identified | undefined {
  const refuse = (field: string, found: string, expected: string): undefined => {
    if (reading.problems.length < problemsMax) {
      const place = [path, field].filter((part) => part !== '').join('.');
      reading.problems.push({ code: 'not-an-object', file, field: place, found, expected });
    }
    return undefined;
  };
  if (!isObject(value)) return refuse('', show(value), 'a Kubernetes object or List, as kubectl prints it');
  const kind = textAt(value, 'kind') ?? kindOfList;
  if (kind === undefined) return refuse('kind', 'nothing', 'the kind of a Kubernetes object, or List');
  const name = textAt(value, 'metadata', 'name');
  if (name === undefined) {
    // Objects of kinds that are not read need not make sense.
    return Object.hasOwn(groups, kind)
      ? refuse('metadata.name', 'nothing', `the name of the ${kind}`)
      : undefined;
  }
  const apiVersion = textAt(value, 'apiVersion');
  const slash = apiVersion?.indexOf('/') ?? -1;
  const group = apiVersion === undefined ? undefined : slash < 0 ? '' : apiVersion.slice(0, slash);
  return {
    kind,
    group,
    found: { file, path, namespace: textAt(value, 'metadata', 'namespace') ?? '', name, json: value },
  };
}

function isRepeated(
  reading: Reading,
  seen: Map<string, FoundObject>,
  { kind, group, found }: Identified,
): boolean {
  const identity = `${Object.hasOwn(groups, kind) ? '' : group}/${kind}/${found.namespace}/${found.name}`;
  const first = seen.get(identity);
  if (first === undefined) {
    seen.set(identity, found);
    return false;
  }
  const key = found.namespace === '' ? found.name : `${found.namespace}/${found.name}`;
  const elsewhere = first.file === found.file ? '' : ` of ${first.file}`;
  if (reading.problems.length < problemsMax)
    reading.problems.push({
      code: 'object-twice',
      file: found.file,
      field: found.path === '' ? 'metadata.name' : `${found.path}.metadata.name`,
      found: `${kind} ${key} a second time (first: ${first.path || 'the file'}${elsewhere})`,
      expected: 'each object once',
    });
  return true;
}
