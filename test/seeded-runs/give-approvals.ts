/**
 * Runs that wait for approval, as a whole or wave by wave, and the people who are asked for it: late, two at once, for what they read some
 * time ago, while others pause, reject or abort, and while the fleet changes. Their rules are those of the service (executor/may-approve.ts).
 */
import type { RunEvent } from '../../executor/journal.ts';
import { approvalOf, rejectionOf } from '../../executor/may-approve.ts';
import { approvalWanted } from '../../executor/record/fold-approval.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { ServiceRefusal } from '../../executor/run-service.ts';
import type { Random } from '../../simulations/world/random.ts';
import { failOver, rollPod } from './change-before-start.ts';
import { foldNow, giveUp, person, say, write } from './interfere.ts';
import { loseLastSecond } from './lose-journal.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

type Created = Extract<RunEvent, { kind: 'created' }>;
export type WhatWaits = Pick<Created, 'needsApproval' | 'approvals' | 'approvalMs'>;

const share = 0.13;
const lossShare = 0.3;
const minuteMs = 60_000;
/** Two who did not ask for the run. */
const [one, other] = ['ben', 'cleo'] as const;
/** Whoever is asked looks so often whether something waits for him. */
const looksMostMs = 40_000;
const hesitatesMostMs = 3 * minuteMs;
/** A slow service has read the journal at most so long before it writes. */
export const slowServiceMs = 2_000;
const attemptsMax = 8;

/** Returns what waits for whose approval in a run; undefined: in most, nothing does. */
export function drawApprovals(random: Random): WhatWaits | undefined {
  if (random.next() >= share) return undefined;
  const approvals = random.next() < 0.6 ? ({ approvals: 'wave' } as const) : {};
  // Long enough for some, and too short for those who hesitate.
  const approvalMs = random.next() < 0.6 ? { approvalMs: Math.ceil(20 * minuteMs * random.next()) } : {};
  return { needsApproval: true, ...approvals, ...approvalMs };
}

/** Plans who looks after the approvals of a run that needs them; `chance` serves nothing else. */
export function planApprovals(stage: Stage, chance: Random): void {
  if (!stage.needsApproval) return;
  stage.happened.add('approval-needed');
  const draw = chance.fork('people').next;
  // Where nobody says anything the run expires.
  const isSilent = stage.approvalMs !== undefined && draw() < 0.1;
  if (!isSilent) lookLater(stage, draw, 0);
  planLoss(stage, chance.fork('lost'));
}

/** Redis loses an approval, with all that was done at once on the strength of it. Whoever gave it may not give it again. */
function planLoss(stage: Stage, chance: Random): void {
  if (chance.next() >= lossShare) return;
  const { next: draw } = chance;
  const run = (): void => {
    loseLastSecond(stage, chance);
    if (draw() < 0.5) stage.time.at(Math.ceil(looksMostMs * draw()), () => reject(stage, draw));
  };
  stage.strikes.push({ left: chance.between(0, 1), fits: ({ kind }) => kind === 'approved', run });
}

/** Again and again until the run has ended: what was said may be lost, or have been for a plan that is no longer the one. */
function lookLater(stage: Stage, draw: () => number, afterMs: number): void {
  stage.time.at(Math.ceil(afterMs + looksMostMs * draw()), () => {
    const fold = foldNow(stage);
    lookLater(stage, draw, fold.state === 'waiting-for-approval' ? react(stage, fold, draw) : 0);
  });
}

/** Somebody reads what waits, and says something by and by. Returns when that has been said. */
function react(stage: Stage, fold: RunFold, draw: () => number): number {
  const troubled = isTroubled(stage);
  const hesitatesMs = troubled && draw() < 0.6 ? hesitatesMostMs * draw() ** 2 : 0;
  // As read now: when it is said it may be of a plan or a wave that is no longer the one.
  const approval = { planId: fold.plan.id, wave: approvalWanted(fold)?.wave };
  const kind = troubled ? draw() : 0;
  if (troubled && draw() < 0.25) changeFleet(stage, draw);
  stage.time.at(Math.ceil(hesitatesMs), () => speak(stage, kind, approval, draw));
  return hesitatesMs;
}

type Approval = { readonly planId: string; readonly wave: number | undefined };

function speak(stage: Stage, kind: number, approval: Approval, draw: () => number): void {
  const { time, firstPlan } = stage;
  const approve = (by: string, what = approval): void =>
    ask(stage, by, draw, (fold) => approvalOf(fold, by, what, time.nowMs()));
  const atOnceOrLater = (run: () => void): void => time.at(draw() < 0.5 ? 1 : 60_000 * draw() ** 2, run);
  if (kind < 0.45) approve(one);
  else if (kind < 0.6) {
    approve(one);
    atOnceOrLater(() => approve(other));
  } else if (kind < 0.67) {
    approve(one);
    atOnceOrLater(() => reject(stage, draw));
  } else if (kind < 0.75) {
    approve(one);
    atOnceOrLater(() => pause(stage, draw));
  } else if (kind < 0.79) {
    approve(one);
    atOnceOrLater(() => giveUp(stage));
  } else if (kind < 0.83) reject(stage, draw);
  else if (kind < 0.87) approve(person);
  else if (kind < 0.91) approve(one, { ...approval, wave: (approval.wave ?? 0) + 1 });
  else if (kind < 0.95) approve(one, { ...approval, planId: firstPlan.id });
  // Else nobody says anything this time.
}

function reject(stage: Stage, draw: () => number): void {
  stage.happened.add('rejected');
  // Of a run that has begun it is an abort.
  stage.happened.add('abort');
  ask(stage, other, draw, (fold) => rejectionOf(fold, undefined));
}

function pause(stage: Stage, draw: () => number): void {
  void say(stage, { kind: 'pause-asked' });
  stage.time.at(60_000 * draw(), () => void say(stage, { kind: 'resumed' }));
}

/** The fleet does not wait for an approval. */
function changeFleet(stage: Stage, draw: () => number): void {
  const { world } = stage;
  const isFailover = draw() < 0.6;
  const what = isFailover ? failOver(world, draw) : rollPod(world, draw);
  if (what === undefined) return;
  stage.happened.add(isFailover ? 'failover' : 'somebody-evicts');
  tell(stage, () => `MISHAP while an approval is waited for: ${what}`);
}

/** As the service does: the journal is read, judged, and written on as it was read, or read again. */
function ask(
  stage: Stage,
  by: string,
  draw: () => number,
  judge: (fold: RunFold) => RunEvent | ServiceRefusal,
  attempts = attemptsMax,
): void {
  const fold = foldNow(stage);
  const event = judge(fold);
  if (event.kind === 'refused') {
    tell(stage, () => `${by}: ${event.code}, ${event.message}`);
    return;
  }
  const lasts = isTroubled(stage) && draw() < 0.3 ? slowServiceMs * draw() : 0;
  stage.time.at(Math.ceil(lasts), async () => {
    if ((await write(stage, by, fold, event)) || attempts === 1) return;
    ask(stage, by, draw, judge, attempts - 1);
  });
}
