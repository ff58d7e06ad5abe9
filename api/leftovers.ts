/** What a run that does not go on has left on its fleet, as far as it can be seen there. Pure. */
import { FENCE_TAINT } from '../executor/marks.ts';
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run } from '../executor/run.ts';
import { listed } from '../planner/explain/explain-words.ts';
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan } from '../planner/plan.ts';

const NAMES_MAX = 12;

/** Fences, cordons and new nodes of a run that stands still or has ended, in a sentence; undefined: it goes on, or never began. */
export function leftOnFleet(fleet: Fleet, run: Run, plan: DrainPlan): string | undefined {
  const stands = run.state === 'halted' || run.state === 'paused';
  const broken = hasEnded(run.state) && run.state !== 'finished';
  if (run.startedAt === undefined || (!stands && !broken)) return undefined;
  const fenced = fleet.nodes.filter(({ taints }) =>
    taints.some(({ key, value }) => key === FENCE_TAINT && value === run.id),
  );
  const present = new Set(fleet.nodes.map(({ name }) => name));
  const came = [...(run.earlierNodes ?? []), ...Object.values(run.nodes)].filter((name) => present.has(name));
  const awaited = plan.steps.flatMap((step) =>
    step.kind === 'add-node' && run.nodes[step.node] === undefined && isBegun(run, step.id)
      ? [step.node]
      : [],
  );
  const parts = [
    ...named(
      'fences of this run on',
      fenced.map(({ name }) => name),
    ),
    ...named('cordons of this run on', cordoned(fleet, run, plan)),
    ...named('new nodes that came for it:', came),
    ...named('asked for and not seen yet:', awaited),
  ];
  if (parts.length === 0)
    return stands ? 'Nothing of this run is on the fleet.' : 'Nothing of this run is left on the fleet.';
  return `${stands ? 'On the fleet' : 'Left on the fleet'}: ${parts.join('; ')}.`;
}

/** A cordon does not say whose it is here: those are ours that a step of the plan has set. */
function cordoned(fleet: Fleet, run: Run, plan: DrainPlan): readonly string[] {
  const ours = new Set(
    plan.steps.flatMap((step) =>
      step.kind === 'cordon' && run.steps[step.id]?.state === 'done' ? [step.node] : [],
    ),
  );
  return fleet.nodes
    .filter(({ name, unschedulable }) => unschedulable && ours.has(name))
    .map(({ name }) => name);
}

function isBegun(run: Run, step: string): boolean {
  return ['acting', 'waiting', 'failed'].includes(run.steps[step]?.state ?? 'pending');
}

function named(words: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${words} ${listed(names.toSorted(), NAMES_MAX)}`];
}
