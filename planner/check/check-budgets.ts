/**
 * Disruption budgets, counted naively from their spec and the pods as they stand; their status may be stale.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */

import type { Step } from '../plan.ts';
import { someCarrier } from './check-label-index.ts';
import { labelsMatch } from './check-labels.ts';
import { type BudgetState, hasEnded, type PodState, violate, type Walk } from './check-state.ts';

/** Notes an eviction that a budget forbids at this moment, and remembers which budgets it used. */
export function checkBudgets(walk: Walk, step: Step, place: number, state: PodState): void {
  const { pod } = state;
  // Pods that do not run yet or are on their way out are evicted whatever a budget says.
  if (pod.phase === 'Pending' || pod.terminating) return;
  const budgets = budgetsOf(walk, state);
  if (budgets.length > 1)
    violate(walk, 'two-budgets', step, { pod: pod.key, budgets: budgets.map((each) => each.budget.key) });
  for (const each of budgets) {
    const { healthy, desired } = countBudget(walk, each);
    const allowed = healthy - desired;
    if (!isHealthy(state)) {
      if (each.budget.alwaysAllowUnhealthy || (desired > 0 && allowed >= 0)) continue;
    }
    if (allowed < 1)
      violate(walk, 'budget-overdrawn', step, { pod: pod.key, budget: each.budget.key, healthy, desired });
    each.uses.push({ place, allowed });
  }
}

const none: readonly BudgetState[] = [];

function budgetsOf(walk: Walk, state: PodState): readonly BudgetState[] {
  let found = none;
  for (const { budgets } of state.tags) found = addPicking(found, budgets, state);
  const wide = walk.wideBudgets.get(state.pod.namespace);
  return wide === undefined ? found : addPicking(found, wide, state);
}

/** Lists grow by copies, for nearly all have none or one. */
function addPicking(
  found: readonly BudgetState[],
  budgets: readonly BudgetState[],
  state: PodState,
): readonly BudgetState[] {
  let all = found;
  for (const each of budgets) if (labelsMatch(each.budget.selector ?? [], state.labels)) all = [...all, each];
  return all;
}

function countBudget(walk: Walk, state: BudgetState): { healthy: number; desired: number } {
  const { budget, tag } = state;
  if (!state.isCounted) {
    state.isCounted = true;
    someCarrier(walk.labels, walk.pods, tag, (each) => {
      addTo(state, each, 1);
      return false;
    });
  }
  const { pods, healthy } = state;
  // The controller counts what the owners want, which may be more than what exists.
  const expected = Math.max(pods, budget.expectedPods ?? 0);
  if (budget.minAvailable !== undefined) {
    const ofWhat = typeof budget.minAvailable === 'number' ? pods : expected;
    return { healthy, desired: amount(budget.minAvailable, ofWhat) };
  }
  return { healthy, desired: Math.max(0, expected - amount(budget.maxUnavailable ?? 0, expected)) };
}

/** Takes a pod out of the counts of its budgets (-1) or back in (1): to be called around whatever changes labels or health. */
export function countPod(walk: Walk, state: PodState, sign: 1 | -1): void {
  for (const { budgets } of state.tags)
    for (const each of budgets) if (each.isCounted) addTo(each, state, sign);
  for (const each of walk.wideBudgets.get(state.pod.namespace) ?? none)
    if (each.isCounted) addTo(each, state, sign);
}

function addTo(budget: BudgetState, state: PodState, sign: 1 | -1): void {
  if (state.pod.namespace !== budget.budget.namespace || hasEnded(state.pod)) return;
  if (!labelsMatch(budget.budget.selector ?? [], state.labels)) return;
  budget.pods += sign;
  if (isHealthy(state)) budget.healthy += sign;
}

/** Percentages are rounded up, both of what must be there and of what may be missing. */
function amount(limit: number | `${number}%`, ofWhat: number): number {
  return typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * ofWhat) / 100);
}

/** A pod that a step has moved is ready again, or the step would not be done. */
function isHealthy(state: PodState): boolean {
  return state.moved || (state.pod.ready && !state.pod.terminating);
}
