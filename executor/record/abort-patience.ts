/**
 * How long an aborted run waits for others. Pure.
 */
import type { Pace } from '../limits.ts';
import type { RunFold } from './run-fold.ts';

/** Returns true once an aborted run comes to its end whatever is still half done or not known: it says so then. */
export function isAbortPatienceOver({ stateSinceMs = 0 }: RunFold, pace: Pace, nowMs: number): boolean {
  return nowMs - stateSinceMs >= pace.abortPatienceMs;
}
