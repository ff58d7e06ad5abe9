/** One seeded run: the executor's own passes, by workers on a bad day, in a fleet where things happen; and the verdict. */
import { foldFurther, foldRun, type RunFold } from '../../executor/record/fold-run.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createRandom } from '../../simulations/world/random.ts';
import { createWorld } from '../../simulations/world/world.ts';
import { say } from './interfere.ts';
import { judgeEnd } from './judge-end.ts';
import { judgeReplay } from './judge-replay.ts';
import { planMishaps } from './mishaps.ts';
import { PassQueue } from './pass-queue.ts';
import { drawSmallFleet } from './small-fleet.ts';
import { isTroubled, runId, type Stage, tell } from './stage.ts';
import { drawTroubles } from './troubles.ts';
import { VirtualTime } from './virtual-time.ts';

export type Played = {
  readonly violations: readonly string[];
  /** State of the run at its end, and why. */
  readonly end: string;
  readonly happened: readonly string[];
  readonly trace: readonly string[];
};

/** Longer than any deadline of the executor. */
const limitMs = 10 * 3_600_000;
const resumesMax = 2;

/** Plays the run of a seed; `wantsTrace` where somebody will read what happened. */
export async function playSeed(seed: number, wantsTrace = false): Promise<Played> {
  const stage = await setStage(seed, wantsTrace);
  const queue = new PassQueue(stage);
  planMishaps(stage);
  queue.open();
  let resumes = 0;
  let known = foldRun(stage.plan, runId, []);
  const fold = (): RunFold => {
    known = foldFurther(known, (stage.journal.runs.get(runId) ?? []).slice(known.lastSequence));
    return known;
  };
  for (;;) {
    const isOver = await stage.time.passUntil(
      () => queue.hasEnded && (hasEnded(fold().state) || !isTroubled(stage)),
      stage.startMs + limitMs,
    );
    const { state, because } = fold();
    tell(stage, () => `the run is ${state}: ${JSON.stringify(because)}`);
    if (!isOver || state !== 'halted' || resumes === resumesMax) break;
    // Somebody looks at it, and goes on.
    resumes += 1;
    await say(stage, { kind: 'resumed' });
  }
  judgeEnd(stage, fold(), queue.hasEnded);
  judgeReplay(stage);
  const { state, because } = fold();
  return {
    violations: stage.violations,
    end: `${state}: ${because.code}`,
    happened: [...stage.happened].sort(),
    trace: stage.trace ?? [],
  };
}

async function setStage(seed: number, wantsTrace: boolean): Promise<Stage> {
  const random = createRandom(seed).fork('seeded run');
  const { objects, plan } = drawSmallFleet(random.fork('fleet'));
  const world = createWorld({ objects: objects.items, seed, durations: { spread: 0.3 } });
  const time = new VirtualTime(world);
  const journal = createMemoryJournal();
  const atMs = world.nowMs();
  await journal.append(runId, {
    lane: 'run',
    after: 0,
    by: 'anna',
    atMs,
    event: { kind: 'created', plan: plan.id, fleet: 'prod', requester: 'anna', needsApproval: false },
  });
  return {
    world,
    time,
    ports: directPorts(world, 'lets-time-pass'),
    plan,
    journal,
    troubles: drawTroubles(random.fork('troubles')),
    startMs: atMs,
    random: random.fork('network'),
    onSaid: () => {},
    strikes: [],
    evicted: new Map(),
    tagged: new Set(),
    asked: new Map(),
    opened: new Map(),
    happened: new Set(),
    violations: [],
    trace: wantsTrace ? [] : undefined,
  };
}
