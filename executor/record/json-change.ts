/**
 * What changed between two JSON values, as JSON: only the fields of an object, and the places of a list, that are others now. A field
 * that is not there any more is null, as in https://www.rfc-editor.org/rfc/rfc7386; so null itself cannot be told. A list that is
 * longer or shorter now has its `length` among its places.
 */

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns the change for `changed`; undefined: the values are equal. Both values hold no null, and where both hold an object or a
 * list, both hold the same of the two. Fields that are undefined are not there.
 */
export function changeBetween(before: unknown, after: unknown): unknown {
  if (before === after) {
    return undefined;
  }
  if (!isObject(before) || !isObject(after)) {
    return after;
  }
  const change: Record<string, unknown> = {};
  for (const key of Object.keys(before)) {
    // A pod may be named like a field that every object inherits.
    const isGone = after[key] === undefined || !Object.hasOwn(after, key);
    if (isGone && before[key] !== undefined && !Array.isArray(after)) {
      change[key] = null;
    }
  }
  for (const key of Object.keys(after)) {
    const is = after[key];
    const each = is === undefined ? undefined : changeBetween(before[key], is);
    if (each !== undefined) {
      change[key] = each;
    }
  }
  if (before.length !== after.length && Array.isArray(after)) {
    change.length = after.length;
  }
  return Object.keys(change).length === 0 ? undefined : change;
}

/** Returns what `before` is after the change; what did not change is shared with it. Never throws. */
export function changed(before: unknown, change: unknown): unknown {
  if (change === undefined) {
    return before;
  }
  if (!isObject(change) || Array.isArray(change) || !isObject(before)) {
    return change;
  }
  return Array.isArray(before) ? changedList(before, change) : changedFields(before, change);
}

function changedFields(before: Fields, change: Fields): Fields {
  const after: Record<string, unknown> = { ...before };
  let isLess = false;
  for (const key of Object.keys(change)) {
    const each = change[key];
    after[key] = each === null ? undefined : changed(before[key], each);
    isLess ||= each === null;
  }
  return isLess ? withoutUndefined(after) : after;
}

/** Built anew: an object from which a field was taken is slow from then on. */
function withoutUndefined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function changedList(before: readonly unknown[], change: Fields): readonly unknown[] {
  const after = [...before];
  for (const key of Object.keys(change)) {
    const place = Number(key);
    // Whatever else stands there is no place of a list of ours: `length` is no number.
    if (place <= after.length) {
      after[place] = changed(before[place], change[key]);
    }
  }
  return typeof change.length === 'number' ? after.slice(0, change.length) : after;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
