/**
 * One pass over the run: who holds the fleet, whether it may begin, what may be worked on, whether it has come to its end.
 */
import { abortRun, takeOffMarks } from './abort-run.ts';
import type { RunContext, RunPass } from './contexts.ts';
import { OutsideError } from './errors.ts';
import { findUnsettled } from './find-unrest.ts';
import type { RunEvent } from './journal.ts';
import { keepHolds, takeOffHolds } from './keep-holds.ts';
import { holdFleet } from './lease-of-run.ts';
import { isLookDue, isLookedAt, lookAgain } from './look-again.ts';
import { windowAwaited } from './record/describe-run.ts';
import { nextWave } from './record/fold-approval.ts';
import { openStepIds, readyStepIds } from './record/fold-run.ts';
import { appendToRun, appendToStep, readRun, sameRunAs } from './record/record.ts';
import { delayAfterTrouble, troubleFacts } from './record/record-failure.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun } from './record/run-states.ts';
import { replanRun } from './replan-run.ts';
import { lookBeforeStart } from './start-run.ts';
import { endWave, expireApproval } from './wait-for-approval.ts';
import { haltOnForeignRoleChange } from './watch-roles.ts';

/**
 * Returns the steps to work on now and when to look again, or that the run has ended. `ended` is also said of a halted run
 * that has let go of the fleet: it is looked at again when somebody resumes or aborts it.
 */
export async function advanceRun(ctx: RunContext): Promise<RunPass> {
  try {
    const fold = await readRun(ctx);
    return await passBy(ctx, fold);
  } catch (error) {
    return await afterFailure(ctx, error);
  }
}

async function passBy(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  switch (fold.state) {
    case 'waiting-for-approval':
      return waitForApproval(ctx, fold);
    case 'waiting-for-window':
      return again(ctx.pace.idleMs);
    case 'running':
      return run(ctx, fold);
    case 'pausing':
      return pause(ctx, fold);
    case 'paused':
      // The fleet stays ours: our fences stand on it.
      await holdFleet(ctx, fold);
      return again(ctx.pace.idleMs);
    case 'aborting':
      // Also where another run has the fleet by now: only our own marks are taken off.
      await holdFleet(ctx, fold);
      return waitForOpenActs(ctx, fold) ?? abortRun(ctx, fold);
    case 'halted':
      return rest(ctx, fold);
    case 'rejected':
    case 'expired':
      return (await takeOffMarks(ctx, fold)) ?? letGo(ctx);
    case 'finished':
    case 'aborted':
      return letGo(ctx);
  }
}

async function waitForApproval(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  if (await expireApproval(ctx, fold)) {
    return again(0);
  }
  if (fold.isRecovered && fold.plan.steps.length === 0) {
    // It is to take its marks off: whoever has found it again died before he said so.
    await appendToRun(ctx, {
      kind: 'abort-asked',
      comment: 'found again after its journal was lost, and nothing is left to do',
    });
    return again(0);
  }
  if (hasBegun(fold)) {
    // Between two waves, and while a new plan waits, the fleet stays ours: our fences stand on it. Before the start the Lease runs out by
    // itself: a worker that held still would drop it late, of a run that was approved and has begun meanwhile.
    await holdFleet(ctx, fold);
  }
  return again(ctx.pace.idleMs);
}

async function run(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  if (await expireApproval(ctx, fold)) {
    return again(0);
  }
  const lease = await holdFleet(ctx, fold);
  if (lease.kind === 'taken') {
    return whenTaken(ctx, fold, lease.by);
  }
  if (fold.startedAtMs === undefined) {
    return start(ctx, fold);
  }
  if (await haltOnForeignRoleChange(ctx, fold)) {
    return again(0);
  }
  const ready = readyStepIds(fold);
  const isAtEnd = ready.length === 0 && nextWave(fold.plan, fold.approvedWave) === undefined;
  if (isAtEnd) {
    return finish(ctx, fold);
  }
  const isHoldChanged = await keepHolds(ctx, fold);
  if (ready.length === 0 && !isHoldChanged) {
    // Until the next wave is approved holds stay, as fences do.
    await endWave(ctx, fold);
    return again(0);
  }
  if (isLookDue(fold, ctx.pace, ctx.clock.nowMs())) {
    await lookAgain(ctx, fold);
  }
  // Days may pass until a window opens; only the lease and the roles have to be looked after.
  const isWaiting = windowAwaited(fold) !== undefined;
  const inMs = isWaiting ? ctx.pace.idleMs : ctx.pace.pollMs;
  // A pass over the run goes before all others, and a hold is several requests: steps get their turn between two of them.
  return again(isHoldChanged ? ctx.pace.afterActMs : inMs, ready);
}

/** All is done but taking the holds off. */
async function finish(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const left = await takeOffHolds(ctx, fold);
  if (left === undefined) {
    await endWave(ctx, fold);
  }
  return left ?? again(0);
}

