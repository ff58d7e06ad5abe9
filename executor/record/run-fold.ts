/**
 * What the journal says about a run, and what `decide` has to remember: a value, made by fold-run.ts.
 */
import type { Because, DrainPlan, DrainRequest } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import type { Outlook, Run, RunState, SkippedNode } from '../run.ts';
import type { Carried } from './count-run.ts';
import type { Holds } from './fold-holds.ts';
import type { LaneAct } from './lane.ts';
import type { LaneList } from './lane-list.ts';
import type { LostMarks } from './lost-marks.ts';
import type { MissedMarks } from './missed-marks.ts';

export type UnplannedChange = Extract<RunEvent, { kind: 'unplanned' }> & {
  /** Of its entry. */
  readonly sequence: number;
  /** Somebody resumed the run after it: knowing of it, the run goes on. */
  readonly accepted: boolean;
  /** When it was seen. */
  readonly atMs: number;
};

export type RunFold = {
  readonly runId: string;
  /** What was asked for. Its surge is over `liveByZone`; that of a later plan is what was left of it when that plan was made. */
  readonly request: DrainRequest;
  /** The plan being carried out, its steps named as the run names them (plan-rounds.ts). */
  readonly plan: DrainPlan;
  /** Ids of all plans of the run, in order. */
  readonly planIds: readonly string[];
  /** What was done of the plans before. */
  readonly carried: Carried;
  /** New plans since a person last had a say. */
  readonly replansInRow: number;
  /** Of a halted run. */
  readonly outlook?: Outlook;
  /** What a run that has not begun waits for; undefined: nothing, or it has begun. */
  readonly startAwaits?: Because;
  /** False: nothing was legal so far, for the first such entry is `created`. */
  readonly isCreated: boolean;
  /** The database lost the run and its journal: it was found again by its marks on the fleet. */
  readonly isRecovered: boolean;
  /** Its first plan was not to be carried out without approval. */
  readonly needsApproval: boolean;
  readonly state: RunState;
  readonly because: Because;
  /** When it came into its state; undefined: not created yet. */
  readonly stateSinceMs?: number;
  readonly fleet: string;
  readonly requester: string;
  readonly approvals: Run['approvals'];
  /** Steps of later waves are not ready. */
  readonly approvedWave: number;
  /** See the entry `created`. */
  readonly approvalMs?: number;
  /** By step id, in the order of the plan. */
  readonly lanes: LaneList;
  /** Steps that wait for a step, by its id. */
  readonly followers: ReadonlyMap<string, readonly string[]>;
  /** 0: the journal is empty. */
  readonly lastSequence: number;
  /** Undefined: the journal is empty. */
  readonly lastEntry?: JournalEntry;
  readonly lastOfRunLane: number;
  /** Of the act in lane 'run' (holds, and an abort takes marks off), while it has no answer. */
  readonly openRunAct?: LaneAct;
  /** Pods of primaries that the run holds, whatever plan they are of. */
  readonly holds: Holds;
  /** Marks of nodes whose requests may still arrive, whatever plan they are of. */
  readonly lostMarks: LostMarks;
  /** What came of taking marks off nodes since the run's state last changed. */
  readonly missedMarks: MissedMarks;
  /** We are not allowed to set any hold. */
  readonly holdRefused?: true;
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
  /** Who led when the run was looked at after a resume, of clusters that others had changed before, and the entry that says so. */
  readonly leadersSince: ReadonlyMap<string, { readonly leader: string; readonly sequence: number }>;
  /** Names of the StatefulSets of clusters that had more than one when the run began, and of those found since when it went on by a new plan. */
  readonly setsAtStart: ReadonlyMap<string, readonly string[]>;
  /** Live nodes by zone before the first act. */
  readonly liveByZone: ReadonlyMap<string, number>;
  /** Nodes without which it goes on, in the order in which they were left out. */
  readonly skipped: readonly SkippedNode[];
  /** Nodes that plans before this one asked for, and that had not come when it was made, by zone. */
  readonly awaitedByZone: ReadonlyMap<string, number>;
  /** Nodes that came for plans before this one, by zone. */
  readonly broughtByZone: ReadonlyMap<string, number>;
  /** Their names. */
  readonly broughtNodes: readonly string[];
  /** Real node by the plan's name for it. A node serves the first `add-node` step that took it. */
  readonly bound: ReadonlyMap<string, string>;
  readonly unplanned: readonly UnplannedChange[];
};
