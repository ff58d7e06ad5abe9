/**
 * Looks at a step and decides. While all there is to do is wait, the mirror of the fleet is looked at, which costs no request, and it is
 * enough for the arrival of a pod, too: what the mirror shows was so, and whatever comes next looks for itself. All else, an act, a halt,
 * an answer to an act, any other `done`, or a deadline that has passed, is decided on a look of its own, through the servers: the mirror
 * may be behind, and an act on what was is what this executor must never do.
 */
import { askWhatGoesOn } from './ask-what-goes-on.ts';
import type { StepContext } from './contexts.ts';
import { decide } from './decide/decide.ts';
import type { Decision, Memory } from './decide/decision.ts';
import { eventsOf, isDeadlinePassed } from './decide/events-of.ts';
import type { Seen } from './decide/seen.ts';
import { seenOf } from './decide/seen-of.ts';
import { freshEyes, kindsLookedAt, observe } from './observe.ts';
import { rememberingEyes } from './patroni-seen.ts';
import type { FleetMirror } from './ports.ts';
import { isInFlight, type Lane } from './record/lane.ts';
import type { RunFold } from './record/run-fold.ts';
import type { Eyes } from './sight.ts';
import type { BlockedCode, WaitCode } from './wait-codes.ts';

/** What was decided, and on what grounds. */
export type Decided = {
  readonly memory: Memory;
  readonly seen: Seen;
  readonly decision: Decision;
  /** When it was begun. */
  readonly lookedAtMs: number;
};

export type Look = Decided & {
  /** `mirror`: only ever a wait, or a pod that has arrived. */
  readonly through: 'mirror' | 'servers';
};

/** Returns what was seen and decided. Throws OutsideError where somebody does not answer. */
export async function lookAtStep(ctx: StepContext, fold: RunFold, lane: Lane): Promise<Look> {
  const { mirror } = ctx.ports;
  if (mirror?.isCurrent(kindsLookedAt(lane.step)) === true) {
    const look = await lookThrough(ctx, fold, lane, mirrorEyes(ctx, mirror, lane), 'mirror');
    if (isOnlyToWait(look) || hasArrived(look)) {
      return look;
    }
  }
  return askedLast(ctx, await lookThrough(ctx, fold, lane, freshEyes(ctx), 'servers'));
}

/** Before a primary is interrupted it is asked what goes on there, and decided again with that, and with the time that it took. */
async function askedLast(ctx: StepContext, look: Look): Promise<Look> {
  const seen = await askWhatGoesOn(ctx, look.seen, look.decision);
  if (seen === undefined) {
    return look;
  }
  const memory: Memory = { ...look.memory, nowMs: ctx.clock.nowMs() };
  return { ...look, memory, seen, decision: decide(seen, memory) };
}

async function lookThrough(
  ctx: StepContext,
  fold: RunFold,
  lane: Lane,
  eyes: Eyes,
  through: Look['through'],
): Promise<Look> {
  const lookedAtMs = ctx.clock.nowMs();
  const sight = await observe(ctx, fold, lane.step, eyes);
  const seen = seenOf(sight, fold);
  const memory: Memory = { fold, lane, pace: ctx.pace, nowMs: ctx.clock.nowMs() };
  return { memory, seen, decision: decide(seen, memory), lookedAtMs, through };
}

/** While something of ours is under way in a cluster, Patroni is asked each time; else when something changed, or now and then. */
function mirrorEyes(ctx: StepContext, mirror: FleetMirror, lane: Lane): Eyes {
  const { ports, patroniSeen, clock, pace } = ctx;
  const eyes = { ...freshEyes({ ports }), kubernetes: mirror };
  if (patroniSeen === undefined || isRestless(lane, lane.wait?.because.code)) {
    return eyes;
  }
  return rememberingEyes(eyes, patroniSeen, () => clock.nowMs(), clock.nowMs() - pace.patroniEveryMs);
}

/** Of these Patroni alone knows when they are over: it says so on its pods a loop later, and older versions not at all. */
const knownToPatroniAlone: ReadonlySet<string> = new Set<WaitCode | BlockedCode>([
  'replica-not-streaming',
  'replica-catching-up',
  'lag-unknown',
  'no-leader',
  'timeline-unknown',
  'member-not-streaming',
  'candidate-not-streaming',
  'candidate-lag-unknown',
  'candidate-behind',
  'candidate-not-sync-standby',
  'timeline-differs',
]);

/** An act has no answer yet, a switchover was begun and is not over, or the step waits for what no pod tells of. */
export function isRestless(lane: Lane, waitsFor: string | undefined): boolean {
  const isUnderWay = lane.step.kind === 'switchover' && isInFlight(lane);
  return lane.openAct !== undefined || isUnderWay || knownToPatroniAlone.has(waitsFor ?? '');
}

/** Of a step with `outage` it is asked who leads then: that must be fresh. */
function hasArrived({ decision, memory }: Decided): boolean {
  const { step } = memory.lane;
  return decision.kind === 'done' && step.kind === 'move' && !step.outage;
}

/** Of a wait whose deadline has passed something else comes: a halt, or a wait for as long again. */
function isOnlyToWait({ decision, memory }: Decided): boolean {
  return decision.kind === 'wait' && !isDeadlinePassed(eventsOf(decision, memory));
}
