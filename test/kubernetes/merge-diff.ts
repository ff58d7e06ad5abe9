/** JSON merge patches, made and applied: https://www.rfc-editor.org/rfc/rfc7386 */
import { isDeepStrictEqual } from 'node:util';

export type Json = { readonly [field: string]: unknown };

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The patch that makes `before` into `after`; undefined: they are the same. Lists go as a whole. */
export function mergeDiff(before: Json, after: Json): Json | undefined {
  const patch: { [field: string]: unknown } = {};
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[field], after[field]];
    const part = isJson(was) && isJson(is) ? mergeDiff(was, is) : differing(was, is);
    if (part !== undefined) patch[field] = part;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function differing(was: unknown, is: unknown): unknown {
  return isDeepStrictEqual(was, is) ? undefined : (is ?? null);
}

/** `to` as the patch leaves it; `to` itself stays as it is. */
export function mergePatch(to: unknown, patch: Json): Json {
  const patched: { [field: string]: unknown } = isJson(to) ? { ...to } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete patched[field];
    else patched[field] = isJson(value) ? mergePatch(patched[field], value) : value;
  }
  return patched;
}
