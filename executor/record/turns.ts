/**
 * Some reasons to wait are a turn: of whoever waits for one nothing else is looked at, or all else was well, for hours if need be. Such time
 * counts for the deadline of the turn alone. What stood in the way before goes on with what it had left: going to and fro gains no time.
 */
import type { BlockedCode } from '../wait-codes.ts';
import type { Lane, LaneWait } from './lane.ts';

const turns: ReadonlySet<string> = new Set<BlockedCode>([
  'cluster-busy',
  'switchover-limit',
  'backup-running',
  'transaction-running',
]);

/** Returns by how many milliseconds the deadline of `code` is later at `nowMs` for a `wait` that was a turn. */
export function laterMs(wait: LaneWait | undefined, code: string, nowMs: number): number {
  if (wait === undefined || !turns.has(wait.because.code)) return 0;
  // While a window is closed no deadline runs, and its own is a moment of the calendar.
  return turns.has(code) || code === 'window-closed' ? 0 : Math.max(0, nowMs - wait.sinceMs);
}

/** Returns the deadline of a reason that the step has waited for before, in milliseconds since 1970; undefined: it has not. */
export function deadlineOf(
  { deadlines, wait }: Pick<Lane, 'deadlines' | 'wait'>,
  code: string,
  nowMs: number,
): number | undefined {
  const known = deadlines.get(code);
  return known === undefined ? undefined : known + laterMs(wait, code, nowMs);
}
