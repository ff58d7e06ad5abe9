/**
 * How long a run that was aborted, paused or halted waits for others. Pure.
 */
import type { Pace } from '../limits.ts';
import type { RunFold } from './run-fold.ts';

/**
 * Returns true once an aborted run comes to its end whatever is still half done or not known: it says so then; and once a pause or a halt waits
 * no longer for what came of an act. It counts from when the run was aborted, paused or halted, each time anew.
 */
export function isAbortPatienceOver({ stateSinceMs = 0 }: RunFold, pace: Pace, nowMs: number): boolean {
  return nowMs - stateSinceMs >= pace.abortPatienceMs;
}
