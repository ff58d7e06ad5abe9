/**
 * A fold while entries are taken into it: what each kind of entry changes.
 */
import type { Because, Step } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import type { SkippedNode } from '../run.ts';
import { approvalOf, becauseOf, everyWave } from './fold-approval.ts';
import { isHoldAct, resumedHolds, withHoldAct, withHoldAnswer } from './fold-holds.ts';
import { type LaneDraft, reopenLane, resumeLane, takeLaneEntry } from './fold-lane.ts';
import { withCloseAnswer, withMarkAnswer } from './lost-marks.ts';
import { type MissedMark, noMissedMarks, noteTakeOffAnswer } from './missed-marks.ts';
import type { RunFold } from './run-fold.ts';
import { nextRunState } from './run-states.ts';

type Changeable = { -readonly [Field in keyof RunFold]: RunFold[Field] };

export type Draft = {
  /** A copy of the fold that it goes on from: every field of it may be replaced, and nothing of the fold itself is changed in place. */
  readonly fold: Changeable;
  /** Lanes that change, by step id. */
  readonly changing: Map<string, LaneDraft>;
  /** As of the fold: with another one other lanes are free. */
  readonly approvedBefore: number;
  /** The draft's own copy, once it has changed: an abort of thousands of nodes would copy them with each entry. */
  missedMarks: Map<string, MissedMark> | undefined;
};

/** Returns a draft that goes on where `fold` stands. */
export function openDraft(fold: RunFold): Draft {
  return {
    fold: { ...fold },
    changing: new Map(),
    approvedBefore: fold.approvedWave,
    missedMarks: undefined,
  };
}

/** Takes an entry of the lane 'run' and returns whether it was legal where it stands; else it changes nothing. */
export function takeRunEntry(draft: Draft, entry: JournalEntry): boolean {
  const { fold } = draft;
  fold.lastOfRunLane = entry.sequence;
  const state = nextRunState(fold.isCreated ? fold.state : undefined, entry.event);
  if (state === undefined) {
    return false;
  }
  const isOther = !fold.isCreated || state !== fold.state;
  fold.isCreated = true;
  fold.state = state;
  takeRunEvent(draft, entry, entry.event);
  if (isOther) {
    fold.because = becauseOf(fold.plan, fold, state, entry);
    fold.stateSinceMs = entry.atMs;
    fold.missedMarks = noMissedMarks;
    draft.missedMarks = undefined;
    delete fold.outlook;
    delete fold.startAwaits;
  }
  return true;
}

function takeRunEvent(draft: Draft, entry: JournalEntry, event: RunEvent): void {
  const { fold } = draft;
  switch (event.kind) {
    case 'created':
      fold.fleet = event.fleet;
      fold.requester = event.requester;
      fold.approvedWave = event.approvals === 'wave' ? 0 : everyWave;
      if (event.approvalMs !== undefined) {
        fold.approvalMs = event.approvalMs;
      }
      fold.isRecovered = event.recovered === true;
      fold.needsApproval = event.needsApproval;
      fold.liveByZone = zonesOf(event);
      fold.activeSinceMs = entry.atMs;
      return;
    case 'approved':
      fold.activeSinceMs = entry.atMs;
      fold.approvedWave = event.wave ?? everyWave;
      // Whatever was seen before the approval may be days old.
      delete fold.lookedAtMs;
      fold.replansInRow = 0;
      fold.approvals = [...fold.approvals, approvalOf(entry, event)];
      return;
    case 'started':
      delete fold.startAwaits;
      fold.startedAtMs ??= entry.atMs;
      fold.lookedAtMs = entry.atMs;
      fold.speed = event.speed ?? 1;
      fold.nodeUidsAtStart = new Set(event.nodeUids ?? []);
      fold.leadersAtStart = new Map(Object.entries(event.leaders ?? {}));
      fold.setsAtStart = new Map(Object.entries(event.sets ?? {}));
      // Of a run that was found again, its note knows better.
      fold.liveByZone = fold.isRecovered ? fold.liveByZone : zonesOf(event);
      return;
    case 'start-awaited':
      fold.startAwaits = event.because;
      return;
    case 'replanning':
      fold.outlook = { kind: event.outlook, because: event.because };
      return;
    case 'replanned':
      replan(fold, entry, event);
      return;
    case 'looked':
      fold.lookedAtMs = entry.atMs;
      takeLeaders(fold, entry.sequence, event.leaders ?? {});
      return;
    case 'resumed':
      resume(draft, entry.atMs);
      return;
    case 'aborted':
    case 'finished':
    case 'rejected':
    case 'expired':
      fold.endedAtMs = entry.atMs;
      return;
    case 'halted':
      fold.endedAtMs = entry.atMs;
      markFailed(draft, event.because);
      return;
    case 'unplanned':
      fold.unplanned = [
        ...fold.unplanned,
        { ...event, sequence: entry.sequence, atMs: entry.atMs, accepted: false },
      ];
      return;
    case 'act':
      // Whoever makes the next one waits no longer for the answer to the one before: its worker stands still or has died.
      takeRunAnswer(draft, { answer: 'seen-not-done', facts: {} }, entry.atMs);
      fold.openRunAct = { act: event.act, sequence: entry.sequence, atMs: entry.atMs };
      fold.holds = isHoldAct(event.act) ? withHoldAct(fold.holds, event.act) : fold.holds;
      return;
    case 'answer':
      takeReleased(draft, event);
      takeRunAnswer(draft, event, entry.atMs);
      return;
    default:
      return;
  }
}

