/**
 * What one look at one step can lead to, and short ways to say it.
 */
import type { Because, Facts } from '../../planner/plan.ts';
import type { Answer } from '../answers.ts';
import type { Act } from '../journal.ts';
import type { Pace } from '../limits.ts';
import type { Lane } from '../record/lane.ts';
import type { RunFold } from '../record/run-fold.ts';
import type { BlockedCode, HaltCode, WaitBecause, WaitCode } from '../wait-codes.ts';

export type RoleChange = {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  readonly facts: Facts;
};

export type Waiting = {
  readonly kind: 'wait';
  readonly wait: 'waiting' | 'blocked';
  readonly because: WaitBecause<WaitCode | BlockedCode>;
  /** It is known to last until then: no look is needed sooner, and the deadline counts from there. */
  readonly notBeforeMs?: number;
};

export type Decision =
  | { readonly kind: 'done'; readonly facts: Facts }
  | { readonly kind: 'act'; readonly act: Act }
  /** The last act gets its answer from what was seen. */
  | { readonly kind: 'answer'; readonly answer: Answer; readonly facts: Facts }
  | { readonly kind: 'bind'; readonly planNode: string; readonly node: string }
  | Waiting
  /** `unplanned`: a role change that is not ours goes into the journal first. */
  | {
      readonly kind: 'halt';
      readonly because: Because<HaltCode>;
      readonly unplanned?: RoleChange;
    };

/** What `decide` remembers, all of it from the journal, and the time. */
export type Memory = {
  readonly fold: RunFold;
  readonly lane: Lane;
  readonly pace: Pace;
  readonly nowMs: number;
};

/** Returns the decision that the step is done. */
export function done(facts: Facts = {}): Decision {
  return { kind: 'done', facts };
}

/** Returns the decision to wait for something under way. */
export function waitFor(code: WaitCode, subject: string, facts: Facts = {}): Waiting {
  return { kind: 'wait', wait: 'waiting', because: { code, facts: { ...facts, subject } } };
}

/** Returns the decision that it is not safe to act now. */
export function blocked(code: BlockedCode, subject: string, facts: Facts = {}): Waiting {
  return { kind: 'wait', wait: 'blocked', because: { code, facts: { ...facts, subject } } };
}

/** Returns the decision to halt the run because of this step. */
export function halt(memory: Memory, code: HaltCode, facts: Facts, unplanned?: RoleChange): Decision {
  const because = { code, facts: { ...facts, step: memory.lane.step.id } };
  return unplanned === undefined ? { kind: 'halt', because } : { kind: 'halt', because, unplanned };
}

/** Returns the answer that looking gave to the open act; undefined: there is no open act. */
export function answerOpenAct(memory: Memory, answer: Answer, facts: Facts = {}): Decision | undefined {
  return memory.lane.openAct === undefined ? undefined : { kind: 'answer', answer, facts };
}

/**
 * Where nothing is seen of an act without answer: waits until it had time to show, then says that it did not take place.
 * Undefined: there is no open act. Its worker may still be at it, and repeating an act too early would be two at once.
 */
export function settleOpenAct(memory: Memory, subject: string, settleMs: number): Decision | undefined {
  const open = memory.lane.openAct;
  if (open === undefined) {
    return undefined;
  }
  if (memory.nowMs - open.atMs < settleMs) {
    return waitFor('act-settling', subject, { act: open.act.kind });
  }
  return { kind: 'answer', answer: 'seen-not-done', facts: {} };
}
