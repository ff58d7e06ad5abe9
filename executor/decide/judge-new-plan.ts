/**
 * Pure: may a new plan help a halted run, and is it as good as what was left of the old one?
 */
import type { Because, DrainPlan, Step } from '../../planner/plan.ts';
import type { RunFold } from '../record/run-fold.ts';
import { tookPlace } from '../record/took-place.ts';
import type { HaltCode } from '../wait-codes.ts';
import { planIndex } from './plan-index.ts';

/** Halts because the fleet is no longer what the plan counts on. The others need a person, whatever the plan. */
const mendedByNewPlan: ReadonlySet<string> = new Set<HaltCode>([
  'plan-invalid',
  'node-gone',
  'landed-on-drained-node',
  'role-changed-by-others',
  'switched-to-other-target',
  'successor-appeared',
]);

/** Returns true for a halt that a plan from the state found may mend: its code says so, or the deadline that has passed. */
export function mayBeMended({ code, facts }: Because): boolean {
  return mendedByNewPlan.has(code) || (code === 'deadline-passed' && facts.follows !== undefined);
}

/** Returns the node without which the run is to go on; undefined: it halted for something else. */
export function nodeToSkip({ code, facts }: Because): string | undefined {
  return code === 'deadline-passed' && typeof facts.skip === 'string' ? facts.skip : undefined;
}

/**
 * Returns true where the plan begins in the cluster with the very switchover that has waited until its deadline: it would wait for the
 * same again.
 */
export function repeatsItself(plan: DrainPlan, fold: RunFold): boolean {
  const { code, facts } = fold.because;
  const waited = fold.lanes.get(String(facts.step))?.step;
  if (code !== 'deadline-passed' || waited?.kind !== 'switchover') {
    return false;
  }
  const first = planIndex(plan).byCluster.get(waited.cluster)?.[0];
  return first?.kind === 'switchover' && first.from === waited.from && first.to === waited.to;
}

/** Weighted, as the certificate counts them. */
export type Needs = { readonly outages: number; readonly switchovers: number };

type Leaders = Readonly<Record<string, string>>;

/** Returns what the plan being carried out still meant to interrupt, where these lead now. */
export function leftOfPlan(fold: RunFold, leaders: Leaders): Needs {
  const weightOf = (cluster: string): number => fold.plan.request.clusters?.[cluster]?.weight ?? 1;
  let [outages, switchovers] = [0, 0];
  for (const step of stepsToCome(fold, leaders)) {
    if (step.kind === 'switchover') {
      switchovers += weightOf(step.cluster);
    }
    if (step.kind === 'move' && step.outage && step.cluster !== null) {
      outages += weightOf(step.cluster);
    }
  }
  return { outages, switchovers };
}

function stepsToCome(fold: RunFold, leaders: Leaders): readonly Step[] {
  return [...fold.lanes.values()].flatMap((lane) => (tookPlace(fold, lane, leaders) ? [] : [lane.step]));
}

/** Returns what a plan interrupts. */
export function needsOf({ certificate }: DrainPlan): Needs {
  return { outages: certificate.outages.value, switchovers: certificate.switchovers.value };
}

/** Clusters that are interrupted by the new plan and were not to be by the old one, in the order of its steps. */
export type NewlyInterrupted = {
  readonly switchovers: readonly string[];
  /** They may have had a switchover before them: an outage is worse. */
  readonly outages: readonly string[];
};

/** Returns the clusters whose owners nobody had a reason to ask before. */
export function newlyInterrupted(plan: DrainPlan, fold: RunFold, leaders: Leaders): NewlyInterrupted {
  const left = interruptedBy(stepsToCome(fold, leaders));
  const now = interruptedBy(plan.steps);
  return {
    switchovers: [...now.switchovers].filter((key) => !left.switchovers.has(key) && !left.outages.has(key)),
    outages: [...now.outages].filter((key) => !left.outages.has(key)),
  };
}

function interruptedBy(steps: readonly Step[]): {
  readonly switchovers: ReadonlySet<string>;
  readonly outages: ReadonlySet<string>;
} {
  return {
    switchovers: new Set(steps.flatMap((step) => (step.kind === 'switchover' ? [step.cluster] : []))),
    outages: new Set(
      steps.flatMap((step) => (step.kind === 'move' && step.outage ? [step.cluster ?? step.pod] : [])),
    ),
  };
}

/**
 * Returns true where nobody who approved the old plan has to be asked again: neither kind of interruption grew, and no database is taken
 * down that was not to be.
 */
export function isNoWorse(now: Needs, before: Needs, { outages }: NewlyInterrupted): boolean {
  return now.outages <= before.outages && now.switchovers <= before.switchovers && outages.length === 0;
}

/** Returns the nodes that the plan has not released yet. */
export function leftToDrain(fold: RunFold): readonly string[] {
  return [...fold.lanes.values()].flatMap(({ step, done }) =>
    step.kind === 'release' && done === undefined ? [step.node] : [],
  );
}
