/** Carries a run out in the simulated world as workers do: a queue of passes, each at its virtual time, nothing in parallel. */
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { PlanShelf, Ports, RunContext } from '../../executor/contexts.ts';
import { type Pace, realPace } from '../../executor/limits.ts';
import type { Journal, JournalEntry } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { DrainPlan, DrainRequest } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import { startChecker } from '../../simulations/checker.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal, type MemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';

/** A run that is driven: its world, plan, and journal outlive any worker. */
export type Scene = {
  readonly world: World;
  readonly plan: DrainPlan;
  readonly journal: MemoryJournal;
  /** Plans that the run went on by, by id. */
  readonly plans: Map<string, DrainPlan>;
};

export const runId = 'run-1';

/** The planner's own plan for these objects. */
export function planFor(list: KubernetesList, request: DrainRequest): DrainPlan {
  const read = readSnapshot([{ file: 'fleet.json', document: list }]);
  if (read.kind !== 'fleet') {
    throw new Error(JSON.stringify(read.problems));
  }
  const planned = planDrain(read.fleet, request);
  if (planned.kind !== 'plan') {
    throw new Error(JSON.stringify(planned.problems));
  }
  return planned.plan;
}

/** A world with these objects, a plan, and a journal in which the run was created. */
export async function setScene(
  list: KubernetesList,
  plan: DrainPlan,
  more: Partial<Extract<JournalEntry['event'], { kind: 'created' }>> = {},
): Promise<Scene> {
  const world = createWorld({ objects: list.items });
  startChecker(world, { surgeDefault: 1, movesPerMemberMax: 1 });
  const journal = createMemoryJournal();
  await journal.append(runId, {
    lane: 'run',
    after: 0,
    by: 'anna',
    atMs: world.nowMs(),
    event: {
      kind: 'created',
      plan: plan.id,
      fleet: 'prod',
      requester: 'anna',
      needsApproval: more.approvals === 'wave',
      ...more,
    },
  });
  return { world, plan, journal, plans: new Map() };
}

/** What the journal of the scene says. */
export function readScene({ plan, journal, plans }: Scene): RunFold {
  return foldRun(plan, runId, journal.runs.get(runId) ?? [], plans);
}

/** Says something in lane 'run' as a person would. */
export async function say(scene: Scene, event: JournalEntry['event']): Promise<void> {
  const after = readScene(scene).lastOfRunLane;
  const said = await scene.journal.append(runId, {
    lane: 'run',
    after,
    by: 'anna',
    atMs: scene.world.nowMs(),
    event,
  });
  if (said.kind !== 'appended') {
    throw new Error(said.kind);
  }
}

export type Drive = {
  readonly worker?: string;
  /** Each pass is made by two workers at the same time, as after a lost lock. */
  readonly twice?: boolean;
  readonly pace?: Pace;
  /** The run may go on by a new plan. */
  readonly replans?: boolean;
  /** Undefined: every pass over the run looks at the roles. */
  readonly rolesSeenAtMs?: Map<string, number>;
  /** Wraps the journal, e.g. to die at an entry. */
  readonly journal?: (journal: Journal) => Journal;
  /** Wraps the other ports, e.g. to let some answers fail. */
  readonly ports?: (ports: Omit<Ports, 'journal'>) => Omit<Ports, 'journal'>;
  /** Ends the drive before a pass; the run stays where it is. */
  readonly until?: () => boolean;
  /** Called before each pass, e.g. to change the world. */
  readonly beforePass?: () => Promise<void> | void;
};

/** Passes after which a run that has not ended never will. */
const passesMax = 20_000;

