/**
 * What the journal says: plan + entries -> the state of the run and of each step, and what `decide` has to remember.
 * Pure. Nothing about a run is kept anywhere else, so that any worker can go on after any crash.
 *
 * A fold is a value: taking further entries into it makes another one, which shares with it what they did not change.
 */
import type { Because, DrainPlan, Step } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import type { Run, RunState } from '../run.ts';
import { describeRun } from './describe-run.ts';
import { approvalOf, becauseOf, everyWave } from './fold-approval.ts';
import {
  emptyLane,
  finishLane,
  finishLanes,
  type Lane,
  type LaneAct,
  type LaneDraft,
  reopenLane,
  resumeLane,
  takeLaneEntry,
} from './fold-lane.ts';
import { nextRunState } from './run-states.ts';

export { isInFlight, type Lane, type LaneAct } from './fold-lane.ts';

export type UnplannedChange = Extract<RunEvent, { kind: 'unplanned' }> & {
  /** Somebody resumed the run after it: knowing of it, the run goes on. */
  readonly accepted: boolean;
};

export type RunFold = {
  readonly runId: string;
  readonly plan: DrainPlan;
  /** False: nothing was legal so far, for the first such entry is `created`. */
  readonly isCreated: boolean;
  readonly state: RunState;
  readonly because: Because;
  readonly fleet: string;
  readonly requester: string;
  readonly approvals: Run['approvals'];
  /** Steps of later waves are not ready. */
  readonly approvedWave: number;
  /** See the entry `created`. */
  readonly approvalMs?: number;
  /** By step id, in the order of the plan. */
  readonly lanes: ReadonlyMap<string, Lane>;
  /** Steps that wait for a step, by its id. */
  readonly followers: ReadonlyMap<string, readonly string[]>;
  /** 0: the journal is empty. */
  readonly lastSequence: number;
  /** Undefined: the journal is empty. */
  readonly lastEntry?: JournalEntry;
  readonly lastOfRunLane: number;
  /** Of the act in lane 'run' (an abort takes marks off), while it has no answer. */
  readonly openRunAct?: LaneAct;
  /** Of the first `started`; undefined: not yet, and no step may begin. */
  readonly startedAtMs?: number;
  /** How many times faster than life the fleet lives; 1 but for simulated ones. */
  readonly speed: number;
  readonly endedAtMs?: number;
  /** When it last became running: created, approved or resumed. */
  readonly activeSinceMs: number;
  /** When the fleet was last read in full and the rest of the plan stood; undefined: not since the start or the last resume. */
  readonly lookedAtMs?: number;
  readonly nodeUidsAtStart: ReadonlySet<string>;
  readonly leadersAtStart: ReadonlyMap<string, string>;
  /** Real node by the plan's name for it. A node serves the first `add-node` step that took it. */
  readonly bound: ReadonlyMap<string, string>;
  readonly unplanned: readonly UnplannedChange[];
  /** The same as people and programs read it. */
  readonly run: Run;
};

/**
 * Returns what `entries` (all of one run, in sequence) say about the run of `plan`. Entries that are not legal where they
 * stand (see run-states.ts) change nothing.
 */
export function foldRun(plan: DrainPlan, runId: string, entries: readonly JournalEntry[]): RunFold {
  return foldFurther(emptyFold(plan, runId), entries);
}

/** Returns what the journal says after the further `entries`; they follow in sequence what `fold` was made of. */
export function foldFurther(fold: RunFold, entries: readonly JournalEntry[]): RunFold {
  if (entries.length === 0) {
    return fold;
  }
  const draft = openDraft(fold);
  for (const entry of entries) {
    draft.lastEntry = entry;
    if (entry.lane === 'run') {
      takeRunEntry(draft, entry);
    } else {
      takeStepEntry(draft, entry);
    }
  }
  return finishDraft(draft);
}

