/**
 * What a plan and its run know beyond the fleet, looked up often while the fleet is drawn. Pure.
 */
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run } from '../executor/run.ts';
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan, MoveStep, Step } from '../planner/plan.ts';

export type Course = {
  readonly drained: ReadonlySet<string>;
  readonly released: ReadonlySet<string>;
  /** Zone of each node of a drain, also after it is gone. */
  readonly zoneOf: ReadonlyMap<string, string>;
  /** Real names of nodes that came for the plan, and of those still expected. */
  readonly came: ReadonlySet<string>;
  readonly expected: readonly { readonly name: string; readonly zone: string }[];
  /** The plan's name of each node that came, by its real name. */
  readonly planNames: ReadonlyMap<string, string>;
  /** The open move of each pod key: not done yet. */
  readonly moves: ReadonlyMap<
    string,
    { readonly step: MoveStep; readonly begun: boolean; readonly to: string }
  >;
  /** `cluster member` of each switchover still to come. */
  readonly candidates: ReadonlySet<string>;
  /** Key of each pod of which a step waits that it streams. */
  readonly notStreaming: ReadonlySet<string>;
};

/** The course of a plan, as far as its run has come; without a plan an empty one. */
export function courseOf(fleet: Fleet, plan: DrainPlan | undefined, run: Run | undefined): Course {
  // What an ended run did not come to, nobody does any more; of one that is finished, its nodes stay those that were drained.
  const isOver = run !== undefined && hasEnded(run.state);
  const isBroken = isOver && run.state !== 'finished';
  const steps = plan?.steps ?? [];
  const isDone = (step: Step) => ['done', 'skipped'].includes(run?.steps[step.id]?.state ?? 'pending');
  const isBegun = (step: Step) =>
    ['acting', 'waiting', 'failed'].includes(run?.steps[step.id]?.state ?? 'pending');
  const added = steps.flatMap((step) => (step.kind === 'add-node' ? [step] : []));
  const present = new Set(fleet.nodes.map((node) => node.name));
  const realName = (node: string) => run?.nodes[node] ?? node;
  const moves = isOver ? [] : steps.flatMap((step) => (step.kind === 'move' && !isDone(step) ? [step] : []));
  const drained = steps.flatMap((step) =>
    step.kind === 'release' && (!isBroken || isDone(step)) ? [step.node] : [],
  );
  return {
    drained: new Set(drained),
    released: new Set(
      steps.flatMap((step) => (step.kind === 'release' && isDone(step) ? [realName(step.node)] : [])),
    ),
    zoneOf: zonesOfDrained(steps),
    came: new Set(
      [...(run?.earlierNodes ?? []), ...added.map((step) => realName(step.node))].filter((node) =>
        present.has(node),
      ),
    ),
    expected:
      run === undefined || isOver
        ? []
        : added
            .filter((step) => !present.has(realName(step.node)))
            .map((step) => ({ name: step.node, zone: step.zone })),
    planNames: new Map(added.map((step) => [realName(step.node), step.node])),
    // The first open move of a pod that moves twice is the one under way.
    moves: new Map(
      moves
        .toReversed()
        .map((step) => [step.pod, { step, begun: isBegun(step), to: realName(step.to) }] as const),
    ),
    candidates: new Set(
      steps.flatMap((step) =>
        step.kind === 'switchover' && !isOver && !isDone(step) ? [`${step.cluster} ${step.to}`] : [],
      ),
    ),
    notStreaming: new Set(
      steps.flatMap((step) => {
        const wait = isOver ? undefined : run?.steps[step.id]?.waitingFor;
        return wait !== undefined && waitsToStream.includes(wait.code) ? [wait.subject] : [];
      }),
    ),
  };
}

const waitsToStream: readonly string[] = [
  'replica-not-streaming',
  'member-not-streaming',
  'candidate-not-streaming',
];

/** A released node is gone from the fleet; its release step names its zone. */
function zonesOfDrained(steps: readonly Step[]): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap((step) => {
      const zone = step.kind === 'release' ? step.because.facts.zone : undefined;
      return step.kind === 'release' && typeof zone === 'string' ? [[step.node, zone] as const] : [];
    }),
  );
}