/** Drives the run until it has ended, or `until`. Errors of the journal wrapper pass through: the worker is dead then. */
export async function drive(scene: Scene, options: Drive = {}): Promise<RunFold> {
  const ctx = contextOf(scene, options);
  const dueMs = new Map<string, number>([['run', scene.world.nowMs()]]);
  for (let count = 0; count < passesMax; count += 1) {
    if (options.until?.() === true) {
      return readScene(scene);
    }
    const next = earliest(dueMs);
    if (next === undefined) {
      return readScene(scene);
    }
    const [job, atMs] = next;
    if (atMs > scene.world.nowMs()) {
      scene.world.advanceTo(atMs);
    }
    await options.beforePass?.();
    dueMs.delete(job);
    const passes = options.twice === true ? [ctx, { ...ctx, worker: `${ctx.worker}-twin` }] : [ctx];
    await Promise.all(passes.map((each) => pass(each, scene, dueMs, job)));
  }
  throw new Error(
    `not ended after ${passesMax} passes: ${JSON.stringify(describeRun(readScene(scene)).steps)}`,
  );
}

/** Returns what one worker works with. */
export function contextOf(scene: Scene, options: Drive = {}): RunContext {
  const { kubernetes, patroni, pipeline, clock } = directPorts(scene.world);
  const outside = options.ports?.({ kubernetes, patroni, pipeline }) ?? { kubernetes, patroni, pipeline };
  return {
    ports: { ...outside, journal: options.journal?.(scene.journal) ?? scene.journal },
    firstPlan: atHand(scene.plan),
    plans: options.replans === true ? shelfOf(scene) : undefined,
    runId,
    worker: options.worker ?? 'worker-1',
    pace: options.pace ?? realPace,
    rolesSeenAtMs: options.rolesSeenAtMs,
    clock,
  };
}

function shelfOf({ plans }: Scene): PlanShelf {
  return {
    get: async (id) => plans.get(id),
    keep: async (plan) => {
      plans.set(plan.id, plan);
    },
  };
}

async function pass(ctx: RunContext, scene: Scene, dueMs: Map<string, number>, job: string): Promise<void> {
  if (job !== 'run') {
    const step = await advanceStep({ ...ctx, stepId: job });
    if (step.kind === 'again') {
      dueMs.set(job, scene.world.nowMs() + step.inMs);
    } else {
      // A step that is done makes others ready: the run's pass finds them.
      dueMs.set('run', scene.world.nowMs());
    }
    return;
  }
  const whole = await advanceRun(ctx);
  if (whole.kind === 'ended') {
    dueMs.clear();
    return;
  }
  // At least a millisecond, so that a pass that asks to be called at once cannot hold up time for ever.
  dueMs.set('run', scene.world.nowMs() + Math.max(whole.inMs, 1));
  for (const id of whole.readySteps) {
    if (!dueMs.has(id)) {
      dueMs.set(id, scene.world.nowMs());
    }
  }
}

function earliest(dueMs: ReadonlyMap<string, number>): readonly [string, number] | undefined {
  let best: readonly [string, number] | undefined;
  for (const entry of dueMs) {
    if (best === undefined || entry[1] < best[1]) {
      best = entry;
    }
  }
  return best;
}

/** The worker died. */
export class Died extends Error {}

type Append = Parameters<Journal['append']>[1];

/** A journal whose worker dies at its n-th append: right after it was written, or right before. */
export function dyingJournal(journal: Journal, atAppend: number, when: 'before' | 'after'): Journal {
  let appends = 0;
  const isNext = (): boolean => {
    appends += 1;
    return appends === atAppend;
  };
  return dyingAt(journal, isNext, when);
}

/** A journal whose worker dies at the first entry that `isIt`: right after it was written, or right before. */
export function dyingAt(
  journal: Journal,
  isIt: (entry: Append) => boolean,
  when: 'before' | 'after',
): Journal {
  let isDead = false;
  const live = (): void => {
    if (isDead) {
      throw new Died();
    }
  };
  const die = (): never => {
    isDead = true;
    throw new Died();
  };
  return {
    append: async (run, entry) => {
      live();
      const isLast = isIt(entry);
      if (isLast && when === 'before') {
        die();
      }
      const said = await journal.append(run, entry);
      return isLast ? die() : said;
    },
    read: async (run, afterSequence) => {
      live();
      return journal.read(run, afterSequence);
    },
  };
}
