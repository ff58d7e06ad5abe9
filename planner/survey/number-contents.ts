/**
 * Numbers objects so that equal ones have one number. Readers share equal parts of pods, so nearly every question is answered
 * by identity; content decides where they do not. Undefined is number 0.
 */
export function numberContents(): (object: object | undefined) => number {
  const byIdentity = new Map<object, number>();
  const byContent = new Map<string, number>();
  return (object) => {
    if (object === undefined) return 0;
    const known = byIdentity.get(object);
    if (known !== undefined) return known;
    const content = contentOf(object);
    const number = byContent.get(content) ?? byContent.size + 1;
    byContent.set(content, number);
    byIdentity.set(object, number);
    return number;
  };
}

/** JSON with the keys of the outermost object sorted; lists keep their order. */
function contentOf(object: object): string {
  return JSON.stringify(Array.isArray(object) ? object : Object.entries(object).sort(byKey));
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
