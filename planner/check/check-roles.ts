/**
 * Labels that say of a pod that it is the primary, and what follows when they change.
 */
import type { Pod } from '../model.ts';
import { budgetsPicking } from './check-budget-picks.ts';
import { countPod } from './check-budgets.ts';
import { isAskedFor, tagsOf } from './check-label-index.ts';
import type { NumberedPod } from './check-numbered-fleet.ts';
import { tagsNow, type Walk } from './check-state.ts';

/** The keys of those labels. */
export function roleKeys(labels: Pod['labels']): readonly string[] {
  return Object.keys(labels).filter((key) => labels[key] === 'master' || labels[key] === 'primary');
}

/** Gives a pod other labels, which differ in these keys. */
export function relabelPod(
  walk: Walk,
  numbered: NumberedPod,
  labels: Pod['labels'],
  keys: readonly string[],
): void {
  const { namespace } = numbered.pod;
  countPod(walk, numbered, -1);
  walk.labels[numbered.number] = labels;
  if (keys.some((key) => isAskedFor(walk.numbered.labels, namespace, key))) tagPod(walk, numbered, labels);
  walk.budgets[numbered.number] = budgetsPicking(
    walk.numbered.wideBudgets,
    tagsNow(walk, numbered),
    namespace,
    labels,
  );
  countPod(walk, numbered, 1);
}

/** Adds the tags of its labels as they are now; those it has lost do no harm. */
function tagPod(walk: Walk, numbered: NumberedPod, labels: Pod['labels']): void {
  const known = tagsNow(walk, numbered);
  const tags = tagsOf(walk.numbered.labels, numbered.pod.namespace, labels, known);
  const fresh = tags.filter((tag) => !known.includes(tag));
  if (fresh.length === 0) return;
  const { carriers } = walk.changes;
  for (const tag of fresh) carriers.set(tag, [...(carriers.get(tag) ?? []), numbered]);
  walk.changes.tags.set(numbered, [...known, ...fresh]);
}
