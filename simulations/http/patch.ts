/**
 * The patches of PATCH requests: merge (RFC 7386), JSON (RFC 6902) and strategic merge.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/util/strategicpatch/patch.go
 */
import { isJsonObject, type JsonObject, sameJson } from './json.ts';

export type Patched =
  | { readonly kind: 'patched'; readonly value: unknown }
  /** A JSON patch with an operation that cannot be carried out, or a patch of the wrong shape. */
  | { readonly kind: 'not-applicable' };

/** `target` after a merge patch; nothing given is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/**
 * Lists that a strategic merge patch merges by a key; all others (taints and tolerations among them) are replaced whole.
 * From the patchStrategy and patchMergeKey tags of https://github.com/kubernetes/api/blob/master/core/v1/types.go
 */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  addresses: ['type'],
  ownerReferences: ['uid'],
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
  ports: ['containerPort', 'port'],
};

/** Lists of plain values that a strategic merge patch adds to. */
const addedTo: ReadonlySet<string> = new Set(['finalizers', 'podCIDRs']);

/** `target` after a strategic merge patch; nothing given is changed. */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$deleteFromPrimitiveList/')) removeFromList(merged, field, value);
    if (field.startsWith('$')) continue;
    if (value === null) delete merged[field];
    else if (Array.isArray(value)) merged[field] = mergeLists(field, merged[field], value);
    else if (isJsonObject(value) && value.$patch === 'delete') delete merged[field];
    else merged[field] = strategicMergePatch(merged[field], value);
  }
  return merged;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}

function removeFromList(merged: JsonObject, directive: string, unwanted: unknown): void {
  const field = directive.slice(directive.indexOf('/') + 1);
  const list = merged[field];
  if (!Array.isArray(list) || !Array.isArray(unwanted)) return;
  merged[field] = list.filter((value) => !unwanted.includes(value));
}

function mergeLists(field: string, target: unknown, patch: readonly unknown[]): unknown[] {
  const present: unknown[] = Array.isArray(target) ? [...target] : [];
  if (addedTo.has(field)) return [...present, ...patch.filter((value) => !present.includes(value))];
  const key = mergeKeys[field]?.find((name) => patch.every((value) => isJsonObject(value) && name in value));
  if (patch.some((value) => isJsonObject(value) && value.$patch === 'replace'))
    return patch.filter((value) => !(isJsonObject(value) && value.$patch === 'replace'));
  if (key === undefined) return [...patch];
  return mergeByKey(key, present, patch);
}

/**
 * Keyed lists: what the patch names comes before what only the server has, except where the server's own order says otherwise
 * (normalizeElementOrder of the source above).
 */
function mergeByKey(key: string, present: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const keyIn = (value: unknown) => (isJsonObject(value) ? value[key] : undefined);
  const named = new Set(patch.map(keyIn));
  const changed: unknown[] = [];
  for (const change of patch) {
    if (!isJsonObject(change) || change.$patch === 'delete') continue;
    const found = present.find((value) => keyIn(value) === change[key]);
    changed.push(found === undefined ? withoutDirectives(change) : strategicMergePatch(found, change));
  }
  const untouched = present.filter((value) => !named.has(keyIn(value)));
  const place = (value: unknown) => present.findIndex((other) => keyIn(other) === keyIn(value));
  const merged: unknown[] = [];
  for (const value of changed) {
    while (place(value) >= 0 && untouched.length > 0 && place(untouched[0]) < place(value)) {
      merged.push(untouched.shift());
    }
    merged.push(value);
  }
  return [...merged, ...untouched];
}

/** `target` after the operations of a JSON patch, all of them or none; nothing given is changed. */
export function jsonPatch(target: unknown, operations: unknown): Patched {
  if (!Array.isArray(operations)) return { kind: 'not-applicable' };
  const root = { document: structuredClone(target) };
  for (const operation of operations) {
    if (!isJsonObject(operation) || !applyOperation(root, operation)) return { kind: 'not-applicable' };
  }
  return { kind: 'patched', value: root.document };
}

type Root = { document: unknown };

function applyOperation(root: Root, operation: JsonObject): boolean {
  const path = operation.path;
  if (typeof path !== 'string') return false;
  switch (operation.op) {
    case 'add':
      return put(root, path, structuredClone(operation.value), 'add');
    case 'replace':
      return take(root, path) !== undefined && put(root, path, structuredClone(operation.value), 'replace');
    case 'remove':
      return removeAt(root, path);
    case 'test': {
      const found = take(root, path);
      return found !== undefined && sameJson(found.value, operation.value);
    }
    case 'copy':
    case 'move': {
      const found = typeof operation.from === 'string' ? take(root, operation.from) : undefined;
      if (found === undefined || typeof operation.from !== 'string') return false;
      const value = structuredClone(found.value);
      if (operation.op === 'move' && !removeAt(root, operation.from)) return false;
      return put(root, path, value, 'add');
    }
    default:
      return false;
  }
}

/** Parts of a JSON pointer (RFC 6901). */
function pointerParts(path: string): string[] {
  if (path === '') return [];
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands at `path`, undefined when nothing does. */
function take(root: Root, path: string): { readonly value: unknown } | undefined {
  let value: unknown = root.document;
  for (const part of pointerParts(path)) {
    if (Array.isArray(value)) {
      if (!/^\d+$/.test(part) || Number(part) >= value.length) return undefined;
      value = value[Number(part)];
    } else if (isJsonObject(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return { value };
}

function put(root: Root, path: string, value: unknown, how: 'add' | 'replace'): boolean {
  const parts = pointerParts(path);
  const last = parts.pop();
  if (last === undefined) {
    root.document = value;
    return true;
  }
  const parent = take(root, parts.length === 0 ? '' : `/${parts.map(escapePart).join('/')}`)?.value;
  if (Array.isArray(parent)) {
    if (last !== '-' && (!/^\d+$/.test(last) || Number(last) > parent.length)) return false;
    const at = last === '-' ? parent.length : Number(last);
    parent.splice(at, how === 'replace' ? 1 : 0, value);
    return true;
  }
  if (!isJsonObject(parent)) return false;
  parent[last] = value;
  return true;
}

function removeAt(root: Root, path: string): boolean {
  if (take(root, path) === undefined) return false;
  const parts = pointerParts(path);
  const last = parts.pop();
  if (last === undefined) return false;
  const parent = take(root, parts.length === 0 ? '' : `/${parts.map(escapePart).join('/')}`)?.value;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isJsonObject(parent)) delete parent[last];
  return true;
}

function escapePart(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}