function emptyFold(plan: DrainPlan, runId: string): RunFold {
  const lanes = new Map<string, Lane>();
  const followers = new Map<string, string[]>();
  for (const step of plan.steps) {
    lanes.set(step.id, finishLane(step, emptyLane(), step.after.length === 0));
    for (const before of step.after) {
      followers.set(before, [...(followers.get(before) ?? []), step.id]);
    }
  }
  return withRun({
    runId,
    plan,
    isCreated: false,
    state: 'waiting-for-approval',
    because: { code: 'waiting-for-approval', facts: {} },
    fleet: '',
    requester: '',
    approvals: [],
    approvedWave: everyWave,
    lanes,
    followers,
    lastSequence: 0,
    lastOfRunLane: 0,
    speed: 1,
    activeSinceMs: 0,
    nodeUidsAtStart: new Set(),
    leadersAtStart: new Map(),
    bound: new Map(),
    unplanned: [],
  });
}

/** Described only when asked for: a pass has no use for it. */
function withRun(fold: Omit<RunFold, 'run'>): RunFold {
  return {
    ...fold,
    get run() {
      return describeRun(fold);
    },
  };
}

/** Returns the ids of the steps whose forerunners are all done and which are not done themselves, in plan order. */
export function readyStepIds(fold: RunFold): readonly string[] {
  const ready: string[] = [];
  for (const [id, lane] of fold.lanes) {
    if (lane.isFree && lane.done === undefined) {
      ready.push(id);
    }
  }
  return ready;
}

/** Returns the ids of the steps that have an act without answer, in plan order. */
export function openStepIds(fold: RunFold): readonly string[] {
  return [...fold.lanes].filter(([, lane]) => lane.openAct !== undefined).map(([id]) => id);
}

/** A fold while entries are taken into it. */
type Draft = {
  readonly before: RunFold;
  state: RunState | undefined;
  because: Because;
  fleet: string;
  requester: string;
  approvals: { by: string; at: string; wave?: number; comment?: string }[];
  approvedWave: number;
  approvalMs: number | undefined;
  /** Lanes that change, by step id. */
  lanes: Map<string, LaneDraft>;
  lastEntry: JournalEntry | undefined;
  lastOfRunLane: number;
  openRunAct: LaneAct | undefined;
  startedAtMs: number | undefined;
  speed: number;
  endedAtMs: number | undefined;
  activeSinceMs: number;
  lookedAtMs: number | undefined;
  nodeUidsAtStart: ReadonlySet<string>;
  leadersAtStart: ReadonlyMap<string, string>;
  bound: Map<string, string>;
  unplanned: UnplannedChange[];
};

function openDraft(before: RunFold): Draft {
  return {
    before,
    state: before.isCreated ? before.state : undefined,
    because: before.because,
    fleet: before.fleet,
    requester: before.requester,
    approvals: [...before.approvals],
    approvedWave: before.approvedWave,
    approvalMs: before.approvalMs,
    lanes: new Map(),
    lastEntry: before.lastEntry,
    lastOfRunLane: before.lastOfRunLane,
    openRunAct: before.openRunAct,
    startedAtMs: before.startedAtMs,
    speed: before.speed,
    endedAtMs: before.endedAtMs,
    activeSinceMs: before.activeSinceMs,
    lookedAtMs: before.lookedAtMs,
    nodeUidsAtStart: before.nodeUidsAtStart,
    leadersAtStart: before.leadersAtStart,
    bound: new Map(before.bound),
    unplanned: [...before.unplanned],
  };
}

/** Returns the lane to take entries into; undefined: the plan has no such step. */
function openLane(draft: Draft, id: string): LaneDraft | undefined {
  const opened = draft.lanes.get(id);
  const lane = draft.before.lanes.get(id);
  if (opened !== undefined || lane === undefined) {
    return opened;
  }
  const reopened = reopenLane(lane);
  draft.lanes.set(id, reopened);
  return reopened;
}

function takeRunEntry(draft: Draft, entry: JournalEntry): void {
  draft.lastOfRunLane = entry.sequence;
  const state = nextRunState(draft.state, entry.event);
  if (state === undefined) {
    return;
  }
  const isOther = state !== draft.state;
  draft.state = state;
  takeRunEvent(draft, entry, entry.event);
  if (isOther) {
    draft.because = becauseOf(draft.before.plan, draft, state, entry);
  }
}

