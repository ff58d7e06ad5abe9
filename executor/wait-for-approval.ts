/**
 * Approvals in a pass over the run: one that nobody gives in time expires, one that was given and not used in time is void, and
 * a run that is approved wave by wave asks before each.
 */
import type { RunContext } from './contexts.ts';
import { approvalEndsMs, nextWave } from './record/fold-approval.ts';
import { readyStepIds } from './record/fold-run.ts';
import { appendToRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';

/** Returns true where the time to approve, or to start what was approved, was over and the run has expired. */
export async function expireApproval(ctx: RunContext, fold: RunFold): Promise<boolean> {
  const nowMs = ctx.clock.nowMs();
  const isOver = (now: RunFold): boolean => nowMs >= (approvalEndsMs(now) ?? Number.POSITIVE_INFINITY);
  return isOver(fold) && (await appendToRun(ctx, { kind: 'expired' }, isOver));
}

/**
 * All approved waves are done: asks for the next one, or says that the run is finished. A worker that was held up for as long as a wave takes
 * does not ask for one that has been approved, and done, meanwhile.
 */
export async function endWave(ctx: RunContext, fold: RunFold): Promise<void> {
  const wave = nextWave(fold.plan, fold.approvedWave);
  const isStillAtEnd = (now: RunFold): boolean =>
    readyStepIds(now).length === 0 && nextWave(now.plan, now.approvedWave) === wave;
  await appendToRun(
    ctx,
    wave === undefined ? { kind: 'finished' } : { kind: 'approval-asked', wave },
    isStillAtEnd,
  );
}
