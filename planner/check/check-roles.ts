/**
 * What follows when two members swap roles: their labels, and what asks for these.
 */
import { budgetsPicking } from './check-budget-picks.ts';
import { budgetsOf, countPod, giveBudgets, isHealthy } from './check-budgets.ts';
import { isAskedFor, tagsOf } from './check-label-index.ts';
import type { NumberedPod } from './check-model.ts';
import { keysThatDiffer, type Labels, roleKeys } from './check-role-labels.ts';
import { labelsOf, tagsNow, type Walk } from './check-state.ts';

/** The role labels change places; whatever else differs between the two stays where it is. */
export function swapRoles(walk: Walk, from: NumberedPod, to: NumberedPod): void {
  const { labels } = walk;
  const former = labelsOf(walk, from);
  const next = labelsOf(walk, to);
  const roles = roleKeys(former);
  if (roles.length === 0) return;
  const others = keysThatDiffer(former, next, roles);
  // Nearly always the two differ in nothing else: then each has from now on what the other had.
  const areExchanged = others?.length === 0;
  const lost = areExchanged ? next : withRoles(former, roles, undefined);
  const won = areExchanged ? former : withRoles(next, roles, former);
  if (others !== undefined && haveBudgetsInCommon(walk, from, to, roles, others)) {
    const kept = budgetsOf(walk, from);
    giveBudgets(walk, from, budgetsOf(walk, to));
    giveBudgets(walk, to, kept);
    labels[from.number] = lost;
    labels[to.number] = won;
    return;
  }
  relabelPod(walk, from, lost, roles);
  relabelPod(walk, to, won, roles);
}

/** The labels with the roles of a primary; without one they are those of a replica. */
function withRoles(labels: Labels, roles: readonly string[], primary: Labels | undefined): Labels {
  const changed = { ...labels };
  for (const key of roles) changed[key] = primary?.[key] ?? 'replica';
  return changed;
}

/**
 * True where two that swap roles swap budgets with them: no budget asks for what else differs between the two. Tags and counts
 * of budgets stay as they are then.
 */
function haveBudgetsInCommon(
  walk: Walk,
  from: NumberedPod,
  to: NumberedPod,
  roles: readonly string[],
  others: readonly string[],
): boolean {
  const { labels, budgetKeys } = walk.numbered;
  const { namespace } = from.pod;
  if (namespace !== to.pod.namespace) return false;
  if (from.hasEnded !== to.hasEnded || isHealthy(walk, from) !== isHealthy(walk, to)) return false;
  const keys = budgetKeys.get(namespace);
  for (const key of others) if (keys?.has(key) === true) return false;
  for (const key of roles) if (isAskedFor(labels, namespace, key)) return false;
  return true;
}

/** Gives a pod other labels, which differ in these keys. */
function relabelPod(walk: Walk, numbered: NumberedPod, labels: Labels, keys: readonly string[]): void {
  const { namespace } = numbered.pod;
  countPod(walk, numbered, -1);
  walk.labels[numbered.number] = labels;
  if (keys.some((key) => isAskedFor(walk.numbered.labels, namespace, key))) tagPod(walk, numbered, labels);
  giveBudgets(
    walk,
    numbered,
    budgetsPicking(walk.numbered.wideBudgets, tagsNow(walk, numbered), namespace, labels),
  );
  countPod(walk, numbered, 1);
}

/** Adds the tags of its labels as they are now; those it has lost do no harm. */
function tagPod(walk: Walk, numbered: NumberedPod, labels: Labels): void {
  const known = tagsNow(walk, numbered);
  const tags = tagsOf(walk.numbered.labels, numbered.pod.namespace, labels, known);
  const fresh = tags.filter((tag) => !known.includes(tag));
  if (fresh.length === 0) return;
  const { carriers } = walk.changes;
  for (const tag of fresh) carriers.set(tag, [...(carriers.get(tag) ?? []), numbered]);
  walk.changes.tags.set(numbered, [...known, ...fresh]);
}