function takeRunEvent(draft: Draft, entry: JournalEntry, event: RunEvent): void {
  switch (event.kind) {
    case 'created':
      draft.fleet = event.fleet;
      draft.requester = event.requester;
      draft.approvedWave = event.approvals === 'wave' ? 0 : everyWave;
      draft.approvalMs = event.approvalMs;
      draft.activeSinceMs = entry.atMs;
      return;
    case 'approved':
      draft.activeSinceMs = entry.atMs;
      draft.approvals.push(approvalOf(entry, event));
      draft.approvedWave = event.wave ?? everyWave;
      // Whatever was seen before the approval may be days old.
      draft.lookedAtMs = undefined;
      return;
    case 'started':
      draft.startedAtMs ??= entry.atMs;
      draft.lookedAtMs = entry.atMs;
      draft.speed = event.speed ?? 1;
      draft.nodeUidsAtStart = new Set(event.nodeUids ?? []);
      draft.leadersAtStart = new Map(Object.entries(event.leaders ?? {}));
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
      draft.unplanned.push({ ...event, accepted: false });
      return;
    case 'act':
      draft.openRunAct = { act: event.act, sequence: entry.sequence, atMs: entry.atMs };
      return;
    case 'answer':
      draft.openRunAct = undefined;
      return;
    default:
      return;
  }
}

function resume(draft: Draft, atMs: number): void {
  draft.activeSinceMs = atMs;
  draft.endedAtMs = undefined;
  draft.lookedAtMs = undefined;
  draft.unplanned = draft.unplanned.map((change) => ({ ...change, accepted: true }));
  for (const id of draft.before.lanes.keys()) {
    const lane = openLane(draft, id);
    if (lane !== undefined) {
      resumeLane(lane);
    }
  }
}

function markFailed(draft: Draft, because: Because): void {
  const step = because.facts.step;
  const lane = typeof step === 'string' ? openLane(draft, step) : undefined;
  if (lane !== undefined) {
    lane.failed = true;
  }
}

function takeStepEntry(draft: Draft, entry: JournalEntry): void {
  const lane = openLane(draft, entry.lane);
  if (lane === undefined) {
    return;
  }
  takeLaneEntry(lane, entry);
  if (hasAnotherLeader(draft.before.lanes.get(entry.lane)?.step, entry.event)) {
    // What is left of the plan counted on the primary that it knew.
    draft.lookedAtMs = undefined;
  }
  if (entry.event.kind === 'bound') {
    bindNode(draft.bound, entry.event.planNode, entry.event.node);
  }
}

function hasAnotherLeader(step: Step | undefined, event: RunEvent): boolean {
  const isOutage = step?.kind === 'move' && step.outage && event.kind === 'done';
  return isOutage && event.facts.leader !== undefined && event.facts.leader !== step.member;
}

function bindNode(bound: Map<string, string>, planNode: string, node: string): void {
  const isTaken = [...bound.values()].includes(node);
  if (!isTaken && !bound.has(planNode)) {
    bound.set(planNode, node);
  }
}

function finishDraft(draft: Draft): RunFold {
  const { before, state, approvalMs, openRunAct, startedAtMs, endedAtMs, lookedAtMs, lastEntry } = draft;
  return withRun({
    runId: before.runId,
    plan: before.plan,
    isCreated: state !== undefined,
    state: state ?? before.state,
    because: draft.because,
    fleet: draft.fleet,
    requester: draft.requester,
    approvals: draft.approvals,
    approvedWave: draft.approvedWave,
    ...(approvalMs === undefined ? {} : { approvalMs }),
    lanes: finishLanes(before, draft.lanes, draft.approvedWave),
    followers: before.followers,
    lastSequence: lastEntry?.sequence ?? 0,
    ...(lastEntry === undefined ? {} : { lastEntry }),
    lastOfRunLane: draft.lastOfRunLane,
    ...(openRunAct === undefined ? {} : { openRunAct }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    speed: draft.speed,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    activeSinceMs: draft.activeSinceMs,
    ...(lookedAtMs === undefined ? {} : { lookedAtMs }),
    nodeUidsAtStart: draft.nodeUidsAtStart,
    leadersAtStart: draft.leadersAtStart,
    bound: draft.bound,
    unplanned: draft.unplanned,
  });
}
