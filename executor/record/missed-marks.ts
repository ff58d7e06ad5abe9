/**
 * Nodes of which the run could not take its marks off so far, or not for good, as its journal tells it. Pure.
 */
import type { Act } from '../journal.ts';
import type { Pace } from '../limits.ts';

/**
 * Attempts of which nothing came: refused, a conflict, no answer, or a mark that was off and stands there again, as where somebody restores what
 * he takes for the node's configuration. The first of its kind that succeeds begins anew.
 */
export type MissedMark = {
  readonly misses: number;
  /** Of the first and of the last of them. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** What was done to the node before. */
  readonly taken: ReadonlySet<Act['kind']>;
};

/** By node. They begin anew with each state of the run. */
export type MissedMarks = ReadonlyMap<string, MissedMark>;

export const noMissedMarks: MissedMarks = new Map();

/** However long ago the first one failed: the workers may have been away since. */
const missesMin = 3;

/** Changes `missed` to what is known once `act` of the run itself has its answer. */
export function noteTakeOffAnswer(
  missed: Map<string, MissedMark>,
  act: Act,
  answer: string,
  atMs: number,
): void {
  if (act.kind !== 'unfence' && act.kind !== 'uncordon' && act.kind !== 'fence') {
    return;
  }
  const before = missed.get(act.node) ?? { misses: 0, sinceMs: atMs, lastMs: atMs, taken: new Set() };
  const isDone = answer === 'done' || answer === 'gone';
  const isMiss = !isDone || before.taken.has(act.kind);
  missed.set(act.node, {
    misses: isMiss ? before.misses + 1 : 0,
    sinceMs: before.misses === 0 ? atMs : before.sinceMs,
    lastMs: atMs,
    taken: isDone ? new Set([...before.taken, act.kind]) : before.taken,
  });
}

/** Returns true of a node that was tried in vain. */
export function isMissed(missed: MissedMarks, node: string): boolean {
  return (missed.get(node)?.misses ?? 0) > 0;
}

/** Returns when to try the node again, twice as long after each further attempt in a row; 0: it was not tried in vain. */
export function nextTryMs(missed: MissedMarks, node: string, pace: Pace): number {
  const before = missed.get(node);
  return before === undefined || before.misses === 0
    ? 0
    : before.lastMs + Math.min(pace.outsideDelayMaxMs, pace.outsideDelayMs * 2 ** (before.misses - 1));
}

/** Returns true once an ended or aborted run leaves its marks on the node: a person has to take them off. */
export function isGivenUp(missed: MissedMarks, node: string, pace: Pace, nowMs: number): boolean {
  const before = missed.get(node);
  return before !== undefined && before.misses >= missesMin && nowMs - before.sinceMs >= pace.abortPatienceMs;
}
