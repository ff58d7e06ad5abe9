/**
 * Holds on the pods of primaries that the run has made. They spare the fleet interruptions by others and no step counts on them: what
 * cannot be set is written down, and the run goes on.
 */
import { actForRun } from './act-for-run.ts';
import type { RunContext, RunPass } from './contexts.ts';
import { type HoldWish, holdWishes } from './decide/decide-holds.ts';
import { OutsideError } from './errors.ts';
import { HOLD_LABEL } from './marks.ts';
import { type Hold, type HoldAct, isHoldAct } from './record/fold-holds.ts';
import { appendToRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';

/** Makes one change that the journal asks for, if there is any. Returns whether one was made; the next may be made at once. */
export async function keepHolds(ctx: RunContext, fold: RunFold): Promise<boolean> {
  try {
    const settled = await settleOpenHold(ctx, fold);
    if (settled !== 'nothing-open') {
      return settled === 'answered';
    }
    for (const wish of holdWishes(fold)) {
      const act = await actFor(ctx, wish);
      if (act !== undefined) {
        return (await actForRun(ctx, fold, act, { whileRunning: true })) !== undefined;
      }
    }
    return false;
  } catch (error) {
    if (error instanceof OutsideError) {
      return false;
    }
    throw error;
  }
}

/** An act on a hold without answer: its worker may still be at it, or died. Once it had time to show, a look at the pod is its answer. */
async function settleOpenHold(
  ctx: RunContext,
  { openRunAct: open, runId, lastEntry }: RunFold,
): Promise<'nothing-open' | 'settling' | 'answered'> {
  if (open === undefined || !isHoldAct(open.act)) {
    return 'nothing-open';
  }
  const { act, sequence, atMs } = open;
  if (ctx.clock.nowMs() - atMs < ctx.pace.actSettleMs) {
    return 'settling';
  }
  const pod = await ctx.ports.kubernetes.getPod(act.namespace, act.name);
  const isHeld = pod?.uid === act.uid && pod.labels[HOLD_LABEL] === runId;
  const answer = isHeld === (act.kind === 'hold-pod') ? 'seen-done' : 'seen-not-done';
  const event = { kind: 'answer', act: act.kind, answer, facts: {} } as const;
  // Another act may have its number, where Redis has lost the one that was looked at.
  const isStillOpen = (now: RunFold): boolean => now.openRunAct?.sequence === sequence;
  await appendToRun(ctx, event, isStillOpen, { knowing: lastEntry });
  return 'answered';
}

/** Undefined: the pod is not there, or is leaving. Whoever leads then, the look at the roles will tell. */
async function actFor(ctx: RunContext, wish: HoldWish): Promise<HoldAct | undefined> {
  if (wish.kind === 'unhold') {
    return unhold(wish.hold);
  }
  const { cluster, namespace, name } = wish;
  const { kubernetes, mirror } = ctx.ports;
  // The change names the version that was looked at: one that a mirror shows and that is no longer so is a conflict, and is looked at again.
  const reader = mirror?.isCurrent(['Pod']) === true ? mirror : kubernetes;
  const pod = await reader.getPod(namespace, name);
  if (pod === undefined || pod.terminating) {
    return undefined;
  }
  const { uid, resourceVersion } = pod;
  const unchanged = resourceVersion === undefined ? {} : { resourceVersion };
  return { kind: 'hold-pod', cluster, namespace, name, uid, ...unchanged };
}

function unhold({ namespace, name, uid }: Omit<HoldAct, 'kind'>): HoldAct {
  return { kind: 'unhold-pod', namespace, name, uid };
}

/**
 * At the end of a run: takes off one hold and returns when to come again; undefined: none is left. The journal knows those that were
 * asked for; a run that was found again finds its own by their label. Throws OutsideError where they cannot be listed.
 */
export async function takeOffHolds(ctx: RunContext, fold: RunFold): Promise<RunPass | undefined> {
  if ((await settleOpenHold(ctx, fold)) !== 'nothing-open') {
    // Whoever is at it may set one in the next moment.
    return again(ctx.pace.pollMs);
  }
  const act = await nextToTakeOff(ctx, fold);
  if (act === undefined) {
    return undefined;
  }
  try {
    await actForRun(ctx, fold, act, { whileRunning: false });
    const misses = fold.holds.get(`${act.namespace}/${act.name}`)?.misses ?? 0;
    return again(misses === 0 ? 0 : ctx.pace.idleMs);
  } catch (error) {
    if (error instanceof OutsideError) {
      return again(ctx.pace.idleMs);
    }
    throw error;
  }
}

async function nextToTakeOff(ctx: RunContext, fold: RunFold): Promise<HoldAct | undefined> {
  for (const hold of fold.holds.values()) {
    if (!hold.isLeft) {
      return (await holdOnceMore(ctx, hold)) ?? unhold(hold);
    }
  }
  const found = await ctx.ports.kubernetes.listPods({ labels: { [HOLD_LABEL]: fold.runId } });
  const pod = found.find(({ namespace, name }) => fold.holds.get(`${namespace}/${name}`)?.isLeft !== true);
  return pod === undefined ? undefined : unhold(pod);
}

/** A request that may still arrive is refused once the pod has another resourceVersion: it is held for a moment. Undefined: it has. */
async function holdOnceMore(ctx: RunContext, hold: Hold): Promise<HoldAct | undefined> {
  const { namespace, name, uid, cluster, lostVersion } = hold;
  if (lostVersion === undefined || cluster === undefined) {
    return undefined;
  }
  const pod = await ctx.ports.kubernetes.getPod(namespace, name);
  return pod?.uid === uid && pod.resourceVersion === lostVersion
    ? { kind: 'hold-pod', cluster, namespace, name, uid, resourceVersion: lostVersion }
    : undefined;
}

function again(inMs: number): RunPass {
  return { kind: 'again', inMs, readySteps: [] };
}
