/**
 * Before the first act: the live fleet is read in full, and the plan is walked over it from scratch.
 */
import type { ViolationCode } from '../planner/check/check-codes.ts';
import { explainViolation } from '../planner/explain/explain-violation.ts';
import type { Fleet } from '../planner/model.ts';
import type { Because, DrainPlan, Violation } from '../planner/plan.ts';
import type { RunContext } from './contexts.ts';
import { drainedNodes } from './decide/plan-questions.ts';
import type { RunEvent } from './journal.ts';
import { presetsOf } from './member-labels.ts';
import { conditionOf } from './plan-condition.ts';
import { readFleetOfRun } from './read-fleet.ts';
import type { RunFold } from './record/fold-run.ts';
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
 * Returns the entry with which the run begins: `started`; `start-awaited` where the plan may hold in a moment, and is looked at again for
 * some minutes; `halted` where it does not hold on the live fleet.
 */
export async function lookBeforeStart(ctx: RunContext, fold: RunFold): Promise<RunEvent> {
  const live = await readFleetOfRun(ctx.ports.kubernetes, ctx.runId, [...drainedNodes(fold)], presetsOf(ctx));
  if (live.kind === 'unreadable') {
    const facts = { ...live.facts, violations: ['unreadable-fleet'] };
    return { kind: 'halted', because: { code: 'plan-invalid', facts } };
  }
  const condition = conditionOf(fold.plan, live.fleet);
  if (condition.kind === 'invalid') {
    const { violations } = condition;
    const mayPass = violations.every(({ code }) => passesByItself.has(code));
    const because = brokenBy(violations);
    const untilMs = fold.activeSinceMs + ctx.pace.startPatienceMs;
    if (!mayPass || ctx.clock.nowMs() >= untilMs) {
      return { kind: 'halted', because };
    }
    const facts = { ...because.facts, until: new Date(untilMs).toISOString() };
    return { kind: 'start-awaited', because: { code: 'start-awaited', facts } };
  }
  return {
    kind: 'started',
    nodeUids: live.nodes.map((node) => node.uid).toSorted(),
    leaders: leadersOf(fold.plan, live.fleet),
    liveByZone: Object.fromEntries(countLive(live.fleet)),
    ...(ctx.pace.speed === 1 ? {} : { speed: ctx.pace.speed }),
  };
}

/** Returns why a run halts whose plan breaks these: the first few by code and step, and the first in words. */
export function brokenBy(violations: readonly Violation[]): Because {
  const [first] = violations;
  const named = violations.map(({ code, step }) => (step === null ? code : `${code} at ${step}`));
  const why = first === undefined ? {} : { why: explainViolation(first) };
  return {
    code: 'plan-invalid',
    facts: { violations: named.slice(0, violationsNamedMax), count: violations.length, ...why },
  };
}

/** Returns the primary of each cluster of the plan, and of those that the run has had to do with before it. */
export function leadersOf(
  plan: DrainPlan,
  fleet: Fleet,
  before: Iterable<string> = [],
): Readonly<Record<string, string>> {
  const concerned = new Set(before);
  for (const step of plan.steps) {
    if ('cluster' in step && step.cluster) {
      concerned.add(step.cluster);
    }
  }
  const leaders: Record<string, string> = {};
  for (const { key, primary } of fleet.clusters) {
    if (primary !== undefined && concerned.has(key)) {
      leaders[key] = primary;
    }
  }
  return leaders;
}
