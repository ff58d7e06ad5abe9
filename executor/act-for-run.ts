/**
 * One act in lane 'run': written before, performed once, answered after.
 */
import { perform } from './act.ts';
import type { Answer } from './answers.ts';
import type { RunContext } from './contexts.ts';
import { OutsideError } from './errors.ts';
import type { Act } from './journal.ts';
import { appendToRun, appendToStep } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';

/**
 * Returns what came of it; undefined: it was not begun, where the lane has moved on since `fold`, or, with `whileRunning`, the run does not run
 * any more. With `isHeldUp` it is withdrawn where that is so once its entry is written: what has no precondition at the server must not come
 * late. Throws OutsideError where no answer came; then the journal says `failed`.
 */
export async function actForRun(
  ctx: RunContext,
  fold: RunFold,
  act: Act,
  { whileRunning, isHeldUp }: { readonly whileRunning: boolean; readonly isHeldUp?: () => boolean },
): Promise<Answer | undefined> {
  const written = await appendToStep(ctx, {
    lane: 'run',
    after: fold.lastOfRunLane,
    event: { kind: 'act', act },
    ...(whileRunning ? { whileRunning } : {}),
    knowing: fold.lastEntry,
  });
  if (written.kind !== 'appended') {
    return undefined;
  }
  // People and steps write to this lane too: the answer belongs to the act all the same, but to no other that has its number.
  const answered = (answer: string, facts: Awaited<ReturnType<typeof perform>>['facts'] = {}) =>
    appendToRun(
      ctx,
      { kind: 'answer', act: act.kind, answer, facts },
      (now) => now.openRunAct?.sequence === written.sequence,
      { knowing: written },
    );
  if (isHeldUp?.() === true) {
    await answered('withdrawn', { obstacle: 'held-up' });
    return 'withdrawn';
  }
  try {
    const { answer, facts } = await perform(ctx, fold, act);
    await answered(answer, facts);
    return answer;
  } catch (error) {
    if (error instanceof OutsideError) {
      await answered('failed', { failure: error.code, message: error.message });
    }
    throw error;
  }
}
