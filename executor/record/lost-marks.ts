/**
 * Marks of nodes that were asked for and of which no clear answer came: the request may still arrive. Pure.
 */
import type { Facts } from '../../planner/plan.ts';
import { mayStillArrive } from '../answers.ts';
import type { Act } from '../journal.ts';

/** `version`: the resourceVersion that the request names. Once the node has another one, the API server refuses the request as a conflict. */
export type LostMark = {
  readonly version: string;
  /** Attempts of the run to give the node another version, of which nothing came. */
  readonly misses: number;
};

/** By node. */
export type LostMarks = ReadonlyMap<string, LostMark>;

/** Some minutes: a run with a node that nobody can change must still come to its end. */
const missesMax = 20;

/** Returns what is open once `act` of a step has its answer, or once its step is done, which is as good as `seen-done`. */
export function withMarkAnswer(lost: LostMarks, act: Act, answer: string, facts: Facts = {}): LostMarks {
  return withAnswer(lost, act, answer, mayStillArrive(answer, facts) ? 0 : undefined);
}

/** Returns what is open once a fence has its answer that the run set for the sake of another version alone. */
export function withCloseAnswer(lost: LostMarks, act: Act, answer: string, facts: Facts): LostMarks {
  const before = 'node' in act ? (lost.get(act.node)?.misses ?? 0) : 0;
  return withAnswer(lost, act, answer, mayStillArrive(answer, facts) ? before + 1 : undefined);
}

function withAnswer(lost: LostMarks, act: Act, answer: string, misses: number | undefined): LostMarks {
  const isMark = act.kind === 'fence' || act.kind === 'cordon' || act.kind === 'mark-released';
  if (!isMark || answer === 'withdrawn' || (misses === undefined && !lost.has(act.node))) {
    return lost;
  }
  const changed = new Map(lost);
  if (misses === undefined || misses >= missesMax) {
    changed.delete(act.node);
  } else {
    changed.set(act.node, { version: act.resourceVersion, misses });
  }
  return changed;
}
