/**
 * A run may go on by a new plan. Every plan counts its steps from s1 on, and an entry that a late worker writes about a step of
 * the old plan must never be taken for one of the new: from its second plan on, the steps of a run are called p2.s1, p3.s1, ...
 */
import type { DrainPlan, Step } from '../../planner/plan.ts';

/** A second plan is round 2. */
const roundOfStep = /^p(\d+)\.(.+)$/;

/** Plans as a run knows them, by the plan and the round: they are asked for at every pass. */
const renamed = new WeakMap<DrainPlan, Map<number, DrainPlan>>();

/** Returns the plan with its steps named as the run names them in its `round`, 1 or more; the first plan as it is. */
export function planOfRound(plan: DrainPlan, round: number): DrainPlan {
  if (round === 1) {
    return plan;
  }
  const known = renamed.get(plan) ?? new Map<number, DrainPlan>();
  renamed.set(plan, known);
  const made = known.get(round) ?? { ...plan, steps: stepsOfRound(plan, round) };
  known.set(round, made);
  return made;
}

/** A large plan names its steps a hundred thousand times: each name is there once. */
function stepsOfRound({ steps }: DrainPlan, round: number): readonly Step[] {
  const names = new Map(steps.map(({ id }) => [id, `p${round}.${id}`]));
  const nameOf = (id: string): string => names.get(id) ?? `p${round}.${id}`;
  return steps.map((step) => ({ ...step, id: nameOf(step.id), after: step.after.map(nameOf) }));
}

/** Returns the round and the plan's own id of a step, from its id in the run. */
export function planStepOf(id: string): { readonly round: number; readonly step: string } {
  const [, round, step] = roundOfStep.exec(id) ?? [];
  return round === undefined || step === undefined ? { round: 1, step: id } : { round: Number(round), step };
}
