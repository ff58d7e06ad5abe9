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
  const askedFor = new Map<string, number>();
  for (const budget of budgets)
    for (const label of singleLabelsOf(budget)) askedFor.set(label, (askedFor.get(label) ?? 0) + 1);
  for (const budget of budgets) {
    if (budget.selector === undefined) continue;
    // Any of its labels is right; the one that fewest budgets ask for keeps thousands of budgets apart.
    const [rarest] = singleLabelsOf(budget).sort((a, b) => (askedFor.get(a) ?? 0) - (askedFor.get(b) ?? 0));
    if (rarest === undefined) {
      others.push(budget);
      continue;
    }
    const alike = byLabel.get(rarest) ?? [];
    alike.push(budget);
    byLabel.set(rarest, alike);
  }
  return { byLabel, others };
}

function singleLabelsOf({ namespace, selector }: DisruptionBudget): string[] {
  const singles = (selector ?? []).filter((each) => each.operator === 'In' && each.values.length === 1);
  return singles.map((each) => labelKey(namespace, each.key, each.values[0] ?? ''));
}
