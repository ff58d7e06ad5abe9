/** All that a whole drain has: a world and its time, a plan, a journal, a queue, and the count of what takes how long. */
import type { FleetMirror, JournalEntry } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { startChecker } from '../../simulations/checker.ts';
import { type DirectPorts, directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal, type MemoryJournal } from '../../simulations/memory-journal.ts';
import type { World } from '../../simulations/world/world.ts';
import { VirtualTime } from '../seeded-runs/virtual-time.ts';
import { PartTimes } from './part-times.ts';
import { PassJobs } from './pass-jobs.ts';
import type { WholeFleet } from './whole-fleet.ts';
import { worldMirror } from './world-mirror.ts';

export const runId = 'run-1';

export type Stage = {
  readonly world: World;
  readonly time: VirtualTime;
  /** The plan with which the run began. */
  readonly plan: DrainPlan;
  /** Plans that the run went on by, by id. */
  readonly plans: Map<string, DrainPlan>;
  readonly journal: MemoryJournal;
  readonly ports: DirectPorts;
  readonly mirror: FleetMirror;
  readonly jobs: PassJobs;
  readonly times: PartTimes;
  readonly startMs: number;
  /** How many steps are done. */
  readonly done: () => number;
  /** Carried out so far. */
  readonly passes: { run: number; steps: number };
  /** What must never be. */
  readonly violations: string[];
};

/** Returns the stage of a run that was created and has not begun. */
export async function setStage({ world, plan }: WholeFleet): Promise<Stage> {
  const times = new PartTimes();
  const advance = world.advanceTo.bind(world);
  world.advanceTo = (ms) => times.during('world', () => advance(ms));
  startChecker(world, { surgeDefault: plan.request.surge?.default ?? 1 });
  const time = new VirtualTime(world);
  const kept = createMemoryJournal();
  let done = 0;
  const journal: MemoryJournal = {
    ...kept,
    append: async (run, entry) => {
      const said = await kept.append(run, entry);
      if (said.kind === 'appended' && entry.event.kind === 'done') done += 1;
      return said;
    },
  };
  const startMs = world.nowMs();
  const event = {
    kind: 'created',
    plan: plan.id,
    fleet: 'prod',
    requester: 'anna',
    needsApproval: false,
  } as const;
  await journal.append(runId, { lane: 'run', after: 0, by: 'anna', atMs: startMs, event });
  return {
    world,
    time,
    plan,
    plans: new Map(),
    journal,
    ports: directPorts(world, 'lets-time-pass'),
    mirror: worldMirror(world),
    jobs: new PassJobs(time),
    times,
    startMs,
    done: () => done,
    passes: { run: 0, steps: 0 },
    violations: [],
  };
}

/** What the journal has so far. */
export function entriesOf({ journal }: Stage): readonly JournalEntry[] {
  return journal.runs.get(runId) ?? [];
}

/** What it says, read from its beginning. */
export function foldOf(stage: Stage): RunFold {
  return foldRun(stage.plan, runId, entriesOf(stage), stage.plans);
}
