/**
 * One step of a run as the journal tells it.
 */
import type { Because, Facts, Step } from '../../planner/plan.ts';
import { mayHaveHappened } from '../answers.ts';
import type { Act } from '../journal.ts';
import type { StepState } from '../run.ts';
import type { LastSeen } from './told-grounds.ts';

/** An act and what is known to have come of it. Without `answer`: the worker died, or has not written it yet. */
export type LaneAct = {
  readonly act: Act;
  readonly sequence: number;
  readonly atMs: number;
  readonly answer?: { readonly answer: string; readonly facts: Facts; readonly atMs: number };
};

export type LaneWait = {
  readonly kind: 'waiting' | 'blocked';
  readonly because: Because;
  readonly sinceMs: number;
  readonly deadlineMs: number;
};

/** One step as the journal tells it. */
export type Lane = {
  readonly step: Step;
  readonly state: StepState;
  /** All steps before it are done. */
  readonly isFree: boolean;
  /** Sequence number of its last entry; 0: none. */
  readonly last: number;
  /** Of its last entry; undefined: none. */
  readonly sinceMs?: number;
  /** Oldest first. */
  readonly acts: readonly LaneAct[];
  /** The last act, while it has no answer. */
  readonly openAct?: LaneAct;
  /** Acts since the run was started or resumed. */
  readonly attempts: number;
  /** Its reason has a deadline in `deadlines`. */
  readonly wait?: LaneWait;
  /** First deadline of each reason since something last came of an act: going to and fro between reasons gains no time (turns.ts). */
  readonly deadlines: ReadonlyMap<string, number>;
  /** How often the deadline of a reason was put off since then; absent: never. */
  readonly extensions: ReadonlyMap<string, number>;
  readonly done?: Facts;
  /** What was seen when something was last decided; undefined: nothing was, or the step is done. */
  readonly lastSeen?: LastSeen;
};

/**
 * Returns true while something the step did may be under way: its last act has no clear no, or an earlier one took a pod away,
 * which no later answer takes back, or may have; and the step is not done.
 */
export function isInFlight(lane: Lane): boolean {
  const last = lane.acts.at(-1);
  if (lane.done !== undefined || last === undefined) {
    return false;
  }
  return mayHaveHappened(last.answer?.answer) || lane.acts.some(tookPodAway) || mayHaveEvicted(lane);
}

/**
 * Returns true where what is seen of an act may still be written down as its answer: it has none, or one that leaves open who leads in the
 * end. Nothing but a look tells that of a switchover.
 */
export function isToBeSeen({ answer }: LaneAct): boolean {
  return answer === undefined || answer.answer === 'unknown' || answer.answer === 'switched';
}

/**
 * Returns the last switchover of a step that is not done, where it may have taken place: whatever was answered but a clear no. "Switchover failed"
 * (503) is none, for the primary may have stopped and come back. Undefined: none, or it is known not to.
 */
export function lastSwitchover({ acts, done }: Lane): Extract<Act, { kind: 'switchover' }> | undefined {
  const last = acts.findLast(({ answer }) => answer?.answer !== 'withdrawn');
  if (done !== undefined || last?.act.kind !== 'switchover') {
    return undefined;
  }
  const { answer, facts } = last.answer ?? {};
  const isFailed = answer === 'not-done' && facts?.status === 503;
  return mayHaveHappened(answer) || isFailed ? last.act : undefined;
}

function tookPodAway({ answer }: LaneAct): boolean {
  return answer?.answer === 'evicted' || answer?.answer === 'gone' || answer?.answer === 'replaced';
}

/** A switchover of ours that ended on another member was an interruption all the same. */
export function wentElsewhere({ acts }: Lane): boolean {
  return acts.some(({ answer }) => answer?.answer === 'other-target');
}

const notRefused: ReadonlySet<string> = new Set(['failed', 'gone', 'replaced', 'conflict']);
const refused: ReadonlySet<string> = new Set(['budget', 'forbidden', 'seen-not-done']);

/**
 * The pod of the move was evicted, by the answer or by what was seen where none came; or it may have been, by a request that had no answer and
 * was not refused since: what may have interrupted somebody counts. A conflict is no such no: it may be that very request which has changed the pod.
 * An attempt that was withdrawn says nothing of the one before.
 */
export function mayHaveEvicted({ acts }: Lane): boolean {
  const lastNo = acts.findLastIndex(({ answer }) => refused.has(answer?.answer ?? ''));
  const since = acts.slice(lastNo + 1).filter(({ answer }) => answer?.answer !== 'withdrawn');
  const last = since.at(-1)?.answer?.answer ?? '';
  return acts.some(tookPodForUs) || (since.some(isUnclear) && notRefused.has(last));
}

function tookPodForUs({ answer }: LaneAct): boolean {
  return answer?.answer === 'evicted' || answer?.answer === 'seen-done';
}

function isUnclear({ answer }: LaneAct): boolean {
  return answer?.answer === 'failed' && answer.facts.failure !== 'not-allowed';
}
