/**
 * Nodes of which the run could not take its marks off so far, as its journal tells it. Pure.
 */
import type { Act } from '../journal.ts';
import type { Pace } from '../limits.ts';

/** Attempts in a row of which nothing came: refused, a conflict, or no answer. */
export type MissedMark = {
  readonly misses: number;
  /** Of the first and of the last of them. */
  readonly sinceMs: number;
  readonly lastMs: number;
};

/** By node. They begin anew with each state of the run. */
export type MissedMarks = ReadonlyMap<string, MissedMark>;

export const noMissedMarks: MissedMarks = new Map();

/** However long ago the first one failed: the workers may have been away since. */
const missesMin = 3;

/** Returns what is known once `act` of the run itself has its answer. */
export function withTakeOffAnswer(missed: MissedMarks, act: Act, answer: string, atMs: number): MissedMarks {
  if (act.kind !== 'unfence' && act.kind !== 'uncordon' && act.kind !== 'fence') {
    return missed;
  }
  const before = missed.get(act.node);
  const changed = new Map(missed);
  if (answer === 'done' || answer === 'gone') {
    changed.delete(act.node);
  } else {
    const { misses, sinceMs } = before ?? { misses: 0, sinceMs: atMs };
    changed.set(act.node, { misses: misses + 1, sinceMs, lastMs: atMs });
  }
  return changed;
}

/** Returns when to try the node again, twice as long after each further attempt in a row; 0: it was not tried in vain. */
export function nextTryMs(missed: MissedMarks, node: string, pace: Pace): number {
  const before = missed.get(node);
  return before === undefined
    ? 0
    : before.lastMs + Math.min(pace.outsideDelayMaxMs, pace.outsideDelayMs * 2 ** (before.misses - 1));
}

/** Returns true once an ended or aborted run leaves its marks on the node: a person has to take them off. */
export function isGivenUp(missed: MissedMarks, node: string, pace: Pace, nowMs: number): boolean {
  const before = missed.get(node);
  return before !== undefined && before.misses >= missesMin && nowMs - before.sinceMs >= pace.abortPatienceMs;
}
