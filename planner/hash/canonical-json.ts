/**
 * JSON with its keys sorted by code unit and nothing optional in it: equal values give equal text on every machine.
 * Fields that are undefined are left out, as JSON.stringify does.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry ?? null)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  let text = '';
  for (const key of sorted(Object.keys(value))) {
    const field = value[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

/** Nearly all keys come in their order, and sorting copies them all the same. */
function sorted(keys: string[]): string[] {
  for (let place = 1; place < keys.length; place += 1)
    if ((keys[place - 1] ?? '') > (keys[place] ?? '')) return keys.sort();
  return keys;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Most texts of a fleet are short and plain, and quoted at once; JSON.stringify knows what to do with the others. */
function quoted(text: string): string {
  return /^[\w ./:-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}
