/**
 * One plan against the optimum: everything that can be said against it, or what it is worth.
 */
import { checkPlan } from '../../planner/check/check-plan.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { askedFor, readPuzzle, refusedAnyway } from './puzzle.ts';
import { type Optimum, solve } from './solve.ts';
import { hasFullSurge, type TinyCase } from './tiny-fleet.ts';

/**
 * Whether a plan has to cost what trying everything finds, on every instance. False: only where it says so or every zone has an
 * extra node; elsewhere a dearer plan that claims nothing is counted and passes.
 */
export const mustEqual: boolean = true;

export type Verdict = {
  /** Sentences; empty: the plan is right and as good as it must be. */
  readonly against: readonly string[];
  /** `proved`: the optimum, and the plan says so. `unproved`: the optimum, not claimed. `dearer`: more than it, not claimed. */
  readonly worth: 'proved' | 'unproved' | 'dearer' | 'unknown';
  /** Every zone may have an extra node at any time. */
  readonly full: boolean;
  readonly states: number;
};

/** Returns what trying everything says about the plan for a case; searches of more than `statesMax` states are given up. */
export function comparePlan(tiny: TinyCase, statesMax: number, strict = mustEqual): Verdict {
  const { fleet, request } = tiny;
  const full = hasFullSurge(tiny);
  const answer = planDrain(fleet, request);
  if (answer.kind === 'bad-input')
    return { against: [`bad input: ${JSON.stringify(answer.problems)}`], worth: 'unknown', full, states: 0 };
  const { plan } = answer;
  const refused = new Set(plan.refusals.map((refusal) => refusal.node));
  const emptied = askedFor(fleet, request).filter((name) => !refused.has(name));
  const best = optimumOf(tiny, emptied, statesMax);
  return {
    against: [
      ...checkPlan(plan, fleet).map((violation) => `check-plan: ${JSON.stringify(violation)}`),
      ...againstRefusals(tiny, plan, emptied, statesMax),
      ...againstCost(plan, best, strict || full),
    ],
    worth: worthOf(plan, best),
    full,
    states: best.states,
  };
}

function optimumOf({ fleet, request }: TinyCase, emptied: readonly string[], statesMax: number): Optimum {
  const drained = new Set(emptied);
  const closed = new Set(askedFor(fleet, request).filter((name) => !drained.has(name)));
  return solve(readPuzzle(fleet, request, drained, closed), statesMax);
}

/** A node is refused if a rule says so or no order empties it together with the others that the plan empties. */
function againstRefusals(
  tiny: TinyCase,
  plan: DrainPlan,
  emptied: readonly string[],
  statesMax: number,
): readonly string[] {
  const anyway = refusedAnyway(tiny.fleet, tiny.request);
  const missed = anyway.filter((name) => emptied.includes(name)).map((name) => `${name} had to be refused`);
  const possible = askedFor(tiny.fleet, tiny.request).filter((name) => !anyway.includes(name));
  const others = possible.filter((name) => !emptied.includes(name));
  const codes = plan.refusals.map(({ node, code }) => `${node} ${code}`).join(', ');
  if (others.length === 0) return missed;
  const wider = [possible, ...(others.length > 1 ? others.map((name) => [...emptied, name]) : [])];
  const wrong = wider
    .filter((names) => optimumOf(tiny, names, statesMax).kind === 'solved')
    .map((names) => `refused ${codes}, but ${names.join(' ')} can be emptied together`);
  return [...missed, ...wrong.slice(0, 1)];
}

function againstCost(plan: DrainPlan, best: Optimum, strict: boolean): readonly string[] {
  const { outages, switchovers } = plan.certificate;
  if (best.kind === 'gave-up') return [];
  const paid = `${outages.value} outages and ${switchovers.value} switchovers`;
  if (best.kind === 'impossible') return [`planned with ${paid} what is impossible`];
  const least = `${best.outages} outages and ${best.switchovers} switchovers (${best.plan.join('; ')})`;
  const against: string[] = [];
  if (compare(plan, best) < 0) against.push(`planned with ${paid}, less than the least: ${least}`);
  if (
    outages.bound > best.outages ||
    (outages.bound === best.outages && switchovers.bound > best.switchovers)
  )
    against.push(
      `bounds of ${outages.bound} outages and ${switchovers.bound} switchovers are above the optimum: ${least}`,
    );
  if (compare(plan, best) > 0 && (strict || (outages.proved && switchovers.proved)))
    against.push(`planned with ${paid}, more than the least: ${least}`);
  return against;
}

function worthOf(plan: DrainPlan, best: Optimum): Verdict['worth'] {
  if (best.kind !== 'solved') return 'unknown';
  if (compare(plan, best) > 0) return 'dearer';
  return plan.certificate.outages.proved && plan.certificate.switchovers.proved ? 'proved' : 'unproved';
}

function compare(plan: DrainPlan, best: Optimum & { kind: 'solved' }): number {
  const { outages, switchovers } = plan.certificate;
  return outages.value - best.outages || switchovers.value - best.switchovers;
}
