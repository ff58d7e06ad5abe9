/**
 * What the journal says about one step: its lane, entry by entry. Pure.
 */
import type { Facts, Step } from '../../planner/plan.ts';
import { mayHaveHappened } from '../answers.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import type { StepState } from '../run.ts';
import { toldBy } from './grounds.ts';
import { isToBeSeen, type Lane, type LaneAct, type LaneWait } from './lane.ts';
import type { LaneList } from './lane-list.ts';
import type { RunFold } from './run-fold.ts';
import type { LastSeen } from './told-grounds.ts';
import { laterMs } from './turns.ts';

/** A lane while entries are taken into it. */
export type LaneDraft = {
  last: number;
  sinceMs: number | undefined;
  acts: LaneAct[];
  attempts: number;
  wait: LaneWait | undefined;
  /** Replaced and never changed in place: lanes share them. */
  deadlines: ReadonlyMap<string, number>;
  extensions: ReadonlyMap<string, number>;
  done: Facts | undefined;
  lastSeen: LastSeen | undefined;
  failed: boolean;
};

/** Shared by the tens of thousands of lanes that have waited for nothing yet. */
const none: ReadonlyMap<string, number> = new Map();
const noActs: readonly LaneAct[] = [];

/** Returns the draft of a lane of which the journal says nothing yet. */
export function emptyLane(): LaneDraft {
  return {
    last: 0,
    sinceMs: undefined,
    acts: [],
    attempts: 0,
    wait: undefined,
    deadlines: none,
    extensions: none,
    done: undefined,
    lastSeen: undefined,
    failed: false,
  };
}

/** Returns a draft that goes on where the lane stands; the lane itself stays as it is. */
export function reopenLane(lane: Lane): LaneDraft {
  return {
    last: lane.last,
    sinceMs: lane.sinceMs,
    acts: [...lane.acts],
    attempts: lane.attempts,
    wait: lane.wait,
    deadlines: lane.deadlines,
    extensions: lane.extensions,
    done: lane.done,
    lastSeen: lane.lastSeen,
    failed: lane.state === 'failed',
  };
}

/** Takes one entry of the lane into it. */
export function takeLaneEntry(lane: LaneDraft, entry: JournalEntry): void {
  lane.last = entry.sequence;
  lane.sinceMs = entry.atMs;
  takeGrounds(lane, entry);
  const event: RunEvent = entry.event;
  switch (event.kind) {
    case 'act':
      endTurn(lane, entry.atMs);
      lane.acts.push({ act: event.act, sequence: entry.sequence, atMs: entry.atMs });
      lane.attempts += 1;
      lane.wait = undefined;
      return;
    case 'answer':
      answerLastAct(lane, event.answer, event.facts, entry.atMs);
      return;
    case 'waiting':
    case 'blocked':
      endTurn(lane, entry.atMs);
      takeDeadline(lane, event.because.code, event.deadlineMs);
      lane.wait = {
        kind: event.kind,
        because: event.because,
        sinceMs: entry.atMs,
        deadlineMs: event.deadlineMs,
      };
      if (event.extension !== undefined) {
        lane.extensions = new Map(lane.extensions).set(event.because.code, event.extension);
      }
      return;
    case 'done':
      lane.done = event.facts;
      lane.wait = undefined;
      lane.lastSeen = undefined;
      return;
    case 'failed':
      lane.failed = true;
      return;
    default:
      return;
  }
}

function takeGrounds(lane: LaneDraft, { grounds, sequence }: JournalEntry): void {
  if (grounds !== undefined) {
    const told = toldBy(grounds, lane.lastSeen);
    lane.lastSeen = told === undefined ? undefined : { sequence, told };
  }
}

function answerLastAct(lane: LaneDraft, answer: string, facts: Facts, atMs: number): void {
  const last = lane.acts.at(-1);
  if (last === undefined || !isToBeSeen(last)) {
    return;
  }
  lane.acts[lane.acts.length - 1] = { ...last, answer: { answer, facts, atMs } };
  if (answer === 'withdrawn') {
    // Never begun: it uses up no attempt.
    lane.attempts = Math.max(0, lane.attempts - 1);
  }
  // Only what moved the step on buys it time: a budget that says no every few seconds must still meet its deadline.
  if (mayHaveHappened(answer) && answer !== 'failed') {
    forgetWaits(lane);
  } else {
    forgetSettling(lane);
  }
}

/** Each act has its own time to settle: what is left of one that is answered is none of the next one's. */
function forgetSettling(lane: LaneDraft): void {
  const code = 'act-settling';
  if (!lane.deadlines.has(code)) {
    return;
  }
  lane.deadlines = new Map([...lane.deadlines].filter(([reason]) => reason !== code));
  lane.extensions = new Map([...lane.extensions].filter(([reason]) => reason !== code));
  lane.wait = lane.wait?.because.code === code ? undefined : lane.wait;
}

