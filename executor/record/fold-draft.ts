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
import type { RunFold } from './fold-run.ts';
import { nextRunState } from './run-states.ts';

type Known = Omit<RunFold, 'run'>;

/** The fold itself is never changed: every field is replaced, none is changed in place. */
export type Draft = { -readonly [Field in keyof Known]: Known[Field] } & {
  /** Lanes that change, by step id. */
  readonly changing: Map<string, LaneDraft>;
  /** As of the fold: with another one other lanes are free. */
  readonly approvedBefore: number;
};

/** Returns a draft that goes on where `fold` stands. */
export function openDraft(fold: RunFold): Draft {
  return { ...fold, changing: new Map(), approvedBefore: fold.approvedWave };
}

/** Takes an entry of the lane 'run' and returns whether it was legal where it stands; else it changes nothing. */
export function takeRunEntry(draft: Draft, entry: JournalEntry): boolean {
  draft.lastOfRunLane = entry.sequence;
  const state = nextRunState(draft.isCreated ? draft.state : undefined, entry.event);
  if (state === undefined) {
    return false;
  }
  const isOther = !draft.isCreated || state !== draft.state;
  draft.isCreated = true;
  draft.state = state;
  takeRunEvent(draft, entry, entry.event);
  if (isOther) {
    draft.because = becauseOf(draft.plan, draft, state, entry);
    delete draft.outlook;
  }
  return true;
}

function takeRunEvent(draft: Draft, entry: JournalEntry, event: RunEvent): void {
  switch (event.kind) {
    case 'created':
      draft.fleet = event.fleet;
      draft.requester = event.requester;
      draft.approvedWave = event.approvals === 'wave' ? 0 : everyWave;
      if (event.approvalMs !== undefined) {
        draft.approvalMs = event.approvalMs;
      }
      draft.isRecovered = event.recovered === true;
      draft.needsApproval = event.needsApproval;
      draft.liveByZone = zonesOf(event);
      draft.activeSinceMs = entry.atMs;
      return;
    case 'approved':
      draft.activeSinceMs = entry.atMs;
      draft.approvedWave = event.wave ?? everyWave;
      // Whatever was seen before the approval may be days old.
      delete draft.lookedAtMs;
      draft.replansInRow = 0;
      draft.approvals = [...draft.approvals, approvalOf(entry, event)];
      return;
    case 'started':
      draft.startedAtMs ??= entry.atMs;
      draft.lookedAtMs = entry.atMs;
      draft.speed = event.speed ?? 1;
      draft.nodeUidsAtStart = new Set(event.nodeUids ?? []);
      draft.leadersAtStart = new Map(Object.entries(event.leaders ?? {}));
      // Of a run that was found again, its note knows better.
      draft.liveByZone = draft.isRecovered ? draft.liveByZone : zonesOf(event);
      return;
    case 'replanning':
      draft.outlook = { kind: event.outlook, because: event.because };
      return;
    case 'replanned':
      replan(draft, entry.atMs, event);
      return;
    case 'looked':
      draft.lookedAtMs = entry.atMs;
      return;
    case 'resumed':
      resume(draft, entry.atMs);
      return;
    case 'aborted':
    case 'finished':
    case 'rejected':
    case 'expired':
      draft.endedAtMs = entry.atMs;
      return;
    case 'halted':
      draft.endedAtMs = entry.atMs;
      markFailed(draft, event.because);
      return;
    case 'unplanned':
      draft.unplanned = [...draft.unplanned, { ...event, accepted: false }];
      return;
    case 'act':
      draft.openRunAct = { act: event.act, sequence: entry.sequence, atMs: entry.atMs };
      draft.holds = isHoldAct(event.act) ? withHoldAct(draft.holds, event.act) : draft.holds;
      return;
    case 'answer':
      takeRunAnswer(draft, event.answer);
      return;
    default:
      return;
  }
}

function takeRunAnswer(draft: Draft, answer: string): void {
  const act = draft.openRunAct?.act;
  delete draft.openRunAct;
  if (act !== undefined && isHoldAct(act)) {
    Object.assign(draft, withHoldAnswer(draft, act, answer));
  }
}

function replan(draft: Draft, atMs: number, event: Extract<RunEvent, { kind: 'replanned' }>): void {
  draft.activeSinceMs = atMs;
  delete draft.endedAtMs;
  draft.lookedAtMs = atMs;
  draft.replansInRow += 1;
  draft.nodeUidsAtStart = new Set(event.nodeUids);
  draft.leadersAtStart = new Map(Object.entries(event.leaders));
  draft.awaitedByZone = new Map(Object.entries(event.awaited ?? {}));
  draft.skipped = [...draft.skipped, ...skippedBy(draft.because, atMs, event.skipped)];
  // The new plan starts from what they left.
  draft.unplanned = draft.unplanned.map((change) => ({ ...change, accepted: true }));
}

function skippedBy(halted: Because, atMs: number, nodes: readonly string[] = []): readonly SkippedNode[] {
  const at = new Date(atMs).toISOString();
  return nodes.map((node) => ({ node, at, because: halted }));
}

function resume(draft: Draft, atMs: number): void {
  draft.replansInRow = 0;
  draft.activeSinceMs = atMs;
  delete draft.endedAtMs;
  delete draft.lookedAtMs;
  draft.holds = resumedHolds(draft.holds);
  delete draft.holdRefused;
  draft.unplanned = draft.unplanned.map((change) => ({ ...change, accepted: true }));
  for (const id of draft.lanes.keys()) {
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
  if (hasAnotherLeader(draft.lanes.get(entry.lane)?.step, entry.event)) {
    // What is left of the plan counted on the primary that it knew.
    delete draft.lookedAtMs;
  }
  if (entry.event.kind === 'bound') {
    bindNode(draft, entry.event.planNode, entry.event.node);
  }
}

function hasAnotherLeader(step: Step | undefined, event: RunEvent): boolean {
  const isOutage = step?.kind === 'move' && step.outage && event.kind === 'done';
  return isOutage && event.facts.leader !== undefined && event.facts.leader !== step.member;
}

function bindNode(draft: Draft, planNode: string, node: string): void {
  const isTaken = [...draft.bound.values()].includes(node);
  if (!isTaken && !draft.bound.has(planNode)) {
    draft.bound = new Map(draft.bound).set(planNode, node);
  }
}

/** Returns the lane to take entries into; undefined: the plan has no such step. */
function openLane(draft: Draft, id: string): LaneDraft | undefined {
  const opened = draft.changing.get(id);
  const lane = draft.lanes.get(id);
  if (opened !== undefined || lane === undefined) {
    return opened;
  }
  const reopened = reopenLane(lane);
  draft.changing.set(id, reopened);
  return reopened;
}
