/**
 * Server-side apply: what a manager applies it owns, what it no longer applies goes, and what others own it does not change.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 * The steps are those of https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go
 */
import type { FieldType } from './api-fields.ts';
import { differences, elementsOf, fieldsNamed, isBelow, partsOf } from './field-paths.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import {
  isSameWriter,
  type Ownership,
  ownable,
  readOwnerships,
  type Writer,
  without,
  writeOwnerships,
} from './managed-fields.ts';

/** A field that the applied object wants otherwise than its owner. */
export type FieldConflict = { readonly owner: Ownership; readonly path: string };

export type Applied =
  | { readonly kind: 'applied'; readonly object: JsonObject; readonly managedFields: JsonObject[] }
  | { readonly kind: 'conflicts'; readonly conflicts: readonly FieldConflict[] };

export type Application = {
  /** The object as it is stored; only kind, apiVersion and name of one that is not. */
  readonly live: JsonObject;
  readonly applied: JsonObject;
  readonly type: FieldType;
  readonly writer: Writer;
  readonly time: string;
  readonly force: boolean;
};

/** `live` with what is applied merged into it, or the conflicts when others own what it would change and `force` is off. */
export function applyObject({ live, applied, type, writer, time, force }: Application): Applied {
  const ownerships = readOwnerships(live);
  const mine = ownerships.find((one) => isSameWriter(one, writer));
  const others = ownerships.filter((one) => one !== mine);
  const fields = ownable(fieldsNamed(applied, type));
  const merged = merge(live, applied, type);
  const gone = [...without(mine?.fields ?? new Set<string>(), fields)].filter(
    (path) => ![fields, ...others.map((one) => one.fields)].some((set) => isIn(path, set)),
  );
  const pruned = gone.reduce((value, path) => removeAt(value, type, elementsOf(path)), merged);
  const { changed, removed } = differences(live, pruned, type);
  const conflicts = others.flatMap((owner) =>
    [...owner.fields].filter((path) => changed.has(path)).map((path) => ({ owner, path })),
  );
  if (conflicts.length > 0 && !force) return { kind: 'conflicts', conflicts };
  const left = others.map((one) => ({ ...one, fields: without(without(one.fields, changed), removed) }));
  const isAsBefore = mine !== undefined && sameSet(mine.fields, fields) && changed.size + removed.size === 0;
  const own = { ...writer, time: isAsBefore ? mine.time : time, fields };
  return {
    kind: 'applied',
    object: isJsonObject(pruned) ? pruned : live,
    managedFields: writeOwnerships([...left, own]),
  };
}

/** True where the path or something below it is in the set. */
function isIn(path: string, set: ReadonlySet<string>): boolean {
  return set.has(path) || [...set].some((other) => isBelow(other, path));
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((path) => other.has(path));
}

/** Structs, maps and keyed lists are merged part by part; all else is replaced. */
function merge(live: unknown, applied: unknown, type: FieldType): unknown {
  const [was, is] = [partsOf(live, type), partsOf(applied, type)];
  if (was === undefined || is === undefined) return applied;
  const wanted = new Map(is.map((part) => [part.element, part.value]));
  const of = new Map([...was, ...is].map((part) => [part.element, part.type]));
  if (type.shape.kind === 'list') {
    const kept = was.map(({ element, type: partType, value }) =>
      wanted.has(element) ? merge(value, wanted.get(element), partType) : value,
    );
    const known = new Set(was.map((part) => part.element));
    return [...kept, ...is.filter((part) => !known.has(part.element)).map((part) => part.value)];
  }
  const merged: JsonObject = isJsonObject(live) ? { ...live } : {};
  for (const [element, value] of wanted) {
    const partType = of.get(element);
    if (partType !== undefined) merged[element.slice(2)] = merge(merged[element.slice(2)], value, partType);
  }
  return merged;
}

/** `value` without what stands at the path; a part that is empty then stays, as it does on a real server, unless it was owned too. */
function removeAt(value: unknown, type: FieldType, path: readonly string[]): unknown {
  const [element, ...rest] = path;
  const parts = partsOf(value, type);
  const part = parts?.find((one) => one.element === element);
  if (parts === undefined || part === undefined) return value;
  const left = rest.length === 0 ? undefined : removeAt(part.value, part.type, rest);
  if (Array.isArray(value))
    return parts.flatMap((one) => (one !== part ? [one.value] : left === undefined ? [] : [left]));
  const fields: JsonObject = isJsonObject(value) ? { ...value } : {};
  if (left === undefined) delete fields[part.element.slice(2)];
  else fields[part.element.slice(2)] = left;
  return fields;
}
