/**
 * Equal parts of pods and nodes as one object. In a fleet of a million pods most parts are those of a few thousand workloads:
 * shared, they need little memory, and whoever works on them can keep results by reference. Nothing may rely on it to be right.
 */

/**
 * Returns the part that `raw` stands for. It is built only where `raw` differs from the raw value before, as pods of one
 * workload follow each other in a dump; then it is exchanged for the equal one that was built first, if there is any.
 * `context` is what the part depends on besides `raw`.
 */
export type Share<Part extends object> = (raw: unknown, build: () => Part, context?: string) => Part;

/** `problems` gathers what building complains about: such a part is built again, so that each object has its own complaints. */
export function newShare<Part extends object>(problems: readonly unknown[]): Share<Part> {
  const parts = new Map<string, Part>();
  let before: { readonly raw: unknown; readonly context: string; readonly part: Part } | undefined;
  return (raw, build, context = '') => {
    if (before !== undefined && before.context === context && isAlike(before.raw, raw)) return before.part;
    const known = problems.length;
    const part = shared(parts, build());
    before = problems.length === known ? { raw, context, part } : undefined;
    return part;
  };
}

/** The first of the equal parts. Parts are built with their fields in one order and their foreign keys sorted. */
function shared<Part extends object>(parts: Map<string, Part>, part: Part): Part {
  const content = JSON.stringify(part);
  const first = parts.get(content);
  if (first !== undefined) return first;
  parts.set(content, part);
  return part;
}

/** No part that is read lies deeper; what does is taken for different, however deep a hostile one goes. */
const depthMax = 12;

/** True only where both are the same JSON, fields in any order. */
export function isAlike(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || depth > depthMax)
    return false;
  if (Array.isArray(a)) return Array.isArray(b) && areAlike(a, b, depth);
  if (Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    if (!isAlike(Reflect.get(a, key), Reflect.get(b, key), depth + 1)) return false;
  }
  return true;
}

function areAlike(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (!isAlike(a[index], b[index], depth + 1)) return false;
  return true;
}
