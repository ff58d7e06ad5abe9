/**
 * One pass over the run: lease, start, ready steps, pausing, aborting, finishing.
 */
import type { RunContext, RunPass } from './contexts.ts';

export async function advanceRun(ctx: RunContext): Promise<RunPass> {
  return { kind: 'again', inMs: ctx.pace.pollMs, readySteps: [] };
}
