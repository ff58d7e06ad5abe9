/**
 * A halted run goes on by a new plan from the state found: at once where the new plan interrupts no more than what was left of the
 * old one, else after approval. It waits until the fleet is at rest first: a plan made while pods are under way is a plan for a
 * fleet that will not be. Where it halted to go on without a node, the marks of the run are taken off that node before.
 */
import type { Because } from '../planner/plan.ts';
import type { RunContext, RunPass } from './contexts.ts';
import { leftToDrain, mayBeMended, nodeToSkip } from './decide/judge-new-plan.ts';
import { findUnrest } from './find-unrest.ts';
import { giveMemoryBack, giveMemoryBackSoon } from './give-memory-back.ts';
import { holdFleet } from './lease-of-run.ts';
import { presetsOf } from './member-labels.ts';
import { type NewPlan, planAnew, replansMax } from './new-plan.ts';
import { readFleetOfRun } from './read-fleet.ts';
import { openStepIds } from './record/fold-run.ts';
import { appendToRun, readRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun } from './record/run-states.ts';
import { takeOffMark } from './take-off-marks.ts';
import { temporaryMembers } from './temporary-members.ts';
import type { ReplanCode } from './wait-codes.ts';
import { noteForeignRoleChanges } from './watch-roles.ts';

/** Returns when to look again; undefined: the run stays as it is until a person decides. */
export async function replanRun(ctx: RunContext, fold: RunFold): Promise<RunPass | undefined> {
  const isGivenUp = fold.outlook?.kind === 'given-up';
  // Before the first act a new plan is looked for at the start itself (start-run.ts), which halts where there is none.
  if (ctx.plans === undefined || isGivenUp || !hasBegun(fold) || !mayBeMended(fold.because)) {
    return undefined;
  }
  const hopeless = whyHopeless(ctx, fold);
  if (hopeless !== undefined) {
    return say(ctx, fold, 'given-up', hopeless);
  }
  const lease = await holdFleet(ctx, fold);
  if (lease.kind === 'taken') {
    return say(
      ctx,
      fold,
      'given-up',
      because('lease-of-another', { subject: fold.fleet, takenBy: lease.by }),
    );
  }
  if (await noteForeignRoleChanges(ctx, fold)) {
    return again(0);
  }
  const unrest = await findUnrest(ctx, fold);
  const skip = nodeToSkip(fold.because);
  if (unrest === undefined || (skip !== undefined && unrest.code === 'node-awaited')) {
    return makePlan(ctx, fold);
  }
  const isShutOut = fold.because.facts.waitedFor === 'pod-not-scheduled' && unrest.code !== 'act-unsettled';
  const openedMs = skip !== undefined && isShutOut ? await openNode(ctx, fold, skip) : undefined;
  if (openedMs !== undefined) {
    return again(openedMs);
  }
  return say(ctx, fold, 'looking', unrest);
}

/**
 * A pod that was evicted and finds no place may come back to the node that is left out once it is open: until then no fleet comes to rest.
 * Any other node is opened only when a plan without it is known, so that a person who resumes finds it as it was. Returns when to
 * come again where a mark was to be taken off.
 */
async function openNode(ctx: RunContext, fold: RunFold, name: string): Promise<number | undefined> {
  const node = await ctx.ports.kubernetes.getNode(name);
  const taken = node === undefined ? undefined : await takeOffMark(ctx, fold, [node]);
  return taken?.inMs;
}

/** Why nothing is looked for any more. What was waited for last is the reason when patience is at its end. */
function whyHopeless({ pace, clock }: RunContext, fold: RunFold): Because | undefined {
  if (fold.replansInRow >= replansMax) {
    return because('too-many-plans', { subject: fold.runId, count: fold.replansInRow });
  }
  const [temporary] = temporaryMembers(fold);
  if (temporary !== undefined) {
    const { cluster, member } = temporary.leaving;
    return because('temporary-member-left', { subject: cluster, member });
  }
  const waitedMs = clock.nowMs() - (fold.endedAtMs ?? clock.nowMs());
  return waitedMs < pace.replanPatienceMs
    ? undefined
    : (fold.outlook?.because ?? because('fleet-unreadable', { subject: fold.fleet }));
}

async function makePlan(ctx: RunContext, fold: RunFold): Promise<RunPass | undefined> {
  const found = await findPlan(ctx, fold);
  if (found.kind === 'pass') {
    return found.pass;
  }
  // What the plan was made on is of no further use, and to write a large plan down takes as much again.
  giveMemoryBack();
  void giveMemoryBackSoon();
  return goOnBy(ctx, fold, found);
}

type Found = { readonly kind: 'pass'; readonly pass: RunPass | undefined } | NewPlan;

/** Returns a plan for what is left with the entry that names it, or what else there is to do. */
async function findPlan(ctx: RunContext, fold: RunFold): Promise<Found> {
  const pass = (pass: RunPass | undefined): Found => ({ kind: 'pass', pass });
  const live = await readFleetOfRun(ctx.ports.kubernetes, ctx.runId, leftToDrain(fold), presetsOf(ctx));
  if (live.kind === 'unreadable') {
    const why = because('fleet-unreadable', { ...live.facts, subject: fold.fleet });
    return pass(await say(ctx, fold, 'looking', why));
  }
  // Reading a large fleet takes seconds: whoever leads in it is either known to the journal by now, or is looked at again.
  if (await noteForeignRoleChanges(ctx, fold)) {
    return pass(again(0));
  }
  giveMemoryBack();
  const answer = planAnew(fold, live);
  if (answer.kind === 'none') {
    const why = because('no-plan-found', { subject: fold.fleet, why: answer.why });
    return pass(await say(ctx, fold, 'given-up', why));
  }
  const { skipped = [] } = answer.event;
  const opening = await takeOffMark(
    ctx,
    fold,
    live.nodes.filter(({ name }) => skipped.includes(name)),
  );
  return opening === undefined ? answer : pass(again(opening.inMs));
}

async function goOnBy(
  ctx: RunContext,
  fold: RunFold,
  { plan, event }: NewPlan,
): Promise<RunPass | undefined> {
  await ctx.plans?.keep(plan, { fleet: fold.fleet, requester: fold.requester });
  const isStill = (now: RunFold): boolean =>
    now.lastOfRunLane === fold.lastOfRunLane && openStepIds(now).length === 0;
  if ((await appendToRun(ctx, event, isStill)) || !isStill(await readRun(ctx))) {
    return again(0);
  }
  // Nothing else stands in the way: somebody has started another run on the fleet, which a halted one does not hold in the database.
  return say(ctx, fold, 'given-up', because('lease-of-another', { subject: fold.fleet }));
}

function again(inMs: number): RunPass {
  return { kind: 'again', inMs, readySteps: [] };
}

/** Writes the outlook where it changed, and returns when to look again. */
async function say(
  ctx: RunContext,
  fold: RunFold,
  outlook: 'looking' | 'given-up',
  why: Because,
): Promise<RunPass | undefined> {
  const before = fold.outlook;
  const isSame =
    before?.kind === outlook &&
    before.because.code === why.code &&
    before.because.facts.subject === why.facts.subject &&
    before.because.facts.setGone === why.facts.setGone;
  if (!isSame) {
    await appendToRun(
      ctx,
      { kind: 'replanning', outlook, because: why },
      (now) => now.lastOfRunLane === fold.lastOfRunLane,
    );
  }
  return outlook === 'looking' ? again(ctx.pace.replanEveryMs) : undefined;
}

function because(
  code: ReplanCode,
  facts: Because['facts'] & { readonly subject: string },
): Because<ReplanCode> {
  return { code, facts };
}
