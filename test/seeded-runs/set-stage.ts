/** What a seed begins with: a fleet, its plan, the run, and what is to go wrong. */
import type { JournalEntry } from '../../executor/ports.ts';
import { planOfRound } from '../../executor/record/plan-rounds.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { createRandom } from '../../simulations/world/random.ts';
import type { World } from '../../simulations/world/world.ts';
import { drawHasChecks } from './busy-clusters.ts';
import { changeBeforeStart } from './change-before-start.ts';
import { drawApprovals } from './give-approvals.ts';
import { drawHangs } from './hang-patroni.ts';
import { drawSetToScale } from './scale-by-hand.ts';
import { drawSmallFleet } from './small-fleet.ts';
import type { Stage } from './stage.ts';
import { drawTroubles } from './troubles.ts';
import { VirtualTime } from './virtual-time.ts';

/** The first plan with the steps of those that the run went on by, named as the journal names them. */
export function planSoFar(
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

/** Returns the stage of a seed, with the run created and nothing done. */
export async function setStage(seed: number, wantsTrace: boolean): Promise<Stage> {
  const random = createRandom(seed).fork('seeded run');
  const toScale = drawSetToScale(random.fork('scaled by hand'));
  const { objects, plan, windows } = drawSmallFleet(random.fork('fleet'), toScale);
  const world = createWorld({ objects: objects.items, seed, durations: { spread: 0.3 }, isWatched: false });
  // Half of the runs go on by a new plan where they can.
  const plans = random.fork('new plans').next() < 0.5 ? new Map<string, DrainPlan>() : undefined;
  const changes = plans === undefined ? [] : changeBeforeStart(world, random.fork('before the start'));
  const time = new VirtualTime(world);
  const journal = createMemoryJournal();
  const runId = 'run-1';
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
    runId,
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
