/**
 * What the journal says: plan + entries -> the state of the run and of each step, and what `decide` has to remember.
 * Pure. Nothing about a run is kept anywhere else, so that any worker can go on after any crash.
 *
 * A fold is a value: taking further entries into it makes another one, which shares with it what they did not change.
 */
import type { DrainPlan } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import { trimLists } from '../trim-lists.ts';
import { type Carried, countRun, nothingCarried } from './count-run.ts';
import { becauseOf, everyWave } from './fold-approval.ts';
import { type Draft, openDraft, takeRunEntry, takeStepEntry } from './fold-draft.ts';
import { noHolds } from './fold-holds.ts';
import { emptyLane, finishLane, finishLanes } from './fold-lane.ts';
import type { Lane } from './lane.ts';
import { LaneList } from './lane-list.ts';
import { noMissedMarks } from './missed-marks.ts';
import { planOfRound } from './plan-rounds.ts';
import type { RunFold } from './run-fold.ts';
import { tookPlace } from './took-place.ts';

/** Plans by id, as they were made: those that entries `replanned` name. */
export type Plans = ReadonlyMap<string, DrainPlan>;

/**
 * Returns what `entries` (all of one run, in sequence) say about the run that began with `plan`. Entries that are not legal where
 * they stand (see run-states.ts) change nothing. Throws where a plan that the run went on by is not among `plans`.
 */
export function foldRun(
  plan: DrainPlan,
  runId: string,
  entries: readonly JournalEntry[],
  plans: Plans = new Map(),
): RunFold {
  return foldFurther(emptyFold(plan, runId), entries, plans);
}

/** Returns what the journal says after the further `entries`; they follow in sequence what `fold` was made of. */
export function foldFurther(
  fold: RunFold,
  entries: readonly JournalEntry[],
  plans: Plans = new Map(),
): RunFold {
  if (entries.length === 0) {
    return fold;
  }
  let draft = openDraft(fold);
  for (const entry of entries) {
    draft.fold.lastEntry = entry;
    if (entry.lane === 'run') {
      const isLegal = takeRunEntry(draft, entry);
      if (isLegal && entry.event.kind === 'replanned') {
        draft = openDraft(withNewPlan(finishDraft(draft), entry, entry.event, plans));
      }
    } else {
      takeStepEntry(draft, entry);
    }
  }
  return finishDraft(draft);
}

/** Lanes of steps of which nothing is known yet, and who waits for whom. */
function emptyLanes(plan: DrainPlan, approvedWave: number): Pick<RunFold, 'lanes' | 'followers'> {
  const lanes: Lane[] = [];
  const followers = new Map<string, string[]>();
  for (const step of plan.steps) {
    lanes.push(finishLane(step, emptyLane(), step.wave <= approvedWave && step.after.length === 0));
    for (const before of step.after) {
      const waiting = followers.get(before);
      if (waiting === undefined) {
        followers.set(before, [step.id]);
      } else {
        waiting.push(step.id);
      }
    }
  }
  return { lanes: LaneList.of(lanes), followers: trimLists(followers) };
}

/** The run as it goes on by the plan that `event` names: nothing of it is done yet, what was done before is carried over. */
function withNewPlan(
  fold: RunFold,
  entry: JournalEntry,
  event: Extract<RunEvent, { kind: 'replanned' }>,
  plans: Plans,
): RunFold {
  const plan = plans.get(event.plan);
  if (plan === undefined) {
    throw new Error(`plan ${event.plan} is not stored any more`);
  }
  const planIds = [...fold.planIds, plan.id];
  const renamed = planOfRound(plan, planIds.length);
  // Whoever approves wave by wave approves those of the new plan, too.
  const approvedWave = fold.approvedWave === everyWave ? everyWave : 0;
  return {
    ...fold,
    plan: renamed,
    planIds,
    carried: carriedOver(fold, event.leaders),
    approvedWave,
    // The first wave that waits now is one of the new plan.
    because: becauseOf(
      renamed,
      { approvedWave, approvals: fold.approvals, because: fold.because },
      fold.state,
      entry,
    ),
    ...emptyLanes(renamed, approvedWave),
    broughtByZone: broughtSoFar(fold),
    broughtNodes: [...fold.broughtNodes, ...fold.bound.values()],
    bound: new Map(),
  };
}

function carriedOver(fold: RunFold, leaders: Readonly<Record<string, string>>): Carried {
  const { moves, released } = countRun(fold.lanes.values(), fold.carried, 0);
  let { done, outages } = fold.carried;
  for (const lane of fold.lanes.values()) {
    if (tookPlace(fold, lane, leaders)) {
      done += lane.step.kind === 'switchover' ? 1 : 0;
      outages += lane.step.kind === 'move' && lane.step.outage ? 1 : 0;
    }
  }
  return { done, outages, moves, released };
}

/** Returns the nodes that came for any plan of the run so far, by zone. */
export function broughtSoFar({ lanes, bound, broughtByZone }: RunFold): ReadonlyMap<string, number> {
  const brought = new Map(broughtByZone);
  for (const { step } of lanes.values()) {
    if (step.kind === 'add-node' && bound.has(step.node)) {
      brought.set(step.zone, (brought.get(step.zone) ?? 0) + 1);
    }
  }
  return brought;
}

function emptyFold(plan: DrainPlan, runId: string): RunFold {
  return {
    runId,
    request: plan.request,
    plan,
    planIds: [plan.id],
    carried: nothingCarried,
    replansInRow: 0,
    isCreated: false,
    isRecovered: false,
    needsApproval: false,
    state: 'waiting-for-approval',
    because: { code: 'waiting-for-approval', facts: {} },
    fleet: '',
    requester: '',
    approvals: [],
    approvedWave: everyWave,
    ...emptyLanes(plan, everyWave),
    lastSequence: 0,
    lastOfRunLane: 0,
    speed: 1,
    activeSinceMs: 0,
    nodeUidsAtStart: new Set(),
    leadersAtStart: new Map(),
    leadersSince: new Map(),
    setsAtStart: new Map(),
    liveByZone: new Map(),
    skipped: [],
    awaitedByZone: new Map(),
    broughtByZone: new Map(),
    broughtNodes: [],
    bound: new Map(),
    unplanned: [],
    holds: noHolds,
    lostMarks: new Map(),
    missedMarks: noMissedMarks,
  };
}

/** Returns the ids of the steps whose forerunners are all done and which are not done themselves, in plan order. */
export function readyStepIds(fold: RunFold): readonly string[] {
  const ready: string[] = [];
  for (const { step } of fold.lanes.ready()) {
    ready.push(step.id);
  }
  return ready;
}

/** Returns the ids of the steps that have an act without answer, in plan order. */
export function openStepIds(fold: RunFold): readonly string[] {
  const open: string[] = [];
  for (const lane of fold.lanes.values()) {
    if (lane.openAct !== undefined) {
      open.push(lane.step.id);
    }
  }
  return open;
}

function finishDraft({ fold, changing, approvedBefore }: Draft): RunFold {
  const { lanes, followers, approvedWave } = fold;
  fold.lanes = finishLanes({ lanes, followers, approvedWave: approvedBefore }, changing, approvedWave);
  fold.lastSequence = fold.lastEntry?.sequence ?? 0;
  return fold;
}
