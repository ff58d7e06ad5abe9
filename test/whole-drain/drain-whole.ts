/** A whole drain: a fleet of any size carried out to the end of its run by the executor's own passes, in virtual time. */
import { giveMemoryBack } from '../../executor/give-memory-back.ts';
import { judgeWhole } from './judge-whole.ts';
import type { Times } from './part-times.ts';
import { type Surprise, surprise } from './surprise.ts';
import { type FleetWanted, wholeFleet } from './whole-fleet.ts';
import { entriesOf, runId, type Stage, setStage } from './whole-stage.ts';
import { WholeWorker } from './whole-worker.ts';

export type DrainWanted = FleetWanted & {
  /** What happens when half of the steps are done. */
  readonly surprise?: Surprise;
};

/** What a part of the run took: the times of the steps that were done in it. */
export type Stretch = {
  readonly steps: number;
  readonly entries: number;
  readonly passes: { readonly run: number; readonly steps: number };
  readonly virtualSeconds: number;
  readonly times: Times;
  readonly heapMB: number;
};

export type Drained = {
  readonly steps: number;
  readonly switchovers: number;
  readonly plans: number;
  readonly planMs: number;
  readonly judgeMs: number;
  /** What must not be; empty: all is well. */
  readonly violations: readonly string[];
};

const workers = 2;
const quarters = 4;
/** Of virtual time: longer than any plan of a thousand nodes. */
const limitMs = 14 * 24 * 3_600_000;

/** Plays the run to its end and judges it; tells of each quarter of its steps when they are done. */
export async function drainWhole(
  wanted: DrainWanted,
  tell: (quarter: Stretch) => void = () => {},
): Promise<Drained> {
  const beganMs = performance.now();
  const fleet = await wholeFleet(wanted);
  const plannedMs = performance.now();
  const stage = await setStage(fleet);
  const crew = Array.from({ length: workers }, (_, index) => new WholeWorker(stage, `worker-${index + 1}`));
  stage.jobs.hurry('run');
  let surprised: ReadonlySet<string> = new Set();
  for (let quarter = 1; quarter <= quarters; quarter += 1) {
    if (quarter === 3 && wanted.surprise !== undefined) surprised = surprise(stage, wanted.surprise, crew);
    const least = quarter < quarters ? (stage.plan.steps.length * quarter) / quarters : undefined;
    tell(await playStretch(stage, least));
  }
  const playedMs = performance.now();
  const violations = judgeWhole(stage, surprised);
  return {
    steps: stage.done(),
    switchovers: stage.world.roleChanges.length,
    plans: 1 + stage.plans.size,
    planMs: plannedMs - beganMs,
    judgeMs: performance.now() - playedMs,
    violations,
  };
}

/** Until so many steps are done; undefined: to the end. */
async function playStretch(stage: Stage, least: number | undefined): Promise<Stretch> {
  const { time, times, startMs } = stage;
  const before = {
    steps: stage.done(),
    entries: entriesOf(stage).length,
    ms: time.nowMs(),
    passes: { ...stage.passes },
    times: times.now(),
  };
  const isOver = (): boolean => isAtRest(stage) || (least !== undefined && stage.done() >= least);
  await time.passUntil(isOver, startMs + limitMs);
  const now = times.now();
  giveMemoryBack();
  return {
    steps: stage.done() - before.steps,
    entries: entriesOf(stage).length - before.entries,
    passes: {
      run: stage.passes.run - before.passes.run,
      steps: stage.passes.steps - before.passes.steps,
    },
    virtualSeconds: (time.nowMs() - before.ms) / 1_000,
    times: {
      world: now.world - before.times.world,
      ports: now.ports - before.times.ports,
      mirror: now.mirror - before.times.mirror,
      journal: now.journal - before.times.journal,
      executor: now.executor - before.times.executor,
      processor: now.processor - before.times.processor,
    },
    heapMB: process.memoryUsage().heapUsed / 1e6,
  };
}

/** The run has ended and let go of the fleet, or nothing more comes of it. */
function isAtRest({ journal, jobs }: Stage): boolean {
  const state = journal.stateOf(runId);
  return jobs.size === 0 && (state === 'finished' || state === 'halted');
}
