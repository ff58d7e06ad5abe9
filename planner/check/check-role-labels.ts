/**
 * Labels that say of a pod that it is the primary, and by which other labels two pods differ.
 */
import type { Pod } from '../model.ts';
import { labelOf } from './check-labels.ts';

export type Labels = Pod['labels'];

/** Lists of keys grow by copies, for nearly all have none or one. */
const noKeys: readonly string[] = [];

/** The keys of those labels. */
export function roleKeys(labels: Labels): readonly string[] {
  let keys = noKeys;
  for (const key in labels) if (labels[key] === 'master' || labels[key] === 'primary') keys = [...keys, key];
  return keys;
}

/** Other keys than those of roles by which the two differ; undefined: the second does not say that it is a replica. */
export function keysThatDiffer(
  former: Labels,
  next: Labels,
  roles: readonly string[],
): readonly string[] | undefined {
  let found = noKeys;
  for (const key in former)
    if (labelOf(next, key) !== former[key]) {
      if (!roles.includes(key)) found = [...found, key];
      else if (next[key] !== 'replica') return undefined;
    }
  for (const key in next) if (labelOf(former, key) === undefined) found = [...found, key];
  return found;
}
