/**
 * Disruption budgets, counted naively from their spec and the pods as they stand; their status may be stale.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */

import type { DisruptionBudget } from '../model.ts';
import type { Step } from '../plan.ts';
import { labelKey, labelsMatch } from './check-labels.ts';
import { hasEnded, type PodState, violate, type Walk } from './check-state.ts';

/** Notes an eviction that a budget forbids at this moment, and remembers which budgets it used. */
export function checkBudgets(walk: Walk, step: Step, state: PodState): void {
  const { pod } = state;
  // Pods that do not run yet or are on their way out are evicted whatever a budget says.
  if (pod.phase === 'Pending' || pod.terminating) return;
  const budgets = budgetsOf(walk, state);
  if (budgets.length > 1)
    violate(walk, 'two-budgets', step, { pod: pod.key, budgets: budgets.map((budget) => budget.key) });
  for (const budget of budgets) {
    const { healthy, desired } = countBudget(walk, budget);
    const allowed = healthy - desired;
    if (!isHealthy(state)) {
      if (budget.alwaysAllowUnhealthy || (desired > 0 && allowed >= 0)) continue;
    }
    if (allowed < 1)
      violate(walk, 'budget-overdrawn', step, { pod: pod.key, budget: budget.key, healthy, desired });
    const uses = walk.seen.budgetUses.get(budget.key) ?? [];
    uses.push({ step, allowed });
    walk.seen.budgetUses.set(budget.key, uses);
  }
}

function budgetsOf(walk: Walk, state: PodState): readonly DisruptionBudget[] {
  const { namespace } = state.pod;
  const near = Object.entries(state.labels).flatMap(
    ([key, value]) => walk.budgets.byLabel.get(labelKey(namespace, key, value)) ?? [],
  );
  const others = walk.budgets.others.filter((budget) => budget.namespace === namespace);
  return [...near, ...others].filter((budget) => labelsMatch(budget.selector ?? [], state.labels));
}

function countBudget(walk: Walk, budget: DisruptionBudget): { healthy: number; desired: number } {
  let counted = 0;
  let healthy = 0;
  for (const state of candidatesOf(walk, budget)) {
    if (state.pod.namespace !== budget.namespace || hasEnded(state.pod)) continue;
    if (!labelsMatch(budget.selector ?? [], state.labels)) continue;
    counted += 1;
    if (isHealthy(state)) healthy += 1;
  }
  // The controller counts what the owners want, which may be more than what exists.
  const expected = Math.max(counted, budget.expectedPods ?? 0);
  if (budget.minAvailable !== undefined) {
    const ofWhat = typeof budget.minAvailable === 'number' ? counted : expected;
    return { healthy, desired: amount(budget.minAvailable, ofWhat) };
  }
  return { healthy, desired: Math.max(0, expected - amount(budget.maxUnavailable ?? 0, expected)) };
}

function candidatesOf(walk: Walk, budget: DisruptionBudget): Iterable<PodState> {
  let smallest: Iterable<PodState> | undefined;
  let size = Number.POSITIVE_INFINITY;
  for (const { key, operator, values } of budget.selector ?? []) {
    if (operator !== 'In' || values.length !== 1) continue;
    const found = walk.podsByLabel.get(labelKey(budget.namespace, key, values[0] ?? '')) ?? new Set();
    if (found.size < size) {
      smallest = found;
      size = found.size;
    }
  }
  return smallest ?? walk.pods.values();
}

/** Percentages are rounded up, both of what must be there and of what may be missing. */
function amount(limit: number | `${number}%`, ofWhat: number): number {
  return typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * ofWhat) / 100);
}

/** A pod that a step has moved is ready again, or the step would not be done. */
function isHealthy(state: PodState): boolean {
  return state.moved || (state.pod.ready && !state.pod.terminating);
}
