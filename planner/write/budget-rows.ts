/**
 * Evictions under a budget. Each budget has as many rows as evictions it allows at once, and moves are dealt out over them in
 * turns: two moves of one row never overlap.
 */
import type { BudgetNumbers } from '../survey/budget-numbers.ts';
import type { Yard } from '../yard/yard.ts';

export type BudgetRows = {
  /** Rows of budget b: from `first[b]` to `first[b + 1]`. */
  readonly first: Int32Array;
  /** By row, its last step. */
  readonly last: Int32Array;
  /** By budget, moves so far. */
  readonly uses: Int32Array;
};

/** Returns the rows before the first move. */
export function openRows({ allowed, picked }: BudgetNumbers): BudgetRows {
  const first = new Int32Array(allowed.length + 1);
  for (let budget = 0; budget < allowed.length; budget += 1) {
    const rows = Math.max(1, Math.min(allowed[budget] ?? 1, picked[budget] ?? 1));
    first[budget + 1] = (first[budget] ?? 0) + rows;
  }
  return { first, last: new Int32Array(first.at(-1) ?? 0), uses: new Int32Array(allowed.length) };
}

/** Returns the row of a budget whose turn it is, and leaves the turn to the next. */
export function takeRow({ first, uses }: BudgetRows, budget: number): number {
  const from = first[budget] ?? 0;
  const rows = (first[budget + 1] ?? 0) - from;
  const turn = uses[budget] ?? 0;
  uses[budget] = turn + 1;
  return from + (turn % rows);
}

/** Returns the budgets of a pod as it is when it is moved: a member that is no primary, unless it is restarted. */
export function budgetsOf({ survey, former }: Yard, pod: number): readonly number[] {
  const { budgets, pods, clusters } = survey;
  const cluster = pods.cluster[pod] ?? -1;
  // Whoever never hands over is moved as it is.
  const handsOver = cluster >= 0 && clusters.primary[cluster] === pod && former[pod] !== 0;
  return handsOver ? budgets.ofReplica(pod, clusters.all[cluster]) : budgets.ofPod(pod);
}
