/**
 * One pass over one step: read the journal, look, decide, act at most once, record.
 */
import type { StepContext, StepPass } from './contexts.ts';

export async function advanceStep(ctx: StepContext): Promise<StepPass> {
  return { kind: 'again', inMs: ctx.pace.pollMs };
}
