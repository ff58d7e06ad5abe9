/**
 * What the journal says: plan + entries -> the state of the run and of each step, and what `decide` has to remember.
 * Pure. Nothing about a run is kept anywhere else, so that any worker can go on after any crash.
 */
import type { Because, DrainPlan, Facts, Step } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import type { Run, RunState } from '../run.ts';
import { describeRun } from './describe-run.ts';
import {
  emptyLane,
  finishLane,
  type Lane,
  type LaneAct,
  type LaneDraft,
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
  readonly state: RunState;
  readonly because: Because;
  readonly fleet: string;
  readonly requester: string;
  readonly approvals: Run['approvals'];
  /** By step id, in the order of the plan. */
  readonly lanes: ReadonlyMap<string, Lane>;
  /** 0: the journal is empty. */
  readonly lastSequence: number;
  readonly lastOfRunLane: number;
  /** Of the act in lane 'run' (an abort takes marks off), while it has no answer. */
  readonly openRunAct?: LaneAct;
  /** Of the first `started`; undefined: not yet, and no step may begin. */
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  /** When it last became running: created, approved or resumed. */
  readonly activeSinceMs: number;
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
  const draft = emptyDraft(plan);
  for (const entry of entries) {
    draft.lastSequence = Math.max(draft.lastSequence, entry.sequence);
    if (entry.lane === 'run') {
      takeRunEntry(draft, entry);
    } else {
      takeStepEntry(draft, entry);
    }
  }
  const withoutRun = finishDraft(draft, plan, runId);
  return { ...withoutRun, run: describeRun(withoutRun) };
}

/** Returns the ids of the steps whose forerunners are all done and which are not done themselves, in plan order. */
export function readyStepIds(fold: RunFold): readonly string[] {
  const ready: string[] = [];
  for (const [id, lane] of fold.lanes) {
    if (lane.done === undefined && forerunnersAreDone(lane.step, (after) => fold.lanes.get(after)?.done)) {
      ready.push(id);
    }
  }
  return ready;
}

/** Returns the ids of the steps that have an act without answer, in plan order. */
export function openStepIds(fold: RunFold): readonly string[] {
  return [...fold.lanes].filter(([, lane]) => lane.openAct !== undefined).map(([id]) => id);
}

type Draft = {
  state: RunState | undefined;
  because: Because;
  fleet: string;
  requester: string;
  approvals: { by: string; at: string; comment?: string }[];
  lanes: Map<string, LaneDraft>;
  lastSequence: number;
  lastOfRunLane: number;
  openRunAct: LaneAct | undefined;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  activeSinceMs: number;
  nodeUidsAtStart: Set<string>;
  leadersAtStart: Map<string, string>;
  bound: Map<string, string>;
  unplanned: UnplannedChange[];
};

function emptyDraft(plan: DrainPlan): Draft {
  const lanes = new Map<string, LaneDraft>();
  for (const step of plan.steps) {
    lanes.set(step.id, emptyLane());
  }
  return {
    state: undefined,
    because: { code: 'waiting-for-approval', facts: {} },
    fleet: '',
    requester: '',
    approvals: [],
    lanes,
    lastSequence: 0,
    lastOfRunLane: 0,
    openRunAct: undefined,
    startedAtMs: undefined,
    endedAtMs: undefined,
    activeSinceMs: 0,
    nodeUidsAtStart: new Set(),
    leadersAtStart: new Map(),
    bound: new Map(),
    unplanned: [],
  };
}

function takeRunEntry(draft: Draft, entry: JournalEntry): void {
  draft.lastOfRunLane = entry.sequence;
  const state = nextRunState(draft.state, entry.event);
  if (state === undefined) {
    return;
  }
  if (state !== draft.state) {
    draft.because =
      entry.event.kind === 'halted' ? entry.event.because : { code: state, facts: { by: entry.by } };
  }
  draft.state = state;
  takeRunEvent(draft, entry, entry.event);
}

function takeRunEvent(draft: Draft, entry: JournalEntry, event: RunEvent): void {
  switch (event.kind) {
    case 'created':
      draft.fleet = event.fleet;
      draft.requester = event.requester;
      draft.activeSinceMs = entry.atMs;
      return;
    case 'approved':
      draft.activeSinceMs = entry.atMs;
      draft.approvals.push(approvalOf(entry, event.comment));
      return;
    case 'started':
      draft.startedAtMs ??= entry.atMs;
      draft.nodeUidsAtStart = new Set(event.nodeUids ?? []);
      draft.leadersAtStart = new Map(Object.entries(event.leaders ?? {}));
      return;
    case 'resumed':
      resume(draft, entry.atMs);
      return;
    case 'aborted':
    case 'finished':
    case 'rejected':
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
  draft.unplanned = draft.unplanned.map((change) => ({ ...change, accepted: true }));
  for (const lane of draft.lanes.values()) {
    resumeLane(lane);
  }
}

function markFailed(draft: Draft, because: Because): void {
  const step = because.facts.step;
  const lane = typeof step === 'string' ? draft.lanes.get(step) : undefined;
  if (lane !== undefined) {
    lane.failed = true;
  }
}

function approvalOf(entry: JournalEntry, comment: string | undefined): Draft['approvals'][number] {
  const at = new Date(entry.atMs).toISOString();
  return comment === undefined ? { by: entry.by, at } : { by: entry.by, at, comment };
}

function takeStepEntry(draft: Draft, entry: JournalEntry): void {
  const lane = draft.lanes.get(entry.lane);
  if (lane === undefined) {
    return;
  }
  takeLaneEntry(lane, entry);
  if (entry.event.kind === 'bound') {
    bindNode(draft.bound, entry.event.planNode, entry.event.node);
  }
}

function bindNode(bound: Map<string, string>, planNode: string, node: string): void {
  const isTaken = [...bound.values()].includes(node);
  if (!isTaken && !bound.has(planNode)) {
    bound.set(planNode, node);
  }
}

function finishDraft(draft: Draft, plan: DrainPlan, runId: string): Omit<RunFold, 'run'> {
  const lanes = new Map<string, Lane>();
  for (const step of plan.steps) {
    const lane = draft.lanes.get(step.id);
    if (lane !== undefined) {
      const isFree = forerunnersAreDone(step, (after) => draft.lanes.get(after)?.done);
      lanes.set(step.id, finishLane(step, lane, isFree));
    }
  }
  return {
    runId,
    plan,
    state: draft.state ?? 'waiting-for-approval',
    because: draft.because,
    fleet: draft.fleet,
    requester: draft.requester,
    approvals: draft.approvals,
    lanes,
    lastSequence: draft.lastSequence,
    lastOfRunLane: draft.lastOfRunLane,
    ...(draft.openRunAct === undefined ? {} : { openRunAct: draft.openRunAct }),
    ...(draft.startedAtMs === undefined ? {} : { startedAtMs: draft.startedAtMs }),
    ...(draft.endedAtMs === undefined ? {} : { endedAtMs: draft.endedAtMs }),
    activeSinceMs: draft.activeSinceMs,
    nodeUidsAtStart: draft.nodeUidsAtStart,
    leadersAtStart: draft.leadersAtStart,
    bound: draft.bound,
    unplanned: draft.unplanned,
  };
}

function forerunnersAreDone(step: Step, doneOf: (id: string) => Facts | undefined): boolean {
  return step.after.every((id) => doneOf(id) !== undefined);
}
