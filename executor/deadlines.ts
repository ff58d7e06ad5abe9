/** How long a step may wait for one reason. */
import type { Waiting } from './decide/decision.ts';
import type { Pace } from './limits.ts';
import type { Lane } from './record/fold-run.ts';

/**
 * Returns when the run halts because of this wait, in milliseconds since 1970: counted from when the reason was first given, or
 * from when that which is waited for can come at the earliest.
 */
export function deadlineOf(lane: Lane, waiting: Waiting, pace: Pace, nowMs: number): number {
  const { code } = waiting.because;
  const fromMs = Math.max(nowMs, waiting.notBeforeMs ?? nowMs);
  return lane.deadlines.get(code) ?? fromMs + pace.waitLimitMs[code];
}
