/**
 * Sets of fields, as managedFields hold them, and the fields by which two objects differ.
 * https://github.com/kubernetes-sigs/structured-merge-diff/tree/master/typed
 */
import { type FieldType, fieldsOfType } from './api-fields.ts';
import { isJsonObject, type JsonObject, sameJson } from './json.ts';

/** Paths, each the elements of FieldsV1 (`f:spec`, `k:{"type":"Ready"}`, `v:"a"`) from the top, joined by `between`. */
export type FieldSet = ReadonlySet<string>;

const between = '\u0000';

/** A path one element longer. */
export function pathBelow(path: string, element: string): string {
  return path === '' ? element : `${path}${between}${element}`;
}

/** True where `path` lies below `above`. */
export function isBelow(path: string, above: string): boolean {
  return path.startsWith(above + between);
}

/** The elements of a path from the top. */
export function elementsOf(path: string): readonly string[] {
  return path.split(between);
}

/** A value of a struct, map or keyed list with its path element and type; undefined for what is owned as a whole. */
export type Part = { readonly element: string; readonly type: FieldType; readonly value: unknown };

/** The parts of `value` that may have owners of their own, undefined when it is owned as a whole. */
export function partsOf(value: unknown, type: FieldType): readonly Part[] | undefined {
  const { shape } = type;
  switch (shape.kind) {
    case 'plain':
      return undefined;
    case 'struct': {
      if (shape.isWhole || !isJsonObject(value)) return undefined;
      const fields = fieldsOfType(type);
      return Object.entries(value).flatMap(([name, field]) => {
        const fieldType = fields.get(name);
        return fieldType === undefined ? [] : [{ element: `f:${name}`, type: fieldType, value: field }];
      });
    }
    case 'map':
      if (shape.isWhole || !isJsonObject(value)) return undefined;
      return Object.entries(value).map(([name, each]) => ({
        element: `f:${name}`,
        type: shape.of,
        value: each,
      }));
    case 'list': {
      const { keys } = shape;
      if (keys === undefined || !Array.isArray(value)) return undefined;
      return value.map((each) => ({ element: elementOf(each, keys), type: shape.of, value: each }));
    }
  }
}

/** A list's keys in order of their names; a port is a TCP port unless it says otherwise. */
function elementOf(value: unknown, keys: readonly string[]): string {
  if (keys.length === 0) return `v:${JSON.stringify(value)}`;
  const fields: JsonObject = isJsonObject(value) ? value : {};
  const named = [...keys].sort().flatMap((key) => {
    const part = fields[key] ?? (key === 'protocol' ? 'TCP' : undefined);
    return part === undefined ? [] : [[key, part]];
  });
  return `k:${JSON.stringify(Object.fromEntries(named))}`;
}

/** The fields that `value` names: what somebody who applies it owns. */
export function fieldsNamed(value: unknown, type: FieldType, path = ''): Set<string> {
  const named = new Set<string>();
  const parts = partsOf(value, type);
  if (parts === undefined) return path === '' ? named : named.add(path);
  for (const part of parts) {
    const below = pathBelow(path, part.element);
    for (const each of fieldsNamed(part.value, part.type, below)) named.add(each);
    const isEmpty = isJsonObject(part.value) && Object.keys(part.value).length === 0;
    if (type.shape.kind !== 'struct' || part.value === null || isEmpty) named.add(below);
  }
  return named;
}

export type Difference = { readonly changed: Set<string>; readonly removed: Set<string> };

/** The fields that are new or other in `after`, and those that it no longer has. */
export function differences(before: unknown, after: unknown, type: FieldType): Difference {
  const difference: Difference = { changed: new Set(), removed: new Set() };
  compare(before, after, type, '', difference);
  return difference;
}

function compare(before: unknown, after: unknown, type: FieldType, path: string, found: Difference): void {
  if (sameJson(before, after)) return;
  const [was, is] = [partsOf(before, type), partsOf(after, type)];
  if (before === undefined || (was === undefined && after !== undefined)) found.changed.add(path);
  if (after === undefined) found.removed.add(path);
  if (was === undefined && is === undefined) return;
  const earlier = new Map((was ?? []).map((part) => [part.element, part]));
  const later = new Map((is ?? []).map((part) => [part.element, part]));
  for (const [element, part] of later)
    compare(earlier.get(element)?.value, part.value, part.type, pathBelow(path, element), found);
  for (const [element, part] of earlier)
    if (!later.has(element)) compare(part.value, undefined, part.type, pathBelow(path, element), found);
}

/** FieldsV1 of a set. */
export function writeFields(set: FieldSet): JsonObject {
  const root: JsonObject = {};
  for (const path of [...set].sort()) {
    let at = root;
    for (const element of elementsOf(path)) at = descend(at, element);
    at['.'] = {};
  }
  return withoutLoneDots(root);
}

function descend(at: JsonObject, element: string): JsonObject {
  const known = at[element];
  if (isJsonObject(known)) return known;
  const fresh: JsonObject = {};
  at[element] = fresh;
  return fresh;
}

/** A field with nothing below it is `{}`, one that is owned besides what is below it has a dot. */
function withoutLoneDots(node: JsonObject): JsonObject {
  const names = Object.keys(node);
  if (names.length === 1 && names[0] === '.') return {};
  return Object.fromEntries(
    Object.entries(node).map(([name, below]) => [name, isJsonObject(below) ? withoutLoneDots(below) : below]),
  );
}

/** The set of a FieldsV1. */
export function readFields(fields: unknown, path = '', set = new Set<string>()): Set<string> {
  if (!isJsonObject(fields)) return set;
  const names = Object.keys(fields);
  if (path !== '' && (names.length === 0 || names.includes('.'))) set.add(path);
  for (const name of names) if (name !== '.') readFields(fields[name], pathBelow(path, name), set);
  return set;
}

/** A path as messages show it: `.spec.taints`, `.status.conditions[type="Ready"].status`. */
export function shownPath(path: string): string {
  return elementsOf(path).map(shownElement).join('');
}

function shownElement(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const keys = JSON.parse(rest) as JsonObject;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
