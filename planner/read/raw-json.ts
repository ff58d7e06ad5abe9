/**
 * Looking into parsed JSON that nobody has vouched for. Only own fields count, so `__proto__` or `constructor` in a dump is a
 * key like any other, and every object built from foreign keys has no prototype.
 */
export type JsonObject = { readonly [key: string]: unknown };

/** True for JSON objects; null and arrays are none. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A field that is an object, else an object without fields: what is looked for in it is then not there. For the fixed names of
 * our own code only, none of which an object inherits; keys that come from the input need `at` or Object.hasOwn.
 */
export function objectIn(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : noFields;
}

/** A field that is a list, else an empty list; see objectIn. */
export function listIn(value: JsonObject, key: string): readonly unknown[] {
  const found = value[key];
  return Array.isArray(found) ? found : noEntries;
}

/** A field that is a non-empty string; see objectIn. */
export function textIn(value: JsonObject, key: string): string | undefined {
  const found = value[key];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** The entry as an object, else an object without fields. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : noFields;
}

const noFields: JsonObject = Object.freeze(Object.create(null));
const noEntries: readonly unknown[] = Object.freeze([]);

/**
 * An object for foreign keys. It inherits nothing, like one whose prototype is null, but the engine keeps those as slow and
 * large hash tables; with this empty prototype a million pods' labels fit into memory.
 */
export function newRecord<Value>(): Record<string, Value> {
  return Object.create(inheritsNothing);
}

const inheritsNothing: object = Object.freeze(Object.create(null));

/** The value under a path of own fields; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isObject(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

/** A non-empty string under the path; undefined for anything else. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** A number, also where it is written as a decimal string (Patroni does both); undefined for anything else. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  return asNumber(at(value, ...path));
}

/** The same of a value. Beyond 2^53 neighbours cannot be told apart, so that differences would be invented: unknown. */
export function asNumber(found: unknown): number | undefined {
  if (typeof found === 'number') return Math.abs(found) <= Number.MAX_SAFE_INTEGER ? found : undefined;
  if (typeof found !== 'string' || !/^-?\d{1,19}(\.\d{1,30})?$/.test(found)) return undefined;
  const number = Number(found);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

/** The list under the path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The strings among a list's entries. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((entry) => typeof entry === 'string');
}

/** Labels, annotations and the like: the string entries, in an object that inherits nothing. */
export function textsByKeyAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  return textsByKey(at(value, ...path));
}

/** The same of a value. */
export function textsByKey(found: unknown): Readonly<Record<string, string>> {
  const texts = newRecord<string>();
  if (!isObject(found)) return texts;
  for (const key of Object.keys(found)) {
    const entry = found[key];
    if (typeof entry === 'string') texts[key] = entry;
  }
  return texts;
}

/** How a value is shown in one line of an error: short, and never the whole of a foreign text. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