/** An abort tells the pipeline of a node that was marked as released before: so its step is done. */
function takeReleased(draft: Draft, { answer }: Answered): void {
  const act = draft.fold.openRunAct?.act;
  if (act?.kind !== 'node-released' || answer !== 'done') {
    return;
  }
  for (const { step } of draft.fold.lanes.values()) {
    const lane = step.kind === 'release' && step.node === act.node ? openLane(draft, step.id) : undefined;
    if (lane !== undefined) {
      lane.done = {};
    }
  }
}

type Answered = Pick<Extract<RunEvent, { kind: 'answer' }>, 'answer' | 'facts'>;

function takeRunAnswer(draft: Draft, { answer, facts }: Answered, atMs: number): void {
  const { fold } = draft;
  const act = fold.openRunAct?.act;
  delete fold.openRunAct;
  if (act === undefined) {
    return;
  }
  if (isHoldAct(act)) {
    Object.assign(fold, withHoldAnswer(fold, act, answer, facts));
  } else {
    fold.lostMarks = withCloseAnswer(fold.lostMarks, act, answer, facts);
    draft.missedMarks ??= new Map(fold.missedMarks);
    noteTakeOffAnswer(draft.missedMarks, act, answer, atMs);
    fold.missedMarks = draft.missedMarks;
  }
}

function replan(
  fold: Changeable,
  { atMs, sequence }: JournalEntry,
  event: Extract<RunEvent, { kind: 'replanned' }>,
): void {
  fold.activeSinceMs = atMs;
  delete fold.endedAtMs;
  delete fold.startAwaits;
  fold.lookedAtMs = atMs;
  fold.replansInRow += 1;
  fold.nodeUidsAtStart = new Set(event.nodeUids);
  fold.leadersAtStart = new Map(Object.entries(event.leaders));
  fold.leadersSince = leadersOvertaking(fold, sequence, event.leaders);
  fold.setsAtStart = withSets(fold.setsAtStart, event.sets);
  fold.awaitedByZone = new Map(Object.entries(event.awaited ?? {}));
  fold.skipped = [...fold.skipped, ...skippedBy(fold.because, atMs, event.skipped)];
  // The new plan starts from what they left.
  fold.unplanned = fold.unplanned.map((change) => ({ ...change, accepted: true }));
}

/**
 * Of clusters that somebody had changed, and that another leads by now: whom that change had made the leader is nobody the new plan counts on, and
 * the steps that took the lead from him are of the plan before.
 */
function leadersOvertaking(
  { unplanned }: Changeable,
  sequence: number,
  leaders: Readonly<Record<string, string>>,
): RunFold['leadersSince'] {
  const found = Object.entries(leaders).flatMap(([cluster, leader]) => {
    const last = unplanned.findLast((change) => change.cluster === cluster);
    return last?.accepted === true && last.to !== leader ? [[cluster, { leader, sequence }] as const] : [];
  });
  return new Map(found);
}

