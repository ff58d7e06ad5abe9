/**
 * One pass over one step: read the journal, look, decide, act at most once, record.
 */

import type { Because } from '../planner/plan.ts';
import { perform } from './act.ts';
import type { StepContext, StepPass } from './contexts.ts';
import { deadlineOf } from './deadlines.ts';
import { assume } from './decide/assume.ts';
import type { Decision, Waiting } from './decide/decision.ts';
import {
  excludeEachOther,
  parallelSwitchovers,
  stepInTheWay,
  switchoversUnderWay,
} from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import type { Act, RunEvent } from './journal.ts';
import { isLookedAt } from './look-again.ts';
import { isRestless, lookAtStep } from './look-at-step.ts';
import type { Lane, RunFold } from './record/fold-run.ts';
import { appendToRun, appendToStep, readRun } from './record/record.ts';
import { recordFailure } from './record/record-failure.ts';

const atOnce: StepPass = { kind: 'again', inMs: 0 };

/**
 * Returns what is to come of the step: done, another pass in so many milliseconds, or nothing while the run is not running.
 * A pause lets an open act come to its end and begins none. Failures of the outside delay; a broken assumption halts the
 * run. Throws only where the journal itself cannot be written after a bug of ours.
 */
export async function advanceStep(ctx: StepContext): Promise<StepPass> {
  try {
    return await pass(ctx);
  } catch (error) {
    return await recordFailure(ctx, error);
  }
}

async function pass(ctx: StepContext): Promise<StepPass> {
  const fold = await readRun(ctx);
  const lane = laneOf(fold, ctx.stepId);
  if (lane.done !== undefined) {
    return { kind: 'done' };
  }
  if (fold.startedAtMs === undefined || (fold.state !== 'running' && lane.openAct === undefined)) {
    return { kind: 'stopped' };
  }
  if (!lane.isFree) {
    return { kind: 'again', inMs: ctx.pace.idleMs };
  }
  const { decision, lookedAtMs, through } = await lookAtStep(ctx, fold, lane);
  if (ctx.signal?.aborted === true) {
    return { kind: 'stopped' };
  }
  if (isStale(ctx, lookedAtMs)) {
    return atOnce;
  }
  const next = await carryOut(ctx, fold, lane, decision, lookedAtMs);
  return through === 'mirror' ? waitForNews(ctx, lane, decision, next) : next;
}

/** What is under way is told of by the mirror: nobody has to look for it but now and then. What is blocked may depend on the time. */
function waitForNews(ctx: StepContext, lane: Lane, decision: Decision, next: StepPass): StepPass {
  const isUnderWay = decision.kind === 'wait' && decision.wait === 'waiting';
  if (next.kind !== 'again' || !isUnderWay || isRestless(lane, decision.because.code)) {
    return next;
  }
  return { kind: 'again', inMs: Math.max(next.inMs, ctx.pace.mirrorPollMs) };
}

function laneOf(fold: RunFold, stepId: string): Lane {
  const lane = fold.lanes.get(stepId);
  assume(lane !== undefined, `step ${stepId} is not in plan ${fold.plan.id}`);
  return lane;
}

/** The worker was held up after it looked: what it saw is no ground to act or to record. */
function isStale(ctx: StepContext, lookedAtMs: number): boolean {
  return ctx.clock.nowMs() - lookedAtMs > ctx.pace.staleAfterMs;
}

async function carryOut(
  ctx: StepContext,
  fold: RunFold,
  lane: Lane,
  decision: Decision,
  lookedAtMs: number,
): Promise<StepPass> {
  switch (decision.kind) {
    case 'done': {
      const said = await append(ctx, lane, { kind: 'done', facts: decision.facts });
      return said === 'appended' ? { kind: 'done' } : atOnce;
    }
    case 'answer': {
      const act = lane.openAct?.act.kind;
      assume(act !== undefined, 'only an open act can be answered');
      const { answer, facts } = decision;
      await append(ctx, lane, { kind: 'answer', act, answer, facts });
      return atOnce;
    }
    case 'bind':
      await append(ctx, lane, { kind: 'bound', planNode: decision.planNode, node: decision.node });
      return atOnce;
    case 'wait':
      return wait(ctx, lane, decision);
    case 'halt':
      return haltRun(ctx, fold, lane, decision);
    case 'act':
      if (!isLookedAt(fold, ctx.pace, ctx.clock.nowMs())) {
        return { kind: 'again', inMs: ctx.pace.pollMs };
      }
      return actOnce(ctx, fold, lane, decision.act, lookedAtMs);
  }
}

async function append(ctx: StepContext, lane: Lane, event: RunEvent): Promise<string> {
  const said = await appendToStep(ctx, { lane: ctx.stepId, after: lane.last, event });
  return said.kind;
}

/** Written only when the reason changes. */
async function wait(ctx: StepContext, lane: Lane, waiting: Waiting): Promise<StepPass> {
  const { because } = waiting;
  const nowMs = ctx.clock.nowMs();
  const deadlineMs = deadlineOf(lane, waiting, ctx.pace, nowMs);
  if (nowMs >= deadlineMs) {
    const facts = { ...because.facts, step: ctx.stepId, waitedFor: because.code };
    await closeOpenAct(ctx, lane);
    await appendToRun(ctx, { kind: 'halted', because: { code: 'deadline-passed', facts } });
    return { kind: 'stopped' };
  }
  if (!isSameReason(because, lane.wait?.because)) {
    const kind = waiting.wait;
    await append(ctx, lane, { kind, because, deadlineMs });
  }
  if (waiting.notBeforeMs !== undefined) {
    const inMs = Math.max(0, Math.ceil(waiting.notBeforeMs - nowMs));
    return { kind: 'again', inMs: Math.min(inMs, ctx.pace.windowIdleMs) };
  }
  return { kind: 'again', inMs: waiting.wait === 'blocked' ? ctx.pace.idleMs : ctx.pace.pollMs };
}

