/**
 * Looking into parsed JSON that nobody has vouched for. Only own fields count, so `__proto__` or `constructor` in a dump is a
 * key like any other, and every object built from foreign keys has no prototype.
 */
export type JsonObject = { readonly [key: string]: unknown };

/** True for JSON objects; null and arrays are none. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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

/** A finite number, also where it is written as a decimal string (Patroni does both); undefined for anything else. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  if (typeof found === 'number') return Number.isFinite(found) ? found : undefined;
  return typeof found === 'string' && /^-?\d{1,19}(\.\d+)?$/.test(found) ? Number(found) : undefined;
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

/** Labels, annotations and the like: the string entries, in an object without prototype. */
export function textsByKeyAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...path);
  const texts: Record<string, string> = Object.create(null);
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
