/** One fleet of the suite planned and checked: what came of it, in numbers. */
import { performance } from 'node:perf_hooks';
import { checkPlan } from '../../planner/check/check-plan.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { preferNewBaseline } from '../../planner/prove/prefer-new-baseline.ts';
import { uncoordinatedRotation } from '../../planner/prove/uncoordinated-baseline.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';
import { suiteFleet } from './families.ts';

export type Judged = {
  readonly number: number;
  /** Outages and weighted switchovers are the fewest possible, says the certificate, and no node is refused that need not be. */
  readonly proved: boolean;
  /** Weighted switchovers. */
  readonly bound: number;
  readonly value: number;
  /** Outages more than the bound. */
  readonly outagesOver: number;
  readonly refused: number;
  /** What the independent check has against the plan, or why there is none. */
  readonly against: readonly string[];
  /** Pods started anew: moves and temporary members, which take the place of the one that leaves. */
  readonly moves: number;
  /** Pods that have to leave. */
  readonly movesLeast: number;
  readonly waves: number;
  readonly wavesBound: number;
  /** Not weighted, as the baselines are, and without those to temporary members, which no baseline knows: it has outages there. */
  readonly switchovers: number;
  readonly uncoordinated: number;
  readonly preferNew: number;
  readonly planMs: number;
  readonly checkMs: number;
};

/** Returns what the planner makes of the fleet of a number. */
export function judgeFleet(number: number): Judged {
  const { wanted, feasible } = suiteFleet(number);
  const { fleet, request } = generateModel(wanted);
  const begun = performance.now();
  let answer: ReturnType<typeof planDrain>;
  try {
    answer = planDrain(fleet, request);
  } catch (error) {
    return withoutPlan(number, `threw ${String(error)}`);
  }
  const planned = performance.now();
  if (answer.kind === 'bad-input')
    return withoutPlan(number, `bad input: ${JSON.stringify(answer.problems)}`);
  const { plan } = answer;
  const violations = checkPlan(plan, fleet);
  const checked = performance.now();
  const { outages, switchovers, waves } = plan.certificate;
  const refused = new Set(plan.refusals.map((refusal) => refusal.node)).size;
  return {
    number,
    proved: outages.proved && switchovers.proved && (refused === 0 || !feasible),
    bound: switchovers.bound,
    value: switchovers.value,
    outagesOver: outages.value - outages.bound,
    refused,
    against: violations.map((violation) => JSON.stringify(violation)),
    moves: plan.summary.moves + plan.steps.filter((step) => step.kind === 'scale-out').length,
    waves: waves.value,
    wavesBound: waves.bound,
    switchovers: switchoversAlike(plan),
    ...comparedWith(fleet, plan),
    planMs: planned - begun,
    checkMs: checked - planned,
  };
}

function switchoversAlike({ steps }: DrainPlan): number {
  const temporary = new Set(steps.flatMap((step) => (step.kind === 'scale-out' ? [step.cluster] : [])));
  return steps.filter((step) => step.kind === 'switchover' && !temporary.has(step.cluster)).length;
}

/** What others would cost over the same nodes. */
function comparedWith(
  fleet: Fleet,
  plan: DrainPlan,
): Pick<Judged, 'movesLeast' | 'uncoordinated' | 'preferNew'> {
  const drained = new Set(plan.steps.flatMap((step) => (step.kind === 'release' ? [step.node] : [])));
  const nodeOf = new Map(fleet.pods.map((pod) => [pod.key, pod.node]));
  const leaving = fleet.pods.filter(
    ({ node, owner }) => drained.has(node ?? '') && owner.kind !== 'DaemonSet',
  );
  return {
    movesLeast: leaving.length,
    uncoordinated: uncoordinatedRotation(fleet, drained).switchovers,
    preferNew: preferNewBaseline(fleet, drained, (pod) => nodeOf.get(pod)).switchovers,
  };
}

function withoutPlan(number: number, why: string): Judged {
  return {
    number,
    proved: false,
    bound: 0,
    value: 0,
    outagesOver: 0,
    refused: 0,
    against: [why],
    moves: 0,
    movesLeast: 0,
    waves: 0,
    wavesBound: 0,
    switchovers: 0,
    uncoordinated: 0,
    preferNew: 0,
    planMs: 0,
    checkMs: 0,
  };
}
