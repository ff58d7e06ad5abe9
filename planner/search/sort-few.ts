/**
 * Sorts a list of a few entries, or one that is nearly in order, in place; equal ones stay as they are. Sorting of any length
 * copies the list twice, which is most of the work where there are few entries and thousands of lists.
 */
export function sortFew(entries: number[], compare: (a: number, b: number) => number): void {
  for (let place = 1; place < entries.length; place += 1) {
    const entry = entries[place] ?? 0;
    let here = place;
    for (; here > 0 && compare(entries[here - 1] ?? 0, entry) > 0; here -= 1)
      entries[here] = entries[here - 1] ?? 0;
    entries[here] = entry;
  }
}
