/**
 * Returns the same lists, each with room for what is in it and no more. An array that was pushed to keeps room for some sixteen entries,
 * and a large plan has tens of thousands of lists of two or three.
 */
export function trimLists<Each>(lists: Map<string, Each[]>): ReadonlyMap<string, readonly Each[]> {
  for (const [key, list] of lists) {
    lists.set(key, list.slice());
  }
  return lists;
}