function isSameReason(because: Waiting['because'], before: Because | undefined): boolean {
  const { code, facts } = because;
  return (
    before?.code === code && before.facts.subject === facts.subject && before.facts.opens === facts.opens
  );
}

/**
 * Halts the run, unless the journal moved on in what this step depends on: then what was seen may have an explanation
 * that was not known yet (a switchover of ours, for one), and the next pass looks again.
 */
async function haltRun(
  ctx: StepContext,
  fold: RunFold,
  lane: Lane,
  decision: Extract<Decision, { kind: 'halt' }>,
): Promise<StepPass> {
  const isStillTrue = (now: RunFold): boolean => !hasMovedOn(fold, now, lane);
  if (!isStillTrue(await readRun(ctx))) {
    return atOnce;
  }
  const { unplanned, because } = decision;
  if (unplanned !== undefined) {
    const isWritten = await appendToRun(ctx, { kind: 'unplanned', ...unplanned }, isStillTrue);
    if (!isWritten) {
      return atOnce;
    }
  }
  await closeOpenAct(ctx, lane);
  await appendToRun(ctx, { kind: 'halted', because });
  return { kind: 'stopped' };
}

function hasMovedOn(before: RunFold, now: RunFold, lane: Lane): boolean {
  return [...now.lanes].some(([id, other]) => {
    const concerns = id === lane.step.id || excludeEachOther(lane.step, other.step);
    return concerns && other.last !== before.lanes.get(id)?.last;
  });
}

/** A halted run has no open acts, so that it can let go of the fleet. What came of this one, a later look will tell. */
async function closeOpenAct(ctx: StepContext, lane: Lane): Promise<void> {
  if (lane.openAct !== undefined) {
    const { kind } = lane.openAct.act;
    await append(ctx, lane, { kind: 'answer', act: kind, answer: 'unknown', facts: {} });
  }
}

/**
 * Acts once: the Lease is held, the act is written (only if nobody else wrote to this lane, and the run still runs), and
 * only then it is performed. Between writing and performing it is withdrawn if this worker was held up or another step
 * that excludes this one was written first.
 */
async function actOnce(
  ctx: StepContext,
  fold: RunFold,
  lane: Lane,
  act: Act,
  lookedAtMs: number,
): Promise<StepPass> {
  const { kubernetes } = ctx.ports;
  const lease = await kubernetes.holdLease({
    holder: ctx.runId,
    durationSeconds: ctx.pace.leaseSeconds,
    sinceMs: fold.activeSinceMs,
  });
  if (lease.kind === 'taken') {
    const facts = { subject: fold.fleet, takenBy: lease.by };
    await appendToRun(ctx, { kind: 'halted', because: { code: 'fleet-lease-taken', facts } });
    return { kind: 'stopped' };
  }
  const written = await appendToStep(ctx, {
    lane: ctx.stepId,
    after: lane.last,
    event: { kind: 'act', act },
    whileRunning: true,
  });
  if (written.kind !== 'appended') {
    return written.kind === 'not-running' ? { kind: 'stopped' } : atOnce;
  }
  const answered = (answer: string, facts: Extract<RunEvent, { kind: 'answer' }>['facts']) =>
    appendToStep(ctx, {
      lane: ctx.stepId,
      after: written.sequence,
      event: { kind: 'answer', act: act.kind, answer, facts },
    });
  const obstacle = await findObstacle(ctx, lane, written.sequence, lookedAtMs);
  if (obstacle !== undefined) {
    await answered('withdrawn', { obstacle });
    return { kind: 'again', inMs: ctx.pace.pollMs };
  }
  try {
    const { answer, facts } = await perform(ctx, act);
    await answered(answer, facts);
  } catch (error) {
    if (error instanceof OutsideError) {
      // For a switchover no answer is `unknown`: it may still happen.
      const answer = act.kind === 'switchover' ? 'unknown' : 'failed';
      await answered(answer, { failure: error.code, message: error.message });
    }
    throw error;
  }
  return { kind: 'again', inMs: ctx.pace.afterActMs };
}

/** Two workers may have found the way free at the same moment: the journal's order decides between them. */
async function findObstacle(
  ctx: StepContext,
  lane: Lane,
  sequence: number,
  lookedAtMs: number,
): Promise<string | undefined> {
  const fold = await readRun(ctx);
  if (!isLookedAt(fold, ctx.pace, ctx.clock.nowMs())) {
    return 'look-due';
  }
  const other = stepInTheWay(fold, lane.step, sequence);
  if (other !== undefined) {
    return other.step.id;
  }
  const isSwitchover = lane.step.kind === 'switchover';
  if (isSwitchover && switchoversUnderWay(fold, lane.step, sequence) >= parallelSwitchovers(fold)) {
    return 'switchover-limit';
  }
  return ctx.signal?.aborted === true || isStale(ctx, lookedAtMs) ? 'held-up' : undefined;
}