/** With its deadlines goes the wait itself: whoever waits for the same again says so, else its new deadline would stand nowhere. */
function forgetWaits(lane: LaneDraft): void {
  lane.wait = undefined;
  lane.deadlines = none;
  lane.extensions = none;
}

/** Before another wait or an act takes the place of the wait for a turn: its time counts for nothing else. */
function endTurn(lane: LaneDraft, atMs: number): void {
  const { wait } = lane;
  lane.deadlines = new Map(
    [...lane.deadlines].map(([reason, ms]) => [reason, ms + laterMs(wait, reason, atMs)]),
  );
}

function takeDeadline(lane: LaneDraft, code: string, deadlineMs: number): void {
  const deadlines = new Map(lane.deadlines);
  const extensions = new Map(lane.extensions);
  if (code !== 'outside-trouble') {
    // Whoever waits for something else has had its answers: failures now and then do not add up.
    deadlines.delete('outside-trouble');
    extensions.delete('outside-trouble');
  }
  if (code === 'switchover-limit') {
    // Whoever only waits for its turn has not missed its window, though it closes meanwhile.
    deadlines.delete('window-closed');
  }
  if (code === 'window-closed') {
    // What else it waited for could not be put right in time: each reason has its time again when the window opens.
    for (const reason of [...deadlines.keys(), ...extensions.keys()]) {
      if (reason !== code) {
        deadlines.delete(reason);
        extensions.delete(reason);
      }
    }
  }
  lane.deadlines = deadlines.set(code, deadlineMs);
  lane.extensions = extensions;
}

/** A person looked at it and said go on: deadlines and attempts begin anew, what was done stays done. */
export function resumeLane(lane: LaneDraft): void {
  lane.attempts = 0;
  forgetWaits(lane);
  lane.failed = false;
}

/** Returns the lane as it stands; `isFree`: all steps before it are done. */
export function finishLane(step: Step, lane: LaneDraft, isFree: boolean): Lane {
  const last = lane.acts.at(-1);
  const openAct =
    last !== undefined && last.answer === undefined && lane.done === undefined ? last : undefined;
  const finished: { -readonly [Field in keyof Lane]: Lane[Field] } = {
    step,
    state: stepState(lane, openAct !== undefined, isFree),
    isFree,
    last: lane.last,
    acts: lane.acts.length === 0 ? noActs : lane.acts,
    attempts: lane.attempts,
    deadlines: lane.deadlines,
    extensions: lane.extensions,
  };
  if (lane.sinceMs !== undefined) {
    finished.sinceMs = lane.sinceMs;
  }
  if (openAct !== undefined) {
    finished.openAct = openAct;
  }
  if (lane.wait !== undefined) {
    finished.wait = lane.wait;
  }
  if (lane.done !== undefined) {
    finished.done = lane.done;
  }
  if (lane.lastSeen !== undefined) {
    finished.lastSeen = lane.lastSeen;
  }
  return finished;
}

function stepState(lane: LaneDraft, hasOpenAct: boolean, isFree: boolean): StepState {
  if (lane.done !== undefined) {
    return 'done';
  }
  if (lane.failed) {
    return 'failed';
  }
  if (lane.wait !== undefined) {
    return lane.wait.kind;
  }
  if (hasOpenAct) {
    return 'acting';
  }
  if (lane.acts.length > 0) {
    return 'waiting';
  }
  return isFree ? 'ready' : 'pending';
}

/**
 * Finishes the lanes that changed, and those that became free because a step before them is done or their wave approved now.
 * Steps of waves after `approvedWave` are not free.
 */
export function finishLanes(
  {
    lanes: before,
    followers,
    approvedWave: approvedBefore,
  }: Pick<RunFold, 'lanes' | 'followers' | 'approvedWave'>,
  changing: ReadonlyMap<string, LaneDraft>,
  approvedWave: number,
): LaneList {
  const isDone = (id: string): boolean => (changing.get(id)?.done ?? before.get(id)?.done) !== undefined;
  const changed = new Set(approvedWave === approvedBefore ? changing.keys() : before.keys());
  if (changed.size === 0) {
    return before;
  }
  for (const id of changing.keys()) {
    if (isDone(id) && before.get(id)?.done === undefined) {
      for (const follower of followers.get(id) ?? []) {
        changed.add(follower);
      }
    }
  }
  const lanes: Lane[] = [];
  for (const id of changed) {
    const lane = before.get(id);
    if (lane !== undefined) {
      const isFree = lane.step.wave <= approvedWave && lane.step.after.every(isDone);
      lanes.push(finishLane(lane.step, changing.get(id) ?? reopenLane(lane), isFree));
    }
  }
  return before.with(lanes);
}
