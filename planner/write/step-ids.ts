/** Ids of steps by number, from 1 on. All plans count their steps alike, so that each id is made once. */
const ids: string[] = [''];

/** Returns the id of a step. */
export function idOf(step: number): string {
  while (ids.length <= step) ids.push(`s${ids.length}`);
  return ids[step] ?? '';
}
