/**
 * An abort takes off the fences, cordons and holds of this run, one change per pass.
 */
import type { Facts } from '../planner/plan.ts';
import type { RunContext, RunPass } from './contexts.ts';
import { takeOffHolds } from './keep-holds.ts';
import type { NodeView } from './ports.ts';
import { countRun } from './record/count-run.ts';
import { appendToRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';
import { takeOffMark } from './take-off-marks.ts';

/** Returns when to come again; the run is `aborted` when no mark of it is left. */
export async function takeOffMarks(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const nodes = await ctx.ports.kubernetes.listNodes();
  if (!(await takeOffMark(ctx, fold, nodes))) {
    const left = await takeOffHolds(ctx, fold);
    if (left !== undefined) {
      return left;
    }
    await appendToRun(ctx, { kind: 'aborted', facts: releasedFacts(fold, nodes) });
  }
  return { kind: 'again', inMs: 0, readySteps: [] };
}

/** Most released nodes are gone by now. Those of plans before the present one are only counted: their steps are not there any more. */
function releasedFacts(fold: RunFold, nodes: readonly NodeView[]): Facts {
  const names = nodes.filter((node) => node.releasedBy === fold.runId).map((node) => node.name);
  for (const { step, done } of fold.lanes.values()) {
    if (step.kind === 'release' && done !== undefined) {
      names.push(fold.bound.get(step.node) ?? step.node);
    }
  }
  const released = [...new Set(names)].toSorted();
  const { released: count } = countRun(fold.lanes.values(), fold.carried, 0);
  return { released, ...(count > released.length ? { releasedCount: count } : {}) };
}
