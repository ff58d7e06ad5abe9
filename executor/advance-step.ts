/**
 * One pass over one step: read the journal, look, decide, act at most once, record.
 */

import { perform } from './act.ts';
import type { StepContext, StepPass } from './contexts.ts';
import type { Decision, Memory, Waiting } from './decide/decision.ts';
import { type DecidedEvents, eventsOf } from './decide/events-of.ts';
import { isActivity } from './decide/nothing-goes-on.ts';
import {
  excludeEachOther,
  parallelSwitchovers,
  stepInTheWay,
  switchoversUnderWay,
} from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import type { Act, RunEvent } from './journal.ts';
import { isLookedAt } from './look-again.ts';
import { type Decided, isRestless, lookAtStep } from './look-at-step.ts';
import type { EntryHead } from './ports.ts';
import { groundsOf } from './record/grounds.ts';
import type { Lane } from './record/lane.ts';
import { appendToRun, appendToStep, readRun, sameRunAs } from './record/record.ts';
import { recordFailure } from './record/record-failure.ts';
import type { RunFold } from './record/run-fold.ts';
import { deadlineOf } from './record/turns.ts';

const atOnce: StepPass = { kind: 'again', inMs: 0 };

/** What came of a pass. `held-up`: what it had looked at was too old to do anything with. */
type Passed = StepPass | { readonly kind: 'held-up' };

/**
 * Returns what is to come of the step: done, another pass in so many milliseconds, or nothing while the run is not running.
 * A pause lets an open act come to its end and begins none. Failures of the outside delay; a broken assumption halts the
 * run. Throws only where the journal itself cannot be written after a bug of ours.
 */
export async function advanceStep(ctx: StepContext): Promise<StepPass> {
  try {
    return await passInTime(ctx);
  } catch (error) {
    return await recordFailure(ctx, error);
  }
}

/**
 * A worker that stood still for a moment looks again, at once. Where that takes as long, servers are so slow that the next look will, too: that
 * is a failure of the outside like any other, which is told and has a deadline.
 */
async function passInTime(ctx: StepContext): Promise<StepPass> {
  const first = await pass(ctx);
  const last = first.kind === 'held-up' ? await pass(ctx) : first;
  if (last.kind !== 'held-up') {
    return last;
  }
  const seconds = Math.round(ctx.pace.staleAfterMs / 1_000);
  throw new OutsideError({
    code: 'timeout',
    target: 'the fleet',
    request: `look at step ${ctx.stepId}`,
    message: `took longer than ${seconds} s twice in a row, and what was seen before then is no ground to act: its servers are slow, or the worker is`,
  });
}

async function pass(ctx: StepContext): Promise<Passed> {
  const fold = await readRun(ctx);
  const lane = fold.lanes.get(ctx.stepId);
  if (lane === undefined) {
    // The run goes on by another plan, or was found again after its journal was lost: this step is nobody's any more.
    return { kind: 'stopped' };
  }
  if (lane.done !== undefined) {
    return { kind: 'done' };
  }
  if (fold.startedAtMs === undefined || (fold.state !== 'running' && lane.openAct === undefined)) {
    return { kind: 'stopped' };
  }
  if (!lane.isFree) {
    return { kind: 'again', inMs: ctx.pace.idleMs };
  }
  const { through, ...decided } = await lookAtStep(ctx, fold, lane);
  if (ctx.signal?.aborted === true) {
    return { kind: 'stopped' };
  }
  if (isStale(ctx, decided.lookedAtMs)) {
    return { kind: 'held-up' };
  }
  const next = await carryOut(ctx, decided);
  return through === 'mirror' ? waitForNews(ctx, decided.memory, decided.decision, next) : next;
}

/**
 * What is under way is told of by the mirror: nobody has to look for it but now and then. What is blocked may depend on the time. Of
 * what Patroni alone knows no news come: it is asked soon, and less often the longer it takes.
 */
