/**
 * Labels, matched naively for checkPlan.
 */
import type { DisruptionBudget, Requirement } from '../model.ts';

/** True if every requirement holds for these labels. NotIn holds where the key is absent, as in Kubernetes. */
export function labelsMatch(
  requirements: readonly Requirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && values.includes(value);
    if (operator === 'NotIn') return value === undefined || !values.includes(value);
    if (value === undefined || !/^-?\d+$/.test(value) || !/^-?\d+$/.test(values[0] ?? '')) return false;
    return operator === 'Gt' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
  });
}

/** Key of one label in one namespace, for indexes. A NUL cannot stand in any of the three. */
export function labelKey(namespace: string, key: string, value: string): string {
  return `${namespace}\0${key}\0${value}`;
}

/** Budgets by one label that their pods must carry, so that a pod finds its own without asking all. */
export type BudgetIndex = {
  readonly byLabel: ReadonlyMap<string, readonly DisruptionBudget[]>;
  /** Budgets whose selector names no single value. */
  readonly others: readonly DisruptionBudget[];
};

/** The index over these budgets; a budget without selector selects nothing and is left out. */
export function indexBudgets(budgets: readonly DisruptionBudget[]): BudgetIndex {
  const byLabel = new Map<string, DisruptionBudget[]>();
  const others: DisruptionBudget[] = [];
  for (const budget of budgets) {
    if (budget.selector === undefined) continue;
    // Of several labels the one with most different values would be best; any is right.
    const single = budget.selector.find((each) => each.operator === 'In' && each.values.length === 1);
    if (single === undefined) {
      others.push(budget);
      continue;
    }
    const key = labelKey(budget.namespace, single.key, single.values[0] ?? '');
    byLabel.set(key, [...(byLabel.get(key) ?? []), budget]);
  }
  return { byLabel, others };
}
