/**
 * Disruption budgets, counted naively from their spec and the pods as they stand; their status may be stale.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */

import type { Step } from '../plan.ts';
import { desiredHealthy, soleBudgetOf } from './check-budget-picks.ts';
import type { NumberedBudget, NumberedPod } from './check-model.ts';
import { violate, type Walk } from './check-state.ts';

/** Notes an eviction that a budget forbids at this moment, and remembers which budgets it used. */
export function checkBudgets(walk: Walk, step: Step, place: number, numbered: NumberedPod): void {
  const budgets = budgetsOf(walk, numbered);
  if (budgets.length === 0) return;
  const { pod } = numbered;
  // Pods that do not run yet or are on their way out are evicted whatever a budget says.
  if (pod.phase === 'Pending' || pod.terminating) return;
  if (budgets.length > 1)
    violate(walk, 'two-budgets', step, { pod: pod.key, budgets: budgets.map((each) => each.budget.key) });
  for (const each of budgets) {
    const healthy = walk.now.budgetHealthy[each.number] ?? 0;
    const desired = walk.now.budgetDesired[each.number] ?? 0;
    const allowed = healthy - desired;
    if (!isHealthy(walk, numbered)) {
      if (each.budget.alwaysAllowUnhealthy || (desired > 0 && allowed >= 0)) continue;
    }
    if (allowed < 1)
      violate(walk, 'budget-overdrawn', step, { pod: pod.key, budget: each.budget.key, healthy, desired });
    useBudget(walk, each.number, place, allowed);
  }
}

/** Notes an eviction under a budget, with what that allowed just before. */
export function useBudget({ budgetUses }: Walk, budget: number, place: number, allowed: number): void {
  budgetUses.budgets.push(budget);
  budgetUses.places.push(place);
  budgetUses.allowed.push(allowed);
}

/** The budgets that pick a pod as its labels are now. */
export function budgetsOf({ budgets }: Walk, pod: NumberedPod): readonly NumberedBudget[] {
  return budgets[pod.number] ?? pod.budgets;
}

/** Has other budgets pick a pod from now on. Counts are changed by countPod. */
export function giveBudgets(walk: Walk, { number }: NumberedPod, budgets: readonly NumberedBudget[]): void {
  walk.budgets[number] = budgets;
  walk.now.soleBudget[number] = soleBudgetOf(budgets);
}

/** Takes a pod out of the counts of its budgets (-1) or back in (1): to be called around whatever changes labels or health. */
export function countPod(walk: Walk, pod: NumberedPod, sign: 1 | -1): void {
  if (pod.hasEnded) return;
  const { budgetPods, budgetHealthy, budgetDesired } = walk.now;
  for (const each of budgetsOf(walk, pod)) {
    const { number } = each;
    const pods = (budgetPods[number] ?? 0) + sign;
    budgetPods[number] = pods;
    budgetDesired[number] = desiredHealthy(each, pods);
    if (isHealthy(walk, pod)) budgetHealthy[number] = (budgetHealthy[number] ?? 0) + sign;
  }
}

/** A pod that a step has moved is ready again, or the step would not be done. */
export function isHealthy({ moved }: Walk, { number, isReady }: NumberedPod): boolean {
  return moved[number] === 1 || isReady;
}