function waitForNews(ctx: StepContext, { lane, nowMs }: Memory, decision: Decision, next: Passed): Passed {
  if (next.kind !== 'again' || decision.kind !== 'wait') {
    return next;
  }
  const { because, wait } = decision;
  if (isRestless(lane, because.code)) {
    const waitedMs = lane.wait?.because.code === because.code ? nowMs - lane.wait.sinceMs : 0;
    return { kind: 'again', inMs: Math.min(next.inMs, Math.max(waitedMs, ctx.pace.afterActMs)) };
  }
  const inMs = wait === 'waiting' ? Math.max(next.inMs, ctx.pace.mirrorPollMs) : next.inMs;
  const deadlineMs = deadlineOf(lane, because.code, nowMs);
  // Of a window nobody tells that it has opened.
  return deadlineMs === undefined || decision.notBeforeMs !== undefined
    ? { kind: 'again', inMs }
    : { kind: 'again', inMs, withinMs: deadlineMs - nowMs };
}

/** The worker was held up, or its servers were, since it began to look: what it saw is no ground to act or to record. */
function isStale(ctx: StepContext, lookedAtMs: number): boolean {
  return ctx.clock.nowMs() - lookedAtMs > ctx.pace.staleAfterMs;
}

async function carryOut(ctx: StepContext, decided: Decided): Promise<Passed> {
  const { memory, decision } = decided;
  const events = eventsOf(decision, memory);
  if (events.halted !== undefined) {
    return haltRun(ctx, decided, events);
  }
  switch (decision.kind) {
    case 'act':
      return events.own?.kind === 'act'
        ? actOnce(ctx, decided, events.own.act)
        : { kind: 'again', inMs: ctx.pace.pollMs };
    case 'wait':
      await appendOwn(ctx, decided, events.own);
      return { kind: 'again', inMs: delayOf(decision, memory) };
    case 'done':
      return (await appendOwn(ctx, decided, events.own)) ? { kind: 'done' } : atOnce;
    default:
      await appendOwn(ctx, decided, events.own);
      return atOnce;
  }
}

/** Returns whether it was written into the lane of the step. */
async function appendOwn(ctx: StepContext, decided: Decided, event: RunEvent | undefined): Promise<boolean> {
  if (event === undefined) {
    return false;
  }
  const { memory, seen } = decided;
  const { fold, lane } = memory;
  const entry = { lane: ctx.stepId, after: lane.last, event, grounds: groundsOf(seen, memory) };
  return (await appendToStep(ctx, { ...entry, knowing: fold.lastEntry })).kind === 'appended';
}

function delayOf({ wait, because, notBeforeMs }: Waiting, { pace, nowMs }: Memory): number {
  if (notBeforeMs !== undefined) {
    return Math.min(Math.ceil(Math.max(0, notBeforeMs - nowMs)), pace.windowIdleMs);
  }
  if (isActivity(because.code)) {
    return pace.activityEveryMs;
  }
  return wait === 'blocked' ? pace.idleMs : pace.pollMs;
}

/**
 * Halts the run. Where the decision is to halt, not if the journal moved on in what this step depends on: then what was seen may
 * have an explanation that was not known yet (a switchover of ours, for one), and the next pass looks again. Nor ever a run that a person, an
 * approval or a new plan has set going since: they have answered for what was so before.
 */
async function haltRun(ctx: StepContext, decided: Decided, events: DecidedEvents): Promise<StepPass> {
  const { fold, lane } = decided.memory;
  const { unplanned, own, halted } = events;
  const isSameRun = sameRunAs(fold);
  const isStillTrue = (now: RunFold): boolean => isSameRun(now) && !hasMovedOn(fold, now, lane);
  if (decided.decision.kind === 'halt' && !isStillTrue(await readRun(ctx))) {
    return atOnce;
  }
  const grounds = { ...groundsOf(decided.seen, decided.memory), step: ctx.stepId };
  const on = { grounds, knowing: fold.lastEntry };
  if (unplanned !== undefined) {
    // The watch over the roles may have told of it while this step looked.
    const isNews = (now: RunFold): boolean =>
      isStillTrue(now) && changesOf(now, unplanned) === changesOf(fold, unplanned);
    if (!(await appendToRun(ctx, unplanned, isNews, on))) {
      return atOnce;
    }
  }
  await appendOwn(ctx, decided, own);
  if (halted !== undefined) {
    await appendToRun(ctx, halted, isSameRun, on);
  }
  return { kind: 'stopped' };
}

