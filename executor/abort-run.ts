/**
 * An abort takes off the fences, cordons and holds of this run, one change per pass.
 */
import type { RunContext, RunPass } from './contexts.ts';
import { takeOffHolds } from './keep-holds.ts';
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
    const released = nodes.filter((node) => node.releasedBy === fold.runId).map((node) => node.name);
    await appendToRun(ctx, { kind: 'aborted', facts: { released: released.toSorted() } });
  }
  return { kind: 'again', inMs: 0, readySteps: [] };
}
