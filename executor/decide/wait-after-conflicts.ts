/**
 * Pure: an object that somebody else changes whenever the run is about to change it, or a server that says so each time.
 */
import type { Lane } from '../record/lane.ts';
import { type Memory, type Waiting, waitFor } from './decision.ts';

/**
 * Returns the wait for `subject`: none after one conflict, which is looked at again at once, and twice as long after each further one in a
 * row. Nothing has come of any of them, so that all of them together have one deadline.
 */
export function waitAfterConflicts({ lane, pace, nowMs }: Memory, subject: string): Waiting | undefined {
  const conflicts = conflictsInRow(lane);
  const atMs = lane.acts.at(-1)?.answer?.atMs ?? nowMs;
  const pauseMs = Math.min(pace.outsideDelayMaxMs, pace.outsideDelayMs * 2 ** (conflicts - 2));
  if (conflicts < 2 || nowMs - atMs >= pauseMs) {
    return undefined;
  }
  const message = `conflict: ${subject} was changed in between ${conflicts} times in a row`;
  return waitFor('outside-trouble', 'kubernetes', { message });
}

/** Since the run was started or resumed. */
function conflictsInRow({ acts, attempts }: Lane): number {
  const begun = acts.filter(({ answer }) => answer?.answer !== 'withdrawn');
  const answered = begun.slice(begun.length - attempts).map(({ answer }) => answer?.answer);
  return answered.length - 1 - answered.findLastIndex((answer) => answer !== 'conflict');
}
