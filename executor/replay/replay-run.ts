/**
 * Decides again what the steps of a run have decided, from nothing but its plan and its journal. Pure.
 *
 * An entry with grounds is a decision: the journal is folded up to where it had been read then, and the executor's own `decide` and
 * `eventsOf` say what was to be written. All else (people, answers of the outside, looks at the whole fleet) is taken as it stands.
 */
import { canonicalJson } from '../../planner/hash/canonical-json.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { decide } from '../decide/decide.ts';
import { type DecidedEvents, eventsOf } from '../decide/events-of.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import { foldFurther, foldRun, type Plans } from '../record/fold-run.ts';
import { seenAgain, toldBy } from '../record/grounds.ts';
import type { RunFold } from '../record/run-fold.ts';
import type { Grounds } from '../record/told-grounds.ts';
import { isDecision } from './is-decision.ts';

export type Replay = {
  readonly entries: number;
  /** Decisions that were decided again. */
  readonly replayed: number;
  /** Entries that no step decided. */
  readonly inputs: number;
  /** Decisions that do not say on what grounds, as in journals of earlier versions: they cannot be decided again. */
  readonly withoutGrounds: number;
  /** In the order of the journal. */
  readonly differences: readonly Difference[];
};

/** A decision that comes out otherwise than it was written. */
export type Difference = {
  readonly sequence: number;
  readonly lane: string;
  readonly written: RunEvent;
  /** Undefined: nothing was to be written, or nothing could be decided. */
  readonly replayed?: RunEvent;
  /** Why nothing could be decided. */
  readonly undecided?: string;
};

type Decision = JournalEntry & { readonly grounds: Grounds };

/**
 * Returns what came of deciding again. `plan` is the one with which the run began, `plans` those that it went on by; `entries` are all
 * of the run, in sequence. Throws only where a plan is missing.
 */
export function replayRun(
  plan: DrainPlan,
  runId: string,
  entries: readonly JournalEntry[],
  plans: Plans = new Map(),
): Replay {
  const decisions = entries.filter(hasGrounds);
  // Workers read and write in turns. In the order in which they had read, the journal is folded once, forward.
  const inOrder = decisions.toSorted((a, b) => a.grounds.upTo - b.grounds.upTo);
  const differences: Difference[] = [];
  let fold = foldRun(plan, runId, []);
  let folded = 0;
  for (const entry of inOrder) {
    const { upTo } = entry.grounds;
    if (upTo > folded) {
      fold = foldFurther(fold, entries.slice(folded, upTo), plans);
      folded = upTo;
    }
    const difference = replayEntry(entry, fold);
    if (difference !== undefined) {
      differences.push(difference);
    }
  }
  const withoutGrounds = entries.filter((entry) => !hasGrounds(entry) && isDecision(entry)).length;
  return {
    entries: entries.length,
    replayed: decisions.length,
    inputs: entries.length - decisions.length - withoutGrounds,
    withoutGrounds,
    differences: differences.toSorted((a, b) => a.sequence - b.sequence),
  };
}

function hasGrounds(entry: JournalEntry): entry is Decision {
  return entry.grounds !== undefined;
}

function replayEntry(entry: Decision, fold: RunFold): Difference | undefined {
  const { sequence, lane, event } = entry;
  const again = decideAgain(entry, fold);
  if (typeof again === 'string') {
    return { sequence, lane, written: event, undecided: again };
  }
  const replayed = eventFor(entry, again);
  if (isSameEvent(replayed, event)) {
    return undefined;
  }
  return { sequence, lane, written: event, ...(replayed === undefined ? {} : { replayed }) };
}

/** Nearly always they are the same to the letter. */
function isSameEvent(one: RunEvent | undefined, other: RunEvent): boolean {
  return JSON.stringify(one) === JSON.stringify(other) || canonicalJson(one) === canonicalJson(other);
}

/** Returns why nothing can be decided, where the entry does not say enough or says what cannot be. */
function decideAgain({ grounds, sequence, lane }: Decision, fold: RunFold): DecidedEvents | string {
  const { upTo, nowMs, step = lane } = grounds;
  if (!(Number.isInteger(upTo) && upTo < sequence && fold.lastSequence === upTo)) {
    return `it was decided from the journal up to entry ${upTo}`;
  }
  const decider = fold.lanes.get(step);
  if (decider === undefined) {
    return `the plan has no step ${step}`;
  }
  const told = toldBy(grounds, decider.lastSeen);
  const again = told && seenAgain(told, decider);
  if (again === undefined) {
    return 'what was seen is not told';
  }
  const memory = { fold, lane: decider, pace: again.pace, nowMs };
  try {
    return eventsOf(decide(again.seen, memory), memory);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Of what is written of a decision, that which belongs where the entry stands; else what is written of it instead. */
function eventFor({ lane, event }: Decision, events: DecidedEvents): RunEvent | undefined {
  const { unplanned, own, halted } = events;
  if (lane !== 'run') {
    return own ?? halted;
  }
  return (event.kind === 'unplanned' ? unplanned : halted) ?? own;
}
