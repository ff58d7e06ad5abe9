/**
 * What an aborted run has half done and must not leave so.
 *
 * A node that is marked as released, of which the pipeline was not told: to whoever reads the mark the node may be taken away, so it comes off
 * no more. The release is finished, once the node was looked at again. Telling it twice is harmless, so a worker that dies in between leaves it
 * to the next.
 *
 * A switchover whose answer left open what comes of it: it is looked at until that is known, and never asked for again. The same
 * goes for "Switchover failed" (503), after which the primary may come back one timeline later.
 */
import type { Facts } from '../planner/plan.ts';
import { actForRun } from './act-for-run.ts';
import { mayHaveBeenSent } from './answers.ts';
import type { RunContext } from './contexts.ts';
import { decide } from './decide/decide.ts';
import type { Decision, Memory } from './decide/decision.ts';
import { eventsOf } from './decide/events-of.ts';
import { leaderRuns } from './decide/guards.ts';
import type { Seen } from './decide/seen.ts';
import { seenOf } from './decide/seen-of.ts';
import { OutsideError } from './errors.ts';
import type { Act, RunEvent } from './journal.ts';
import { holdFleet } from './lease-of-run.ts';
import { observe } from './observe.ts';
import type { NodeView } from './ports.ts';
import { isAbortPatienceOver } from './record/abort-patience.ts';
import { groundsOf } from './record/grounds.ts';
import { isToBeSeen, type Lane, type LaneAct } from './record/lane.ts';
import { appendToRun, appendToStep, readRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';

/**
 * `acted`: the journal or the fleet says something else now, look again. `pending`: it may still come. `open`: no look will tell more. `nothing`:
 * nothing came of it.
 */
type Finished = 'acted' | 'pending' | 'open' | 'nothing';

export type HalfDone =
  | { readonly kind: 'again'; readonly inMs: number }
  /** Steps that stay half done as far as anybody knows. */
  | { readonly kind: 'left'; readonly steps: ReadonlySet<string> };

/** Does one thing more about what is half done. Patience is limited: a pipeline that does not answer keeps no run from its end. */
export async function finishHalfDone(
  ctx: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): Promise<HalfDone> {
  const left = new Set<string>();
  let isPending = false;
  const halfDone = [...fold.lanes.values()].filter((lane) => isHalfDone(lane, fold, nodes));
  for (const { step } of halfDone) {
    // An attempt that failed has moved the journal on: what is decided of the next by the journal before it would never be written.
    const finished = await finish(ctx, await readRun(ctx), step.id);
    if (finished === 'acted') {
      return { kind: 'again', inMs: ctx.pace.afterActMs };
    }
    isPending ||= finished === 'pending';
    if (finished !== 'nothing') {
      left.add(step.id);
    }
  }
  return isPending && !isAbortPatienceOver(fold, ctx.pace, ctx.clock.nowMs())
    ? { kind: 'again', inMs: ctx.pace.idleMs }
    : { kind: 'left', steps: left };
}

function isHalfDone(lane: Lane, fold: RunFold, nodes: readonly NodeView[]): boolean {
  return isHalfReleased(lane, fold, nodes) || isSwitchoverOpen(lane);
}

function isSwitchoverOpen(lane: Lane): boolean {
  const { step, done } = lane;
  return step.kind === 'switchover' && done === undefined && leavesOpen(lastBegun(lane));
}

/** An attempt that was withdrawn says nothing of the one before. */
function lastBegun({ acts }: Lane): LaneAct | undefined {
  return acts.findLast(({ answer }) => answer?.answer !== 'withdrawn');
}

function leavesOpen(last: LaneAct | undefined): boolean {
  const { answer, facts } = last?.answer ?? {};
  return answer === 'unknown' || (answer === 'not-done' && facts?.status === 503);
}

/** Marked as released and not told of; or it was, perhaps, and is gone. */
function isHalfReleased({ step, done, acts }: Lane, { runId }: RunFold, nodes: readonly NodeView[]): boolean {
  if (step.kind !== 'release' || done !== undefined) {
    return false;
  }
  const node = nodes.find(({ name }) => name === step.node);
  return node === undefined
    ? acts.some(({ answer }) => mayHaveBeenSent(answer?.answer))
    : node.releasedBy === runId;
}

async function finish(ctx: RunContext, fold: RunFold, stepId: string): Promise<Finished> {
  const lane = fold.lanes.get(stepId);
  if (lane === undefined || lane.done !== undefined || fold.state !== 'aborting') {
    // Another worker was here.
    return 'acted';
  }
  try {
    const lookedAtMs = ctx.clock.nowMs();
    const seen = seenOf(await observe(ctx, fold, lane.step), fold);
    const memory: Memory = { fold, lane, pace: ctx.pace, nowMs: ctx.clock.nowMs() };
    const isHeldUp = (): boolean => isNoGround(ctx, lookedAtMs);
    return isHeldUp() ? 'pending' : await carryOut(ctx, { memory, seen, isHeldUp }, decide(seen, memory));
  } catch (error) {
    // What breaks an assumption of ours is looked at again, for as long again as an abort is patient: it may be over at the first look.
    const isHopeless = isAbortPatienceOver(fold, ctx.pace, ctx.clock.nowMs() - ctx.pace.abortPatienceMs);
    if (error instanceof OutsideError || isHopeless) {
      return 'pending';
    }
    throw error;
  }
}

/** The worker was held up after it looked, or lost its job: what it saw is no ground for anything. */
function isNoGround({ clock, pace, signal }: RunContext, lookedAtMs: number): boolean {
  return signal?.aborted === true || clock.nowMs() - lookedAtMs > pace.staleAfterMs;
}

type Look = { readonly memory: Memory; readonly seen: Seen; readonly isHeldUp: () => boolean };

/** Nothing is begun but telling the pipeline; that act stands in lane `run`, where an abort has its acts. */
async function carryOut(ctx: RunContext, look: Look, decision: Decision): Promise<Finished> {
  const { memory, seen } = look;
  if (seen.kind === 'release' && seen.node !== undefined && seen.node.releasedBy !== memory.fold.runId) {
    // Somebody took the mark off since the nodes were listed: so the fence comes off, too.
    return 'acted';
  }
  switch (decision.kind) {
    case 'done':
    case 'answer':
      return record(ctx, look, eventsOf(decision, memory).own);
    case 'act':
      return decision.act.kind === 'node-released' ? tellPipeline(ctx, look, decision.act) : withoutAct(seen);
    case 'wait':
      return wait(ctx, look, decision);
    case 'halt':
      return halt(ctx, look, decision);
    case 'bind':
      return 'open';
  }
}

/**
 * Nothing at the pipeline refuses what comes late, so the Lease is renewed right before, as for any act. A fleet that another run has by now is
 * for that one to judge, with what stands on the node.
 */
async function tellPipeline(ctx: RunContext, { memory, isHeldUp }: Look, act: Act): Promise<Finished> {
  const { fold } = memory;
  const lease = await holdFleet(ctx, fold);
  if (lease.kind === 'taken') {
    return 'pending';
  }
  const answer = await actForRun(ctx, fold, act, { whileRunning: false, isHeldUp });
  return answer === 'done' ? 'acted' : 'pending';
}

async function wait(
  ctx: RunContext,
  look: Look,
  { wait: kind, because }: Extract<Decision, { kind: 'wait' }>,
): Promise<Finished> {
  const { fold, pace, nowMs } = look.memory;
  if (because.code === 'role-labels-not-moved' && isAbortPatienceOver(fold, pace, nowMs)) {
    return recordSwitched(ctx, look, because.facts);
  }
  // After "Switchover failed" the primary may still be on its way back.
  return kind === 'waiting' || because.code === 'switchover-not-done' ? 'pending' : withoutAct(look.seen);
}

/** It did take place, whoever is called the primary: an answer that no running run gives, so there are no grounds to decide it again from. */
async function recordSwitched(ctx: RunContext, { memory }: Look, { to = '' }: Facts): Promise<Finished> {
  const { fold, lane } = memory;
  const last = lane.acts.at(-1);
  if (last === undefined || !isToBeSeen(last)) {
    // Only the last act can be answered.
    return 'open';
  }
  const event = { kind: 'answer', act: 'switchover', answer: 'switched', facts: { to } } as const;
  return append(ctx, { lane: lane.step.id, after: lane.last, event, knowing: fold.lastEntry });
}

/** Whether ours came before a role change that is not ours, nobody can tell, but where Patroni has said that ours did not. */
async function halt(
  ctx: RunContext,
  look: Look,
  decision: Extract<Decision, { kind: 'halt' }>,
): Promise<Finished> {
  const { unplanned } = eventsOf(decision, look.memory);
  if (unplanned !== undefined) {
    return recordRoleChange(ctx, look, unplanned);
  }
  if (decision.because.code === 'switchover-attempts-used-up') {
    return withoutAct(look.seen);
  }
  return lastBegun(look.memory.lane)?.answer?.answer === 'not-done' ? 'nothing' : 'open';
}

/**
 * A switchover that might be asked for again, or would be but for something in its way, has had its time: nothing came of it. Only the timeline
 * of a leader that runs tells that the primary has led all the while.
 */
function withoutAct(seen: Seen): Finished {
  if (seen.kind !== 'switchover') {
    return 'open';
  }
  const { timeline, leaderSilent } = seen.cluster.patroni;
  const isTold = timeline !== undefined && leaderSilent !== true && leaderRuns(seen.cluster) === undefined;
  return isTold ? 'nothing' : 'pending';
}

async function record(
  ctx: RunContext,
  { memory, seen }: Look,
  event: RunEvent | undefined,
): Promise<Finished> {
  const { fold, lane } = memory;
  if (event === undefined) {
    return 'pending';
  }
  const grounds = groundsOf(seen, memory);
  const entry = { lane: lane.step.id, after: lane.last, event, grounds, knowing: fold.lastEntry };
  return append(ctx, entry);
}

async function append(ctx: RunContext, entry: Parameters<typeof appendToStep>[1]): Promise<Finished> {
  return (await appendToStep(ctx, entry)).kind === 'appended' ? 'acted' : 'pending';
}

/** Once, and only where the journal says what it said when the cluster was looked at. */
async function recordRoleChange(
  ctx: RunContext,
  { memory, seen }: Look,
  unplanned: RunEvent,
): Promise<Finished> {
  const { fold, lane } = memory;
  const grounds = { ...groundsOf(seen, memory), step: lane.step.id };
  const isStillTrue = (now: RunFold): boolean => now.lastSequence === fold.lastSequence;
  const isWritten = await appendToRun(ctx, unplanned, isStillTrue, { grounds, knowing: fold.lastEntry });
  return isWritten ? 'acted' : 'pending';
}
