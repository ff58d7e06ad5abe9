/**
 * Before the first act: the live fleet is read in full, and the plan is walked over it from scratch.
 */
import type { Fleet } from '../planner/model.ts';
import type { Because, DrainPlan, Violation } from '../planner/plan.ts';
import { readSnapshot } from '../planner/read/read-snapshot.ts';
import type { RunContext } from './contexts.ts';
import type { RunEvent } from './journal.ts';
import { conditionOf } from './plan-condition.ts';
import { countLive } from './rest-of-fleet.ts';

/** This many violations are named in the journal; a wrong plan has hundreds of the same kind. */
const violationsNamedMax = 5;

/** Returns the entry with which the run begins: `started`, or `halted` where the plan does not hold on the live fleet. */
export async function lookBeforeStart(ctx: RunContext): Promise<RunEvent> {
  const live = await readLiveFleet(ctx);
  if (live.kind === 'unreadable') {
    return invalid(['unreadable-fleet'], live.facts);
  }
  const condition = conditionOf(ctx.plan, live.fleet);
  if (condition.kind === 'invalid') {
    const { violations } = condition;
    return invalid(namedViolations(violations), { count: violations.length });
  }
  const nodes = await ctx.ports.kubernetes.listNodes();
  return {
    kind: 'started',
    nodeUids: nodes.map((node) => node.uid).toSorted(),
    leaders: leadersOf(ctx.plan, live.fleet),
    liveByZone: Object.fromEntries(countLive(live.fleet)),
    ...(ctx.pace.speed === 1 ? {} : { speed: ctx.pace.speed }),
  };
}

export type LiveFleet =
  | { readonly kind: 'fleet'; readonly fleet: Fleet }
  | { readonly kind: 'unreadable'; readonly facts: Because['facts'] };

/** Returns the fleet as it is now, or what of it cannot be read. Throws OutsideError where somebody does not answer. */
export async function readLiveFleet(ctx: RunContext): Promise<LiveFleet> {
  const objects = await ctx.ports.kubernetes.listFleetObjects();
  const document = { apiVersion: 'v1', kind: 'List', items: objects };
  const read = readSnapshot([{ file: 'live fleet', document }]);
  if (read.kind === 'bad-input') {
    const [first] = read.problems;
    const found = first === undefined ? '' : `${first.field}: ${first.found}`;
    return { kind: 'unreadable', facts: { found, count: read.problems.length } };
  }
  return { kind: 'fleet', fleet: read.fleet };
}

/** Returns the first few as they stand in the journal: the code, and the step that breaks it. */
export function namedViolations(violations: readonly Violation[]): readonly string[] {
  const named = violations.map(({ code, step }) => (step === null ? code : `${code} at ${step}`));
  return named.slice(0, violationsNamedMax);
}

function invalid(violations: readonly string[], facts: Because['facts']): RunEvent {
  return { kind: 'halted', because: { code: 'plan-invalid', facts: { ...facts, violations } } };
}

/** Returns the primary of each cluster of the plan. */
export function leadersOf(plan: DrainPlan, fleet: Fleet): Readonly<Record<string, string>> {
  const concerned = new Set(
    plan.steps.flatMap((step) => ('cluster' in step && step.cluster ? [step.cluster] : [])),
  );
  const leaders: Record<string, string> = {};
  for (const { key, primary } of fleet.clusters) {
    if (primary !== undefined && concerned.has(key)) {
      leaders[key] = primary;
    }
  }
  return leaders;
}
