/** One seeded run: the executor's own passes, by workers on a bad day, in a fleet where things happen; and the verdict. */
import { extensionsMax } from '../../executor/limits.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { planOfRound } from '../../executor/record/plan-rounds.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { createRandom } from '../../simulations/world/random.ts';
import type { World } from '../../simulations/world/world.ts';
import { drawHasChecks, planBusyClusters } from './busy-clusters.ts';
import { changeBeforeStart } from './change-before-start.ts';
import { drawApprovals, planApprovals } from './give-approvals.ts';
import { drawHangs } from './hang-patroni.ts';
import { foldNow, say } from './interfere.ts';
import { judgeEnd } from './judge-end.ts';
import { judgeReplay } from './judge-replay.ts';
import { planMishaps } from './mishaps.ts';
import { PassQueue } from './pass-queue.ts';
import { drawSetToScale } from './scale-by-hand.ts';
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
/** A request may put every deadline off. */
const limitWaitingMs = (1 + extensionsMax) * limitMs;
const resumesMax = 2;

/** Plays the run of a seed; `wantsTrace` where somebody will read what happened. */
export async function playSeed(seed: number, wantsTrace = false): Promise<Played> {
  const stage = await setStage(seed, wantsTrace);
  const queue = new PassQueue(stage);
  planMishaps(stage);
  planBusyClusters(stage);
  planApprovals(stage, stage.random.fork('approvals'));
  queue.open();
  const putsOff = stage.firstPlan.request.onDeadline === 'wait';
  const untilMs = stage.startMs + (putsOff ? limitWaitingMs : limitMs);
  let resumes = 0;
  let end: RunFold;
  for (;;) {
    const isOver = await stage.time.passUntil(() => isAtRest(stage, queue), untilMs);
    end = foldNow(stage);
    const { state, because, plan } = end;
    tell(stage, () => `the run is ${state}: ${JSON.stringify(because)}`);
    if (isOver && state === 'waiting-for-approval') {
      await thinkOver(stage);
      await say(stage, { kind: 'approved', plan: plan.id });
      continue;
    }
    if (!isOver || state !== 'halted' || resumes === resumesMax) break;
    // Somebody looks at it, and goes on.
    resumes += 1;
    await say(stage, { kind: 'resumed' });
  }
  judgeEnd(stage, end, queue.hasEnded);
  judgeReplay(stage);
  const { state, because } = end;
  return {
    violations: stage.violations,
    end: `${state}: ${because.code}${end.skipped.length > 0 ? ', a node left out' : ''}`,
    happened: [...stage.happened].sort(),
    trace: stage.trace ?? [],
  };
}

/** Whoever has to approve is quick, but where windows open and close meanwhile. */
async function thinkOver({ windows, random, time }: Stage): Promise<void> {
  if (windows.size === 0) return;
  const chance = random.fork(`approval at ${time.nowMs()}`);
  const takesMs = chance.next() < 0.5 ? 0 : 30 * 60_000 * chance.next() ** 2;
  await time.passUntil(() => false, time.nowMs() + takesMs);
}

/** Nothing more comes of it, unless somebody says something. */
function isAtRest(stage: Stage, queue: PassQueue): boolean {
  const state = stage.journal.stateOf(runId);
  if (state === 'waiting-for-approval') return !stage.needsApproval;
  if (state === undefined || !queue.hasEnded) return false;
  return hasEnded(state) || (state === 'halted' && !isTroubled(stage));
}

/** The first plan with the steps of those that the run went on by, named as the journal names them. */
function planSoFar(
  first: DrainPlan,
  plans: ReadonlyMap<string, DrainPlan> | undefined,
  entries: readonly JournalEntry[],
): DrainPlan {
  if (plans === undefined || plans.size === 0) return first;
  const later = entries.flatMap(({ event }) =>
    event.kind === 'replanned' ? (plans.get(event.plan) ?? []) : [],
  );
  const steps = later.flatMap((plan, index) => planOfRound(plan, index + 2).steps);
  return { ...first, steps: [...first.steps, ...steps] };
}

function replicasOfAll({ store }: World): Map<string, number> {
  return new Map(
    store
      .list('StatefulSet')
      .map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, Number(spec?.replicas ?? 1)]),
  );
}

async function setStage(seed: number, wantsTrace: boolean): Promise<Stage> {
  const random = createRandom(seed).fork('seeded run');
  const toScale = drawSetToScale(random.fork('scaled by hand'));
  const { objects, plan, windows } = drawSmallFleet(random.fork('fleet'), toScale);
  const world = createWorld({ objects: objects.items, seed, durations: { spread: 0.3 }, isWatched: false });
  // Half of the runs go on by a new plan where they can.
  const plans = random.fork('new plans').next() < 0.5 ? new Map<string, DrainPlan>() : undefined;
  const changes = plans === undefined ? [] : changeBeforeStart(world, random.fork('before the start'));
  const time = new VirtualTime(world);
  const journal = createMemoryJournal();
  const atMs = world.nowMs();
  const waits = drawApprovals(random.fork('approvals'));
  await journal.append(runId, {
    lane: 'run',
    after: 0,
    by: 'anna',
    atMs,
    event: {
      kind: 'created',
      plan: plan.id,
      fleet: 'prod',
      requester: 'anna',
      needsApproval: false,
      ...waits,
    },
  });
  return {
    world,
    time,
    ports: directPorts(world, 'lets-time-pass'),
    firstPlan: plan,
    get plan() {
      return planSoFar(plan, plans, journal.runs.get(runId) ?? []);
    },
    plans,
    journal,
    troubles: drawTroubles(random.fork('troubles')),
    hasMirrors: random.fork('mirrors').next() < 0.5,
    hasChecks: drawHasChecks(random.fork('checks')),
    windows,
    needsApproval: waits !== undefined,
    approvalMs: waits?.approvalMs,
    startMs: atMs,
    random: random.fork('network'),
    onSaid: () => {},
    replannedMs: 0,
    strikes: [],
    evicted: new Map(),
    tagged: new Set(),
    asked: new Map(),
    opened: new Map(),
    begunByOthers: new Map(),
    vague: new Map(),
    evictionsForbidden: false,
    pipelineIsAway: false,
    hangs: drawHangs(random.fork('hangs')),
    doomedInCalls: undefined,
    drainedByOthers: new Map(),
    signedOnce: new Set(),
    takenByOthers: new Set(),
    othersScale: toScale !== undefined,
    replicasWanted: replicasOfAll(world),
    lost: [],
    happened: new Set([
      ...(changes.length > 0 ? (['fleet-changed-before'] as const) : []),
      ...(windows.size > 0 ? (['windows'] as const) : []),
    ]),
    violations: [],
    trace: wantsTrace ? [...changes] : undefined,
  };
}
