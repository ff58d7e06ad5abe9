/**
 * What a failed pass leaves in the journal: failures of the outside delay and nothing else, broken assumptions halt.
 */
import type { Facts } from '../../planner/plan.ts';
import type { StepContext, StepPass } from '../contexts.ts';
import { whenDeadlinePasses } from '../decide/when-deadline-passes.ts';
import { OutsideError } from '../errors.ts';
import { type Pace, retryAfterMostMs } from '../limits.ts';
import type { RunState } from '../run.ts';
import { isAbortPatienceOver } from './abort-patience.ts';
import type { Lane } from './lane.ts';
import { appendToRun, appendToStep, readRun, sameRunAs } from './record.ts';
import type { RunFold } from './run-fold.ts';

/**
 * Returns when to try again after `error`. Throws it on where the worker lost its job: that pass is nobody's any more.
 */
export async function recordFailure(ctx: StepContext, error: unknown): Promise<StepPass> {
  if (ctx.signal?.aborted === true) {
    return { kind: 'stopped' };
  }
  if (error instanceof OutsideError) {
    return recordTrouble(ctx, error);
  }
  const message = error instanceof Error ? error.message : String(error);
  const facts = { subject: ctx.stepId, step: ctx.stepId, message };
  try {
    const isHalted = await appendToRun(ctx, {
      kind: 'halted',
      because: { code: 'assumption-broken', facts },
    });
    if (!isHalted) {
      const fold = await readRun(ctx);
      await giveUpOpenAct(ctx, fold, fold.lanes.get(ctx.stepId));
    }
    return { kind: 'stopped' };
  } catch (second) {
    if (second instanceof OutsideError) {
      // The journal does not answer: the next pass meets the same.
      return { kind: 'again', inMs: delayAfterTrouble(ctx.pace, 0, second.retryAfterMs) };
    }
    throw second;
  }
}

async function recordTrouble(ctx: StepContext, error: OutsideError): Promise<StepPass> {
  const { pace } = ctx;
  const again = (waitedMs: number): StepPass => ({
    kind: 'again',
    inMs: delayAfterTrouble(pace, waitedMs, error.retryAfterMs),
  });
  try {
    const fold = await readRun(ctx);
    const lane = fold.lanes.get(ctx.stepId);
    if (lane === undefined || fold.state !== 'running') {
      await giveUpOpenAct(ctx, fold, lane);
      return again(0);
    }
    const nowMs = ctx.clock.nowMs();
    const limitMs = pace.waitLimitMs['outside-trouble'];
    const deadlineMs = lane.deadlines.get('outside-trouble') ?? nowMs + limitMs;
    const facts = troubleFacts(error);
    if (nowMs >= deadlineMs) {
      const next = whenDeadlinePasses(fold, lane, 'outside-trouble');
      if (next.kind === 'halt') {
        const because = { code: 'outside-unreachable', facts: { ...facts, step: ctx.stepId } };
        await appendToRun(ctx, { kind: 'halted', because }, sameRunAs(fold));
        return { kind: 'stopped' };
      }
      await putOff(ctx, lane, facts, { deadlineMs: nowMs + limitMs, extension: next.extension });
      return again(limitMs);
    }
    await recordWait(ctx, lane, { code: 'outside-trouble', facts }, deadlineMs);
    return again(nowMs - (deadlineMs - limitMs));
  } catch (second) {
    if (second instanceof OutsideError) {
      // The journal does not answer either: nothing can be recorded, and nothing was done.
      return again(0);
    }
    throw second;
  }
}

/** Nothing is begun in these, and an act without an answer is waited for. */
const comesToRest: ReadonlySet<RunState> = new Set<RunState>(['aborting', 'halted', 'pausing']);

/**
 * A run that comes to rest (halted, pausing, aborting) waits for what came of its last acts, but not for ever: Patroni may be silent for good, or
 * what it says may break an assumption of ours each time, and a halted run tells nobody that it finds no plan before it has looked for one. As where a worker got no answer, the act may have taken place:
 * whoever resumes the run has it looked for before anything is asked for again.
 */
async function giveUpOpenAct(ctx: StepContext, fold: RunFold, lane: Lane | undefined): Promise<void> {
  const { pace } = ctx;
  const nowMs = ctx.clock.nowMs();
  const open = lane?.openAct;
  if (
    lane === undefined ||
    open === undefined ||
    !comesToRest.has(fold.state) ||
    !isAbortPatienceOver(fold, pace, nowMs)
  ) {
    return;
  }
  const isSwitchover = open.act.kind === 'switchover';
  if (nowMs - open.atMs >= (isSwitchover ? pace.switchoverSettleMs : pace.actSettleMs)) {
    const answer = isSwitchover ? 'unknown' : 'failed';
    const event = { kind: 'answer', act: open.act.kind, answer, facts: {} } as const;
    await appendToStep(ctx, { lane: ctx.stepId, after: lane.last, event, knowing: fold.lastEntry });
  }
}

async function putOff(
  ctx: StepContext,
  lane: Lane,
  facts: Facts,
  until: { readonly deadlineMs: number; readonly extension: number },
): Promise<void> {
  const event = { kind: 'waiting', because: { code: 'outside-trouble', facts }, ...until } as const;
  await appendToStep(ctx, { lane: ctx.stepId, after: lane.last, event });
}

async function recordWait(
  ctx: StepContext,
  lane: Lane,
  because: { readonly code: string; readonly facts: { readonly subject: string } },
  deadlineMs: number,
): Promise<void> {
  const before = lane.wait?.because;
  if (before?.code === because.code && before.facts.subject === because.facts.subject) {
    return;
  }
  const event = { kind: 'waiting', because, deadlineMs } as const;
  await appendToStep(ctx, { lane: ctx.stepId, after: lane.last, event });
}

/** What is told of a failure of the outside: the server's own words say what is missing, such as a right. */
export function troubleFacts({
  target,
  request,
  code,
  said,
}: OutsideError): Facts & { readonly subject: string } {
  return { subject: target, request, code, message: `${request}: ${said}` };
}

/** Returns milliseconds: as long again as it has waited, within the pace's bounds, and no less than the server asked for within reason. */
export function delayAfterTrouble(pace: Pace, waitedMs: number, retryAfterMs: number | undefined): number {
  const grown = Math.min(Math.max(waitedMs, pace.outsideDelayMs), pace.outsideDelayMaxMs);
  return Math.max(grown, Math.min(retryAfterMs ?? 0, retryAfterMostMs));
}
