/** All that one seeded run has: a world, its time, a plan, a journal, and what has happened to it so far. */
import type { JournalEntry, SwitchoverAnswer } from '../../executor/ports.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import type { DirectPorts } from '../../simulations/direct-ports.ts';
import type { MemoryJournal } from '../../simulations/memory-journal.ts';
import type { Random } from '../../simulations/world/random.ts';
import type { World } from '../../simulations/world/world.ts';
import type { DrawnWindows } from './draw-windows.ts';
import type { Vagueness } from './keep-back.ts';
import type { Strike } from './strike.ts';
import type { BusyKind, MishapKind, Troubles } from './troubles.ts';
import type { VirtualTime } from './virtual-time.ts';

/** `answer`: what the worker was told; undefined: nothing, so far or ever. */
export type AskedSwitchover = {
  readonly askedMs: number;
  readonly leader: string;
  readonly timeline: number;
  answer: SwitchoverAnswer['kind'] | undefined;
};

export type Stage = {
  readonly runId: string;
  readonly world: World;
  readonly time: VirtualTime;
  /** Straight to the world. */
  readonly ports: DirectPorts;
  /** The plan with which the run began. */
  readonly firstPlan: DrainPlan;
  /** What the run has had to do so far: its first plan, with the steps of those that it went on by. */
  readonly plan: DrainPlan;
  /** Plans that the run may have gone on by, by id; undefined: a halted run waits for somebody. */
  readonly plans: Map<string, DrainPlan> | undefined;
  readonly journal: MemoryJournal;
  readonly troubles: Troubles;
  /** Waiting passes look at a mirror of the fleet that lies. */
  readonly hasMirrors: boolean;
  /** Workers ask what goes on in a cluster before they interrupt its primary. */
  readonly hasChecks: boolean;
  /** When clusters may be interrupted; those that are not in it may be at any time. */
  readonly windows: DrawnWindows;
  /** The run waits for approval, as a whole or wave by wave, and people of its own look after that (give-approvals.ts). */
  readonly needsApproval: boolean;
  readonly approvalMs: number | undefined;
  readonly startMs: number;
  /** Forked for each purpose. */
  readonly random: Random;
  /** Called when somebody said something in lane `run`: its job is due. */
  onSaid: () => void;
  /** When the run last went on by a new plan. The clock of whoever wrote so may be wrong. */
  replannedMs: number;
  /** What happens right after certain entries of the journal. */
  readonly strikes: Strike[];
  /** When the eviction of a pod was first admitted, by its UID. */
  readonly evicted: Map<string, number>;
  /** Members whose tag nofailover somebody set. */
  readonly tagged: Set<string>;
  /** The last switchover that was asked for, by cluster. */
  readonly asked: Map<string, AskedSwitchover>;
  /** Nodes that somebody else opened, and when. */
  readonly opened: Map<string, number>;
  /** Until when switchovers that somebody else had asked for are over, by cluster and new timeline. */
  readonly begunByOthers: Map<string, number>;
  /** Nodes that another drainer takes away, and since when it says so on them. */
  readonly drainedByOthers: Map<string, number>;
  /** Those on which one ever said so. */
  readonly signedOnce: Set<string>;
  /** Those that were taken away so. */
  readonly takenByOthers: Set<string>;
  /** Somebody else scales the set of a temporary member. */
  readonly othersScale: boolean;
  /** How many members the owner of a StatefulSet wants, by its key: as many as before the run, or what somebody else has said since. */
  readonly replicasWanted: Map<string, number>;
  /** What Patroni keeps back at present, by cluster. */
  readonly vague: Map<string, Vagueness>;
  evictionsForbidden: boolean;
  pipelineIsAway: boolean;
  /** A Patroni that is silent keeps whoever asks waiting (hang-patroni.ts). */
  readonly hangs: boolean;
  /** Whoever writes to the journal next dies after so many calls (die-in-act.ts). */
  doomedInCalls: number | undefined;
  /** Mishaps that did happen. */
  readonly happened: Set<MishapKind | BusyKind>;
  /** Entries that Redis has lost. */
  readonly lost: JournalEntry[];
  /** What was done that must never be; each with the moment. */
  readonly violations: string[];
  /** What happened, line by line; undefined: nobody wants to read it. */
  readonly trace: string[] | undefined;
};

/** Whether anything may still go wrong. */
export function isTroubled({ time, startMs, troubles }: Stage): boolean {
  return time.nowMs() - startMs < troubles.healAfterMs;
}

/** Entries of the run that stand in the journal. */
export function entriesOf({ journal, runId }: Stage): readonly JournalEntry[] {
  return journal.runs.get(runId) ?? [];
}

/** Entries that stand in the journal, and those that Redis has lost, in the order in which they were written by the clocks of the workers. */
export function everWritten(stage: Stage): readonly JournalEntry[] {
  const { lost } = stage;
  const standing = entriesOf(stage);
  return lost.length === 0 ? standing : [...standing, ...lost].sort((one, other) => one.atMs - other.atMs);
}

/** Notes what must never be. */
export function violate(stage: Stage, sentence: string): void {
  stage.violations.push(`${clockOf(stage)} ${sentence}`);
  tell(stage, () => `VIOLATION ${sentence}`);
}

/** Adds a line to the trace, if there is one. */
export function tell(stage: Stage, line: () => string): void {
  stage.trace?.push(`${clockOf(stage)} ${line()}`);
}

function clockOf({ time, startMs }: Stage): string {
  return `+${((time.nowMs() - startMs) / 1000).toFixed(3)}`;
}
