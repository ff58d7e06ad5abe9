/**
 * Whether a plan still fits the fleet it was made for: fresh, drifted (still valid, with what changed) or invalid.
 */
import { conditionOf } from '../executor/plan-condition.ts';
import { type DrainPlan, explainViolation, type Fleet, hashFleet, type MoveStep } from '../planner/index.ts';

export type PlanCondition = {
  readonly planId: string;
  readonly condition: 'fresh' | 'drifted' | 'invalid';
  /** The same for a person, as the rest of a sentence about the fleet. */
  readonly sentence: string;
  /** Hashes of the snapshot planned on and of the fleet now. */
  readonly plannedOn: string;
  readonly now: string;
  /** What the plan counts on and what is so no longer, one sentence each. */
  readonly differences: readonly string[];
  /** Rules that the plan would break if it were carried out now. */
  readonly violations: readonly { readonly code: string; readonly text: string }[];
  /** What there is to say of both, a line each. */
  readonly changes: readonly string[];
};

const sentences: Readonly<Record<PlanCondition['condition'], string>> = {
  fresh: 'is as it was when the plan was made',
  drifted: 'has changed, and the plan still holds',
  invalid:
    'has changed, and the plan does not hold as it is now; before its first act a run waits for what passes by itself, else it stops and plans anew',
};

/** The condition of a plan against a fleet, judged as the executor judges it before a start, in words. */
export function describeCondition(plan: DrainPlan, fleet: Fleet): PlanCondition {
  const condition = conditionOf(plan, fleet);
  const broken = condition.kind === 'invalid' ? condition.violations : [];
  const found = condition.kind === 'fresh' ? [] : differences(plan, fleet);
  const isUntouched = condition.kind === 'drifted' && found.length === 0;
  const violations = broken.map((violation) => ({ code: violation.code, text: explainViolation(violation) }));
  return {
    planId: plan.id,
    condition: condition.kind,
    sentence: isUntouched ? 'has changed in nothing that the plan counts on' : sentences[condition.kind],
    plannedOn: plan.snapshot.hash,
    now: hashFleet(fleet),
    differences: isUntouched ? ['Nothing that this plan counts on has changed.'] : found,
    violations,
    changes: [...found, ...violations.map(({ text }) => text)],
  };
}

/** The plan does not carry its snapshot, so only what its steps count on can be compared. */
function differences(plan: DrainPlan, fleet: Fleet): readonly string[] {
  return [...movedPods(plan, fleet), ...movedPrimaries(plan, fleet), ...changedNodes(plan, fleet)];
}

function movedPods(plan: DrainPlan, fleet: Fleet): readonly string[] {
  const pods = new Map(fleet.pods.map((pod) => [pod.key, pod]));
  const first = new Map<string, MoveStep>();
  for (const step of plan.steps) {
    if (step.kind === 'move' && !first.has(step.pod)) first.set(step.pod, step);
  }
  return [...first.values()].flatMap((step) => {
    const pod = pods.get(step.pod);
    if (pod === undefined) return [`${step.pod} is gone from ${step.from}.`];
    if (pod.node !== step.from) return [`${step.pod} moved ${step.from} -> ${pod.node ?? 'no node yet'}.`];
    return pod.uid === step.uid ? [] : [`${step.pod} was replaced by another pod of its name.`];
  });
}

function movedPrimaries(plan: DrainPlan, fleet: Fleet): readonly string[] {
  const clusters = new Map(fleet.clusters.map((cluster) => [cluster.key, cluster]));
  const seen = new Set<string>();
  return plan.steps.flatMap((step) => {
    if (step.kind !== 'switchover' || seen.has(step.cluster)) return [];
    seen.add(step.cluster);
    const primary = clusters.get(step.cluster)?.primary;
    return primary === step.from
      ? []
      : [`${step.cluster} now has its primary on ${primary ?? 'no member'}, not on ${step.from}.`];
  });
}

function changedNodes(plan: DrainPlan, fleet: Fleet): readonly string[] {
  const nodes = new Map(fleet.nodes.map((node) => [node.name, node]));
  return plan.steps.flatMap((step) => {
    if (step.kind !== 'fence' && step.kind !== 'release') return [];
    const node = nodes.get(step.node);
    if (step.kind === 'release') return node === undefined ? [`Node ${step.node} is gone.`] : [];
    return node?.unschedulable === true ? [`Node ${step.node} is cordoned.`] : [];
  });
}
