/**
 * Pure: does a plan still hold on the live fleet?
 */
import { checkPlan } from '../planner/check/check-plan.ts';
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan, Violation } from '../planner/plan.ts';

export type PlanCondition =
  | { readonly kind: 'fresh' }
  /** The fleet changed, and the plan is as right on it as it was. */
  | { readonly kind: 'drifted' }
  | { readonly kind: 'invalid'; readonly violations: readonly Violation[] };

/** Of a fleet that changed: that it changed, and what the plan counted on the fleet as it was. No act depends on them. */
const harmlessOnAChangedFleet: ReadonlySet<string> = new Set([
  'snapshot-differs',
  'summary-wrong',
  'certificate-wrong',
  'verdict-wrong',
]);

/** Returns `invalid` with the rules that carrying out `plan` on `fleet` would break. */
export function conditionOf(plan: DrainPlan, fleet: Fleet): PlanCondition {
  const violations = checkPlan(plan, fleet);
  if (violations.length === 0) {
    return { kind: 'fresh' };
  }
  const hasChanged = violations.some((violation) => violation.code === 'snapshot-differs');
  const broken = hasChanged
    ? violations.filter((violation) => !harmlessOnAChangedFleet.has(violation.code))
    : violations;
  return broken.length === 0 ? { kind: 'drifted' } : { kind: 'invalid', violations: broken };
}
