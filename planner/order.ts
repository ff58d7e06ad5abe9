/**
 * One order for everything: by code unit, which is the same on every machine and in every locale.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A sorted copy. */
export function sortedBy<Entry>(entries: Iterable<Entry>, keyOf: (entry: Entry) => string): readonly Entry[] {
  return [...entries].sort((a, b) => compareText(keyOf(a), keyOf(b)));
}
