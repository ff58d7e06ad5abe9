/**
 * Which disruption budgets pick a pod, by its labels, and how many healthy pods they ask for.
 */
import type { DisruptionBudget, Pod, Requirement } from '../model.ts';
import { askFor } from './check-label-index.ts';
import { labelOf, labelsMatch } from './check-labels.ts';
import type { LabelIndex, NumberedBudget, NumberedBudgets, Tag } from './check-model.ts';

/** Numbers the budgets that select anything. */
export function numberBudgets(labels: LabelIndex, list: readonly DisruptionBudget[]): NumberedBudgets {
  const all: NumberedBudget[] = [];
  const wide = new Map<string, NumberedBudget[]>();
  const keys = new Map<string, Set<string>>();
  for (const budget of list) {
    const { namespace, selector } = budget;
    // Without a selector it selects nothing.
    if (selector === undefined) continue;
    const numbered = { number: all.length, budget, asksFor: singleValues(selector) };
    all.push(numbered);
    noteKeys(keys, namespace, selector);
    const tag = askFor(labels, namespace, selector);
    if (tag !== undefined) noteBudget(tag, numbered);
    else wide.set(namespace, [...(wide.get(namespace) ?? []), numbered]);
  }
  return { all, wide, keys };
}

/** Most tags have one: a list that is made for one takes less room than one that grows. */
function noteBudget(tag: Tag, budget: NumberedBudget): void {
  if (tag.budgets.length === 0) tag.budgets = [budget];
  else tag.budgets.push(budget);
}

function noteKeys(keys: Map<string, Set<string>>, namespace: string, selector: readonly Requirement[]): void {
  let ofNamespace = keys.get(namespace);
  if (ofNamespace === undefined) {
    ofNamespace = new Set();
    keys.set(namespace, ofNamespace);
  }
  for (const { key } of selector) ofNamespace.add(key);
}

function singleValues(selector: readonly Requirement[]): readonly string[] | undefined {
  const flat = new Array<string>(2 * selector.length);
  let filled = 0;
  for (const { key, operator, values } of selector) {
    const value = values[0];
    if (operator !== 'In' || value === undefined || values.length > 1) return undefined;
    flat[filled] = key;
    flat[filled + 1] = value;
    filled += 2;
  }
  return flat;
}

function picks({ budget, asksFor }: NumberedBudget, labels: Pod['labels']): boolean {
  if (asksFor === undefined) return labelsMatch(budget.selector ?? [], labels);
  for (let at = 0; at < asksFor.length; at += 2)
    if (labelOf(labels, asksFor[at] ?? '') !== asksFor[at + 1]) return false;
  return true;
}

/** Of a pod that nobody protects. */
export const noBudgets: readonly NumberedBudget[] = [];

/** The budgets that pick a pod with these tags, namespace and labels. */
export function budgetsPicking(
  wide: NumberedBudgets['wide'],
  tags: readonly Tag[],
  namespace: string,
  labels: Pod['labels'],
): readonly NumberedBudget[] {
  let found = noBudgets;
  for (const { budgets } of tags) found = addPicking(found, budgets, labels);
  const ofNamespace = wide.get(namespace);
  return ofNamespace === undefined ? found : addPicking(found, ofNamespace, labels);
}

/** Lists grow by copies, for nearly all have none or one. */
function addPicking(
  found: readonly NumberedBudget[],
  budgets: readonly NumberedBudget[],
  labels: Pod['labels'],
): readonly NumberedBudget[] {
  let all = found;
  for (const each of budgets) if (picks(each, labels)) all = [...all, each];
  return all;
}

/** The number of the one budget among these; -1: there is none, -2: there are several. */
export function soleBudgetOf(budgets: readonly NumberedBudget[]): number {
  return budgets.length > 1 ? -2 : (budgets[0]?.number ?? -1);
}

/** How many healthy pods a budget asks for while it picks so many pods. */
export function desiredHealthy({ budget }: NumberedBudget, pods: number): number {
  // The controller counts what the owners want, which may be more than what exists.
  const expected = Math.max(pods, budget.expectedPods ?? 0);
  if (budget.minAvailable === undefined)
    return Math.max(0, expected - amount(budget.maxUnavailable ?? 0, expected));
  return amount(budget.minAvailable, typeof budget.minAvailable === 'number' ? pods : expected);
}

/** Percentages are rounded up, both of what must be there and of what may be missing. */
function amount(limit: number | `${number}%`, ofWhat: number): number {
  return typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * ofWhat) / 100);
}