/** Of a set that is gone with its pods the fleet shows no trace when a new plan is made: only the run knows that a member is missing. */
function withSets(
  before: RunFold['setsAtStart'],
  found: Readonly<Record<string, readonly string[]>> = {},
): RunFold['setsAtStart'] {
  const sets = new Map(before);
  for (const [cluster, names] of Object.entries(found)) {
    sets.set(cluster, [...new Set([...(before.get(cluster) ?? []), ...names])]);
  }
  return sets;
}

function takeLeaders(fold: Changeable, sequence: number, leaders: Readonly<Record<string, string>>): void {
  const found = Object.entries(leaders).map(([cluster, leader]) => [cluster, { leader, sequence }] as const);
  fold.leadersSince = found.length === 0 ? fold.leadersSince : new Map([...fold.leadersSince, ...found]);
}

function skippedBy(halted: Because, atMs: number, nodes: readonly string[] = []): readonly SkippedNode[] {
  const at = new Date(atMs).toISOString();
  return nodes.map((node) => ({ node, at, because: halted }));
}

function resume(draft: Draft, atMs: number): void {
  const { fold } = draft;
  fold.replansInRow = 0;
  fold.activeSinceMs = atMs;
  delete fold.endedAtMs;
  delete fold.lookedAtMs;
  fold.holds = resumedHolds(fold.holds);
  delete fold.holdRefused;
  fold.unplanned = fold.unplanned.map((change) => ({ ...change, accepted: true }));
  for (const id of fold.lanes.keys()) {
    const lane = openLane(draft, id);
    if (lane !== undefined) {
      resumeLane(lane);
    }
  }
}

function zonesOf(event: {
  readonly liveByZone?: Readonly<Record<string, number>>;
}): ReadonlyMap<string, number> {
  return new Map(Object.entries(event.liveByZone ?? {}));
}

function markFailed(draft: Draft, because: Because): void {
  const step = because.facts.step;
  const lane = typeof step === 'string' ? openLane(draft, step) : undefined;
  if (lane !== undefined) {
    lane.failed = true;
  }
}

/** Takes an entry of a step's lane; a step that the plan does not have changes nothing. */
export function takeStepEntry(draft: Draft, entry: JournalEntry): void {
  const lane = openLane(draft, entry.lane);
  if (lane === undefined) {
    return;
  }
  takeLaneEntry(lane, entry);
  takeMarkAnswer(draft.fold, lane, entry.event);
  if (hasAnotherLeader(draft.fold.lanes.get(entry.lane)?.step, entry.event)) {
    // What is left of the plan counted on the primary that it knew.
    delete draft.fold.lookedAtMs;
  }
  if (entry.event.kind === 'bound') {
    bindNode(draft.fold, entry.event.planNode, entry.event.node);
  }
}

function takeMarkAnswer(fold: Changeable, { acts }: LaneDraft, event: RunEvent): void {
  const last = acts.at(-1);
  if (last !== undefined && event.kind === 'answer') {
    fold.lostMarks = withMarkAnswer(fold.lostMarks, last.act, event.answer, event.facts);
  }
  if (last !== undefined && event.kind === 'done') {
    fold.lostMarks = withMarkAnswer(fold.lostMarks, last.act, 'seen-done');
  }
}

function hasAnotherLeader(step: Step | undefined, event: RunEvent): boolean {
  const isOutage = step?.kind === 'move' && step.outage && event.kind === 'done';
  return isOutage && event.facts.leader !== undefined && event.facts.leader !== step.member;
}

function bindNode(fold: Changeable, planNode: string, node: string): void {
  const isTaken = [...fold.bound.values()].includes(node);
  if (!isTaken && !fold.bound.has(planNode)) {
    fold.bound = new Map(fold.bound).set(planNode, node);
  }
}

/** Returns the lane to take entries into; undefined: the plan has no such step. */
function openLane(draft: Draft, id: string): LaneDraft | undefined {
  const opened = draft.changing.get(id);
  const lane = draft.fold.lanes.get(id);
  if (opened !== undefined || lane === undefined) {
    return opened;
  }
  const reopened = reopenLane(lane);
  draft.changing.set(id, reopened);
  return reopened;
}
