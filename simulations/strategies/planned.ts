/**
 * A plan carried out by the executor itself, over direct ports and in virtual time: its own passes, its own decisions, the
 * journal in memory. Nothing here imitates it.
 */

import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { RunContext } from '../../executor/contexts.ts';
import { realPace } from '../../executor/limits.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { type DrainPlan, planDrain, readSnapshot } from '../../planner/index.ts';
import type { DrainRequest } from '../../planner/plan.ts';
import { presetsWith } from '../../planner/read/member-presets.ts';
import { startChecker } from '../checker.ts';
import { directPorts } from '../direct-ports.ts';
import { createMemoryJournal } from '../memory-journal.ts';
import type { World } from '../world/world.ts';
import { type StrategyResult, summarize } from './strategy.ts';

const RUN = 'simulated';

/**
 * Passes without a word in the journal beyond which a run is called stuck; the largest fleets need some hundred per step. A run that
 * waits for a window for days says now and then that it looked at the fleet.
 */
const PASSES_PER_STEP_MAX = 5_000;

/** Plans the request on the world as it is now, plays the plan and returns what came of it. */
export async function playPlanned(world: World, request: DrainRequest): Promise<StrategyResult> {
  const startMs = world.nowMs();
  const planned = await planOn(world, request);
  const stuck = planned.kind === 'plan' ? whyStuck(await playPlan(world, planned.plan)) : planned.because;
  return summarize(world, { strategy: 'planned', startMs, stuck });
}

function whyStuck({ ended, fold }: PlayedPlan): string | undefined {
  if (!ended) return 'no end in sight';
  if (fold.state === 'finished') return undefined;
  return `${fold.state}: ${fold.because.code} ${JSON.stringify(fold.because.facts)}`;
}

/** The planner's answer for the world as the executor would read it. */
export async function planOn(
  world: World,
  request: DrainRequest,
): Promise<
  { readonly kind: 'plan'; readonly plan: DrainPlan } | { readonly kind: 'none'; readonly because: string }
> {
  const items = await directPorts(world).kubernetes.listFleetObjects();
  const read = readSnapshot(
    [{ file: 'simulated fleet', document: { apiVersion: 'v1', kind: 'List', items } }],
    presetsWith(world.ownLabels),
  );
  if (read.kind === 'bad-input') return { kind: 'none', because: JSON.stringify(read.problems) };
  const answer = planDrain(read.fleet, request, read.findings);
  return answer.kind === 'plan'
    ? { kind: 'plan', plan: answer.plan }
    : { kind: 'none', because: JSON.stringify(answer.problems) };
}

export type PlayedPlan = {
  /** False: the limit of passes was reached. */
  readonly ended: boolean;
  readonly fold: RunFold;
  readonly entries: readonly JournalEntry[];
};

/** Plays one plan until its run finishes or halts, and returns what its journal says then. The checker watches. */
export async function playPlan(world: World, plan: DrainPlan): Promise<PlayedPlan> {
  const { surge } = plan.request;
  startChecker(world, {
    surgeDefault: surge?.default ?? 1,
    ...(surge?.perZone === undefined ? {} : { surgePerZone: surge.perZone }),
  });
  const journal = createMemoryJournal();
  await journal.append(RUN, {
    lane: 'run',
    after: 0,
    by: 'simulation',
    atMs: world.nowMs(),
    event: {
      kind: 'created',
      plan: plan.id,
      fleet: 'simulated',
      requester: 'simulation',
      needsApproval: false,
    },
  });
  const { clock, ...ports } = directPorts(world);
  const ctx: RunContext = {
    ports: { ...ports, journal },
    firstPlan: atHand(plan),
    runId: RUN,
    worker: 'simulation',
    pace: realPace,
    clock,
    folds: new Map(),
    rolesSeenAtMs: new Map(),
    memberPresets: presetsWith(world.ownLabels),
  };
  const said = (): number => journal.runs.get(RUN)?.length ?? 0;
  const ended = await playPasses(world, ctx, PASSES_PER_STEP_MAX * (plan.steps.length + 1), said);
  const entries = journal.runs.get(RUN) ?? [];
  return { ended, fold: foldRun(plan, RUN, entries), entries };
}

/** Passes as workers make them, each at its virtual time, one after the other. False: the limit was reached. */
async function playPasses(
  world: World,
  ctx: RunContext,
  passesMax: number,
  said: () => number,
): Promise<boolean> {
  const dueMs = new Map<string, number>([['run', world.nowMs()]]);
  let heard = 0;
  for (let passes = 0; passes < passesMax; passes += 1) {
    if (said() > heard) [heard, passes] = [said(), 0];
    const next = earliest(dueMs);
    if (next === undefined) return true;
    world.advanceTo(Math.max(next.atMs, world.nowMs()));
    dueMs.delete(next.job);
    if (next.job === 'run') {
      const pass = await advanceRun(ctx);
      if (pass.kind === 'ended') return true;
      dueMs.set('run', world.nowMs() + Math.max(1, pass.inMs));
      for (const step of pass.readySteps) if (!dueMs.has(step)) dueMs.set(step, world.nowMs());
      continue;
    }
    const pass = await advanceStep({ ...ctx, stepId: next.job });
    if (pass.kind === 'again') dueMs.set(next.job, world.nowMs() + Math.max(1, pass.inMs));
    else dueMs.set('run', world.nowMs());
  }
  return false;
}

function earliest(dueMs: ReadonlyMap<string, number>): { job: string; atMs: number } | undefined {
  let best: { job: string; atMs: number } | undefined;
  for (const [job, atMs] of dueMs) if (best === undefined || atMs < best.atMs) best = { job, atMs };
  return best;
}
