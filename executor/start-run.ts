/**
 * Before the first act: the live fleet is read in full, and the plan is walked over it from scratch. Where it does not hold any more, a
 * plan for the same nodes that does takes its place; where that interrupts more, after approval.
 */
import type { ViolationCode } from '../planner/check/check-codes.ts';
import { explainViolation } from '../planner/explain/explain-violation.ts';
import type { Fleet } from '../planner/model.ts';
import type { Because, DrainPlan, Facts, Violation } from '../planner/plan.ts';
import type { RunContext } from './contexts.ts';
import { drainedNodes } from './decide/plan-questions.ts';
import { giveMemoryBack, giveMemoryBackSoon } from './give-memory-back.ts';
import type { RunEvent } from './journal.ts';
import { presetsOf } from './member-labels.ts';
import { leadersOf, planAnew, type Replanned, replansMax, setsOf } from './new-plan.ts';
import { conditionOf } from './plan-condition.ts';
import { type FleetOfRun, readFleetOfRun } from './read-fleet.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun } from './record/run-states.ts';
import { countLive } from './rest-of-fleet.ts';

/** This many violations are named in the journal; a wrong plan has hundreds of the same kind. */
const violationsNamedMax = 5;

/**
 * Health comes and goes: in a large fleet some pod is always starting and some replica behind. Each step looks at it again before
 * it acts; here it only must not end a run before it began.
 */
const passesByItself: ReadonlySet<string> = new Set<ViolationCode>([
  'budget-overdrawn',
  'candidate-not-eligible',
  'ordered-set-broken',
  'second-member-unavailable',
  'target-not-ready',
]);

/**
 * Returns the entry with which the run begins, or does not: `started`; `replanned` where another plan holds instead; `start-awaited` where
 * one may hold in a moment, and is looked for again for some minutes; else `halted`.
 */
export async function lookBeforeStart(ctx: RunContext, fold: RunFold): Promise<RunEvent> {
  const live = await readFleetOfRun(ctx.ports.kubernetes, ctx.runId, [...drainedNodes(fold)], presetsOf(ctx));
  if (live.kind === 'unreadable') {
    const facts = { ...live.facts, violations: ['unreadable-fleet'] };
    return { kind: 'halted', because: { code: 'plan-invalid', facts } };
  }
  const condition = conditionOnCopy(fold.plan, live.fleet);
  if (condition.kind === 'invalid') {
    return whenBroken(ctx, fold, live, condition.violations);
  }
  const leaders = leadersOf(fold.plan, live.fleet);
  return {
    kind: 'started',
    nodeUids: live.nodes.map((node) => node.uid).toSorted(),
    leaders,
    ...setsOf(live.fleet, leaders),
    liveByZone: Object.fromEntries(countLive(live.fleet)),
    ...(ctx.pace.speed === 1 ? {} : { speed: ctx.pace.speed }),
  };
}

/** What the checker has counted of a fleet goes with it: the copy is gone before another plan is made, which needs as much again. */
function conditionOnCopy(plan: DrainPlan, fleet: Fleet): ReturnType<typeof conditionOf> {
  return conditionOf(plan, { ...fleet });
}

async function whenBroken(
  ctx: RunContext,
  fold: RunFold,
  live: FleetOfRun,
  violations: readonly Violation[],
): Promise<RunEvent> {
  const because = brokenBy(violations);
  const untilMs = fold.activeSinceMs + ctx.pace.startPatienceMs;
  const isPatient = ctx.clock.nowMs() < untilMs;
  const awaited = (facts: Facts): RunEvent => ({
    kind: 'start-awaited',
    because: { code: 'start-awaited', facts: { ...facts, until: new Date(untilMs).toISOString() } },
  });
  if (isPatient && violations.every(({ code }) => passesByItself.has(code))) {
    return awaited(because.facts);
  }
  // A run that was found again halts, and looks for a plan as any run in its middle.
  const mayReplan = ctx.plans !== undefined && !hasBegun(fold) && fold.replansInRow < replansMax;
  if (!mayReplan) {
    return { kind: 'halted', because };
  }
  const found = await beginAnew(ctx, fold, live, violations);
  if (found.kind === 'replanned') {
    return found;
  }
  const facts = { ...because.facts, noPlan: found.why };
  // What stands in the way of another plan may pass by itself, too.
  return isPatient ? awaited(facts) : { kind: 'halted', because: { ...because, facts } };
}

/**
 * Between planning and the start, days may pass for want of an approval: pods are rolled, clusters fail over, and nobody is hurt by that.
 * Returns the entry of another plan, which is kept, or in words why there is none.
 */
async function beginAnew(
  ctx: RunContext,
  fold: RunFold,
  live: FleetOfRun,
  violations: readonly Violation[],
): Promise<Replanned | { readonly kind: 'none'; readonly why: string }> {
  giveMemoryBack();
  const found = planAnew(fold, live);
  // What the plan was made on is of no further use, and to write a large plan down takes as much again.
  giveMemoryBack();
  void giveMemoryBackSoon();
  if (found.kind === 'none') {
    return found;
  }
  await ctx.plans?.keep(found.plan, { fleet: fold.fleet, requester: fold.requester });
  return { ...found.event, facts: { ...found.event.facts, ...whyOf(violations) } };
}

/** Returns why a run halts whose plan breaks these: the first few by code and step, and the first in words. */
export function brokenBy(violations: readonly Violation[]): Because {
  const named = violations.map(({ code, step }) => (step === null ? code : `${code} at ${step}`));
  return {
    code: 'plan-invalid',
    facts: { violations: named.slice(0, violationsNamedMax), count: violations.length, ...whyOf(violations) },
  };
}

/** The first of them in words. */
function whyOf([first]: readonly Violation[]): Facts {
  return first === undefined ? {} : { why: explainViolation(first) };
}