/** The lease of a run that died runs out by itself; one that is renewed belongs to a run that lives. */
async function whenTaken(ctx: RunContext, fold: RunFold, takenBy: string): Promise<RunPass> {
  const hadIt = fold.startedAtMs !== undefined && fold.activeSinceMs <= fold.startedAtMs;
  // Workers may have been away for longer: only now there is somebody who lets go of a run that has ended, or finds a lost one again.
  const known = ctx.leaseTakenAtMs;
  const key = `${fold.runId} ${fold.activeSinceMs} ${takenBy}`;
  const foundMs = known === undefined ? fold.activeSinceMs : (known.get(key) ?? ctx.clock.nowMs());
  known?.set(key, foundMs);
  const patientUntilMs = foundMs + ctx.pace.leasePatienceMs;
  const facts = { subject: fold.fleet, takenBy };
  if (!hadIt && ctx.clock.nowMs() < patientUntilMs) {
    if (fold.startedAtMs === undefined && fold.startAwaits?.facts.takenBy !== takenBy) {
      const until = new Date(patientUntilMs).toISOString();
      const because = { code: 'start-awaited', facts: { ...facts, until } };
      await writeStart(ctx, fold, { kind: 'start-awaited', because });
    }
    return again(ctx.pace.idleMs);
  }
  const because = { code: 'fleet-lease-taken', facts };
  await appendToRun(ctx, { kind: 'halted', because }, sameRunAs(fold));
  return again(0);
}

/**
 * The lane guard sees to it that a pause or an abort asked for meanwhile comes first, and the entry known last that nothing begins on the
 * strength of an approval that Redis has lost.
 */
async function writeStart(ctx: RunContext, fold: RunFold, event: RunEvent): Promise<void> {
  await appendToStep(ctx, { lane: 'run', after: fold.lastOfRunLane, event, knowing: fold.lastEntry });
}

async function start(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const event = await lookBeforeStart(ctx, fold);
  const isAwaited = event.kind === 'start-awaited';
  if (!isAwaited || event.because.facts.why !== fold.startAwaits?.facts.why) {
    await writeStart(ctx, fold, event);
  }
  return again(isAwaited ? ctx.pace.startEveryMs : 0);
}

async function pause(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  await holdFleet(ctx, fold);
  const open = waitForOpenActs(ctx, fold);
  if (open !== undefined) {
    return open;
  }
  await appendToRun(ctx, { kind: 'paused' }, (now) => openStepIds(now).length === 0);
  return again(0);
}

/**
 * Whoever has the fleet next knows nothing of what may still come of our acts, and no guard of his can see it: he might ask for the same switchover
 * once more. So a halted run keeps the fleet until they have settled.
 */
async function rest(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const isSettled = openStepIds(fold).length === 0 && findUnsettled(ctx, fold) === undefined;
  if (!isSettled) {
    await holdFleet(ctx, fold);
  }
  const next = waitForOpenActs(ctx, fold) ?? (await replanRun(ctx, fold));
  return next ?? (isSettled ? letGo(ctx) : again(ctx.pace.idleMs));
}

/** Acts without answer come to their end first; their steps are worked on for that alone. */
function waitForOpenActs(ctx: RunContext, fold: RunFold): RunPass | undefined {
  const open = openStepIds(fold);
  return open.length === 0 ? undefined : again(ctx.pace.pollMs, open);
}

/** Safe to repeat: a worker may die between the last entry and this. */
async function letGo(ctx: RunContext): Promise<RunPass> {
  await ctx.ports.kubernetes.dropLease({ holder: ctx.runId });
  return { kind: 'ended' };
}

function again(inMs: number, readySteps: readonly string[] = []): RunPass {
  return { kind: 'again', inMs, readySteps };
}

/** Failures of the outside delay. While a look at the whole fleet is due they have a limit of their own; each step has its deadlines. */
async function afterFailure(ctx: RunContext, error: unknown): Promise<RunPass> {
  if (ctx.signal?.aborted === true) {
    return again(ctx.pace.idleMs);
  }
  if (!(error instanceof OutsideError)) {
    const message = error instanceof Error ? error.message : String(error);
    const facts = { subject: ctx.runId, message };
    await appendToRun(ctx, { kind: 'halted', because: { code: 'assumption-broken', facts } });
    return again(ctx.pace.idleMs);
  }
  try {
    return await afterTrouble(ctx, error);
  } catch (second) {
    if (second instanceof OutsideError) {
      return again(delayAfterTrouble(ctx.pace, 0, second.retryAfterMs));
    }
    throw second;
  }
}

async function afterTrouble(ctx: RunContext, error: OutsideError): Promise<RunPass> {
  const fold = await readRun(ctx);
  const nowMs = ctx.clock.nowMs();
  const waitedMs = nowMs - Math.max(fold.activeSinceMs, fold.lookedAtMs ?? 0, fold.lastEntry?.atMs ?? 0);
  const isStarting = fold.state === 'running' && fold.startedAtMs === undefined;
  const isToLook = fold.state === 'running' && !isLookedAt(fold, ctx.pace, nowMs);
  if (isToLook && waitedMs > ctx.pace.waitLimitMs['outside-trouble']) {
    const because = { code: 'outside-unreachable', facts: troubleFacts(error) };
    await appendToRun(ctx, { kind: 'halted', because }, sameRunAs(fold));
    return again(0);
  }
  if (isStarting && fold.startAwaits?.code !== 'outside-trouble') {
    // No step says so yet.
    const because = { code: 'outside-trouble', facts: troubleFacts(error) };
    await writeStart(ctx, fold, { kind: 'start-awaited', because });
  }
  const steps = fold.state === 'running' && !isStarting ? readyStepIds(fold) : openStepIds(fold);
  return again(delayAfterTrouble(ctx.pace, isStarting ? waitedMs : 0, error.retryAfterMs), steps);
}
