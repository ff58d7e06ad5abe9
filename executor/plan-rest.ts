/**
 * A plan for what is left of a run, made on the fleet as it stands. Pure, but that memory is given back on the way.
 */
import { checkPlan } from '../planner/check/check-plan.ts';
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan, DrainRequest } from '../planner/plan.ts';
import { planDrain } from '../planner/plan-drain.ts';
import { giveMemoryBack } from './give-memory-back.ts';
import { requestForRest } from './rest-of-fleet.ts';

export type RestOfRun = {
  /** What was asked for, with the surge over `liveByZone`. */
  readonly request: DrainRequest;
  /** Nodes that were to be drained and are not known to be given back; those that are gone are left out. */
  readonly drains: readonly string[];
  /** Live nodes by zone before the first act of the run. */
  readonly liveByZone: ReadonlyMap<string, number>;
  /** Nodes that were asked for and may still come, by zone: they count as if they were there. */
  readonly awaited?: ReadonlyMap<string, number>;
  /** Nodes that the run has brought already, by zone. */
  readonly brought?: ReadonlyMap<string, number>;
  /** Nodes that cannot be emptied are left out; else there is no plan then. */
  readonly mayLeaveOut?: boolean;
};

export type RestOfPlan =
  /** `leftOut`: nodes that it does not empty. */
  | { readonly kind: 'plan'; readonly plan: DrainPlan; readonly leftOut: readonly string[] }
  /** In words: what stands in the way. */
  | { readonly kind: 'none'; readonly why: string };

/** Returns a plan for the nodes that are left, which stands before the checker, or why there is none. */
export function planRest(rest: RestOfRun, fleet: Fleet): RestOfPlan {
  const { request, drains, mayLeaveOut = false } = rest;
  const there = new Set(fleet.nodes.map(({ name }) => name));
  const names = drains.filter((name) => there.has(name));
  if (names.length === 0) {
    return { kind: 'none', why: 'no node is left to be drained' };
  }
  const answer = planOnCopy(fleet, requestForRest(request, names, rest, fleet));
  if (answer.kind === 'bad-input') {
    const [first] = answer.problems;
    return { kind: 'none', why: `${first?.field ?? 'request'}: ${first?.found ?? 'does not fit the fleet'}` };
  }
  const { plan } = answer;
  // What it was found with is done with before it is walked over.
  giveMemoryBack();
  const [refusal] = plan.refusals;
  if (refusal !== undefined && !(mayLeaveOut && plan.steps.length > 0)) {
    return { kind: 'none', why: `node ${refusal.node} cannot be emptied: ${refusal.code}` };
  }
  const [violation] = checkPlan(plan, fleet);
  return violation === undefined
    ? { kind: 'plan', plan, leftOut: nodesLeftOut(names, plan) }
    : { kind: 'none', why: `the new plan breaks ${violation.code}` };
}

/** What the planner remembers of a fleet goes with it: the copy is gone before the plan is walked over the fleet, which needs as much again. */
function planOnCopy(fleet: Fleet, request: DrainRequest): ReturnType<typeof planDrain> {
  return planDrain({ ...fleet }, request);
}

function nodesLeftOut(names: readonly string[], { steps }: DrainPlan): readonly string[] {
  const emptied = new Set(steps.flatMap((step) => (step.kind === 'release' ? [step.node] : [])));
  return names.filter((name) => !emptied.has(name));
}
