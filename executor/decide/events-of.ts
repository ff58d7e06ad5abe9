/**
 * Pure: what the journal is to say of a decision. The executor writes it, and a replay compares it with what stands there.
 */
import type { Because, Facts } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import { isLookedAt } from '../look-again.ts';
import { isToBeSeen } from '../record/lane.ts';
import { deadlineOf } from '../record/turns.ts';
import { assume } from './assume.ts';
import type { Decision, Memory, Waiting } from './decision.ts';
import { type DeadlinePassed, whenDeadlinePasses } from './when-deadline-passes.ts';

/** Written in this order. */
export type DecidedEvents = {
  /** Into lane 'run'. */
  readonly unplanned?: Extract<RunEvent, { kind: 'unplanned' }>;
  /** Into the lane of the step; undefined: nothing that it does not say already. */
  readonly own?: RunEvent;
  /** Into lane 'run'. */
  readonly halted?: RunEvent;
};

/**
 * Returns the events of the decision. None for a wait whose reason stands in the journal, and for an act while the last look at
 * the fleet is too old. Throws AssumptionError for an answer to nothing.
 */
export function eventsOf(decision: Decision, memory: Memory): DecidedEvents {
  switch (decision.kind) {
    case 'done':
      return { own: { kind: 'done', facts: decision.facts } };
    case 'answer': {
      const last = memory.lane.acts.at(-1);
      assume(last !== undefined && isToBeSeen(last), 'only an act without a clear answer can be answered');
      const { kind: act } = last.act;
      return { own: { kind: 'answer', act, answer: decision.answer, facts: decision.facts } };
    }
    case 'bind':
      return { own: { kind: 'bound', planNode: decision.planNode, node: decision.node } };
    case 'wait':
      return eventsOfWait(decision, memory);
    case 'halt': {
      const { unplanned, because } = decision;
      const halted = haltedBy(because, memory);
      return unplanned === undefined ? halted : { unplanned: { kind: 'unplanned', ...unplanned }, ...halted };
    }
    case 'act':
      return isLookedAt(memory.fold, memory.pace, memory.nowMs)
        ? { own: { kind: 'act', act: decision.act } }
        : {};
  }
}

/**
 * Written only when the reason changes. The deadline of a reason counts from when it was first given, or from when that which is
 * waited for can come at the earliest.
 */
function eventsOfWait(waiting: Waiting, memory: Memory): DecidedEvents {
  const { because } = waiting;
  const { lane, pace, nowMs } = memory;
  const fromMs = Math.max(nowMs, waiting.notBeforeMs ?? nowMs);
  const deadlineMs = deadlineOf(lane, because.code, nowMs) ?? fromMs + pace.waitLimitMs[because.code];
  if (nowMs >= deadlineMs) {
    return eventsOfDeadline(waiting, memory);
  }
  return isSameReason(because, lane.wait?.because)
    ? {}
    : { own: { kind: waiting.wait, because, deadlineMs } };
}

function eventsOfDeadline({ wait, because }: Waiting, memory: Memory): DecidedEvents {
  const { fold, lane, pace, nowMs } = memory;
  const next = whenDeadlinePasses(fold, lane, because.code);
  if (next.kind === 'extend') {
    const deadlineMs = nowMs + pace.waitLimitMs[because.code];
    return { own: { kind: wait, because, deadlineMs, extension: next.extension } };
  }
  const facts = { ...because.facts, step: lane.step.id, waitedFor: because.code, ...factsOfHalt(next) };
  return haltedBy({ code: 'deadline-passed', facts }, memory);
}

/** What a halt does that says nothing of it: a person has to decide. */
function factsOfHalt(next: Extract<DeadlinePassed, { kind: 'halt' }>): Facts {
  switch (next.follows) {
    case 'pause':
      return {};
    case 'replan':
      return { follows: next.follows };
    case 'skip-node':
      return { follows: next.follows, skip: next.node };
  }
}

/** Returns true where a deadline has passed, whatever comes of it. */
export function isDeadlinePassed({ own, halted }: DecidedEvents): boolean {
  const isExtended = (own?.kind === 'waiting' || own?.kind === 'blocked') && own.extension !== undefined;
  return halted !== undefined || isExtended;
}

function isSameReason(because: Waiting['because'], before: Because | undefined): boolean {
  if (before?.code !== because.code) {
    return false;
  }
  // Other facts, such as how far a replica is behind, change all the time.
  return ['subject', 'opens', 'heldBy', 'setGone'].every(
    (fact) => `${before.facts[fact]}` === `${because.facts[fact]}`,
  );
}

/** A halted run has no open acts, so that it can let go of the fleet. What came of this one, a later look will tell. */
function haltedBy(because: Because, { lane }: Memory): DecidedEvents {
  const halted: RunEvent = { kind: 'halted', because };
  const act = lane.openAct?.act.kind;
  return act === undefined
    ? { halted }
    : { own: { kind: 'answer', act, answer: 'unknown', facts: {} }, halted };
}