/** How many role changes of this cluster the journal has that are not ours. */
function changesOf({ unplanned }: RunFold, { cluster }: { readonly cluster: string }): number {
  return unplanned.filter((change) => change.cluster === cluster).length;
}

function hasMovedOn(before: RunFold, now: RunFold, lane: Lane): boolean {
  return [...now.lanes].some(([id, other]) => {
    const concerns = id === lane.step.id || excludeEachOther(lane.step, other.step);
    return concerns && other.last !== before.lanes.get(id)?.last;
  });
}

/**
 * Acts once: the Lease is held, the act is written (only if nobody else wrote to this lane, and the run still runs), and
 * only then it is performed. Between writing and performing it is withdrawn if this worker was held up, another step
 * that excludes this one was written first, the run goes on by another plan, or Redis has lost what was written.
 */
async function actOnce(ctx: StepContext, { memory, seen, lookedAtMs }: Decided, act: Act): Promise<Passed> {
  const { fold, lane } = memory;
  const { kubernetes } = ctx.ports;
  const lease = await kubernetes.holdLease({
    holder: ctx.runId,
    durationSeconds: ctx.pace.leaseSeconds,
    sinceMs: fold.activeSinceMs,
  });
  if (lease.kind === 'taken') {
    const facts = { subject: fold.fleet, takenBy: lease.by };
    const because = { code: 'fleet-lease-taken', facts };
    await appendToRun(ctx, { kind: 'halted', because }, sameRunAs(fold));
    return { kind: 'stopped' };
  }
  const written = await appendToStep(ctx, {
    lane: ctx.stepId,
    after: lane.last,
    event: { kind: 'act', act },
    grounds: groundsOf(seen, memory),
    whileRunning: true,
    knowing: fold.lastEntry,
  });
  if (written.kind !== 'appended') {
    return written.kind === 'not-running' ? { kind: 'stopped' } : atOnce;
  }
  // Where Redis has lost the act, another may have its number: then this answer is nobody's, and is not written.
  const answered = (answer: string, facts: Extract<RunEvent, { kind: 'answer' }>['facts']) =>
    appendToStep(ctx, {
      lane: ctx.stepId,
      after: written.sequence,
      event: { kind: 'answer', act: act.kind, answer, facts },
      knowing: written,
    });
  const obstacle = await findObstacle(ctx, lane, written, lookedAtMs);
  if (obstacle !== undefined) {
    await answered('withdrawn', { obstacle });
    return obstacle === 'held-up' ? { kind: 'held-up' } : { kind: 'again', inMs: ctx.pace.pollMs };
  }
  try {
    const { answer, facts } = await perform(ctx, fold, act);
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
  { sequence, atMs }: EntryHead,
  lookedAtMs: number,
): Promise<string | undefined> {
  const fold = await readIfAnswered(ctx);
  if (fold === undefined) {
    // Nobody but this pass knows that the act was not begun: unsaid, all would wait for it, and take a role change for its doing.
    return 'journal-unread';
  }
  const own = fold.lanes.get(ctx.stepId);
  if (own === undefined) {
    return 'another-plan';
  }
  const last = own.acts.at(-1);
  // Of an act that Redis has lost nobody knows, and others may begin what it excludes. Nor is there anything to withdraw.
  if (last?.sequence !== sequence || last.atMs !== atMs) {
    return 'entry-lost';
  }
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

/** Undefined: the journal does not answer. */
async function readIfAnswered(ctx: StepContext): Promise<RunFold | undefined> {
  try {
    return await readRun(ctx);
  } catch (error) {
    if (error instanceof OutsideError) {
      return undefined;
    }
    throw error;
  }
}
