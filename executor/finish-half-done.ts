/**
 * What an aborted run has half done and must not leave so.
 *
 * A node that is marked as released, of which the pipeline was not told: to whoever reads the mark the node may be taken away, so it comes off
 * no more. The release is finished, once the node was looked at again. Telling it twice is harmless, so a worker that dies in between leaves it
 * to the next.
 *
 * A switchover whose answer left open what comes of it: it is looked at until that is known, and never asked for again.
 */
import { actForRun } from './act-for-run.ts';
import type { RunContext } from './contexts.ts';
import { decide } from './decide/decide.ts';
import type { Decision, Memory } from './decide/decision.ts';
import { eventsOf } from './decide/events-of.ts';
import type { Seen } from './decide/seen.ts';
import { seenOf } from './decide/seen-of.ts';
import { OutsideError } from './errors.ts';
import type { RunEvent } from './journal.ts';
import { observe } from './observe.ts';
import type { NodeView } from './ports.ts';
import { groundsOf } from './record/grounds.ts';
import { isInFlight, type Lane } from './record/lane.ts';
import { appendToRun, appendToStep } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';

/** `acted`: the journal has more to tell, look again. `pending`: it may still come. `open`: no look will tell more. `nothing`: nothing came of it. */
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
  for (const lane of fold.lanes.values()) {
    if (!isHalfDone(lane, fold, nodes)) {
      continue;
    }
    const finished = await finish(ctx, fold, lane);
    if (finished === 'acted') {
      return { kind: 'again', inMs: 0 };
    }
    isPending ||= finished === 'pending';
    if (finished !== 'nothing') {
      left.add(lane.step.id);
    }
  }
  const waitedMs = ctx.clock.nowMs() - (fold.stateSinceMs ?? 0);
  return isPending && waitedMs < ctx.pace.abortPatienceMs
    ? { kind: 'again', inMs: ctx.pace.idleMs }
    : { kind: 'left', steps: left };
}

function isHalfDone(lane: Lane, fold: RunFold, nodes: readonly NodeView[]): boolean {
  return isHalfReleased(lane, fold, nodes) || isSwitchoverOpen(lane);
}

function isSwitchoverOpen({ step, done, acts }: Lane): boolean {
  return step.kind === 'switchover' && done === undefined && acts.at(-1)?.answer?.answer === 'unknown';
}

/** Marked as released and not told of; or it was, perhaps, and is gone. */
function isHalfReleased(lane: Lane, { runId }: RunFold, nodes: readonly NodeView[]): boolean {
  const { step, done } = lane;
  if (step.kind !== 'release' || done !== undefined) {
    return false;
  }
  const node = nodes.find(({ name }) => name === step.node);
  return node === undefined ? isInFlight(lane) : node.releasedBy === runId;
}

async function finish(ctx: RunContext, fold: RunFold, lane: Lane): Promise<Finished> {
  try {
    const lookedAtMs = ctx.clock.nowMs();
    const seen = seenOf(await observe(ctx, fold, lane.step), fold);
    const memory: Memory = { fold, lane, pace: ctx.pace, nowMs: ctx.clock.nowMs() };
    // The worker was held up after it looked: what it saw is no ground for anything.
    return memory.nowMs - lookedAtMs > ctx.pace.staleAfterMs
      ? 'pending'
      : await carryOut(ctx, memory, seen, decide(seen, memory));
  } catch (error) {
    if (error instanceof OutsideError) {
      return 'pending';
    }
    throw error;
  }
}

/** Nothing is begun but telling the pipeline; that act stands in lane `run`, where an abort has its acts. */
async function carryOut(ctx: RunContext, memory: Memory, seen: Seen, decision: Decision): Promise<Finished> {
  switch (decision.kind) {
    case 'done':
    case 'answer':
      await record(ctx, memory, seen, eventsOf(decision, memory).own);
      return 'acted';
    case 'act':
      if (decision.act.kind !== 'node-released') {
        return withoutAct(seen);
      }
      await actForRun(ctx, memory.fold, decision.act, { whileRunning: false });
      return 'acted';
    case 'wait':
      return decision.wait === 'waiting' ? 'pending' : withoutAct(seen);
    case 'halt':
      return (await recordRoleChange(ctx, memory, seen, decision)) ? 'acted' : 'open';
    case 'bind':
      return 'open';
  }
}

/**
 * A switchover that might be asked for again, or would be but for something in its way, has had its time: nothing came of it. Only the timeline
 * tells that the primary has led all the while.
 */
function withoutAct(seen: Seen): Finished {
  if (seen.kind !== 'switchover') {
    return 'open';
  }
  return seen.cluster.patroni.timeline === undefined ? 'pending' : 'nothing';
}

async function record(
  ctx: RunContext,
  memory: Memory,
  seen: Seen,
  event: RunEvent | undefined,
): Promise<void> {
  const { fold, lane } = memory;
  if (event !== undefined) {
    const grounds = groundsOf(seen, memory);
    const entry = { lane: lane.step.id, after: lane.last, event, grounds, knowing: fold.lastEntry };
    await appendToStep(ctx, entry);
  }
}

/** A role change that is not ours, and not in the journal yet, goes into it. Whether ours came before it, nobody can tell. */
async function recordRoleChange(
  ctx: RunContext,
  memory: Memory,
  seen: Seen,
  decision: Extract<Decision, { kind: 'halt' }>,
): Promise<boolean> {
  const { unplanned } = eventsOf(decision, memory);
  const { fold, lane } = memory;
  if (unplanned === undefined) {
    return false;
  }
  const grounds = { ...groundsOf(seen, memory), step: lane.step.id };
  const isStillTrue = (now: RunFold): boolean => now.lastSequence === fold.lastSequence;
  await appendToRun(ctx, unplanned, isStillTrue, { grounds, knowing: fold.lastEntry });
  return true;
}
