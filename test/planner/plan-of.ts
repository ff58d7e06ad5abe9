import { expect } from 'vitest';
import { checkPlan } from '../../planner/check/check-plan.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainPlan, DrainRequest, Step } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { drainRequest } from '../fixtures/fleet.ts';

/** The plan for a fleet, which the independent check has found nothing against. */
export function planOf(fleet: Fleet, request: DrainRequest = drainRequest()): DrainPlan {
  const answer = planDrain(fleet, request);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  expect(checkPlan(answer.plan, fleet)).toEqual([]);
  return answer.plan;
}

/** One line a step, e.g. `move acid-a-1 n2 -> new-z2-1`. */
export function outline(plan: DrainPlan): readonly string[] {
  return plan.steps.map(lineOf);
}

function lineOf(step: Step): string {
  const short = (key: string) => key.split('/').at(-1) ?? '';
  switch (step.kind) {
    case 'move':
      return `move ${short(step.pod)} ${step.from} -> ${step.to}${step.outage ? ' (outage)' : ''}`;
    case 'switchover':
      return `switchover ${short(step.cluster)} ${step.from} -> ${step.to}`;
    case 'scale-out':
    case 'scale-in':
      return `${step.kind} ${step.member} ${step.node}`;
    default:
      return `${step.kind} ${step.node}`;
  }
}
