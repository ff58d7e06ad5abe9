/**
 * The steps of a plan by what decisions ask for: a large plan has tens of thousands, and each decision concerns a few of them.
 * Lists are in the order of the plan. A plan never changes, so each is looked through once.
 */
import type { AddNodeStep, DrainPlan, MoveStep, Step, SwitchoverStep } from '../../planner/plan.ts';
import { trimLists } from '../trim-lists.ts';

export type PlanIndex = {
  /** Nodes that the plan empties, by the names of the snapshot. */
  readonly drained: ReadonlySet<string>;
  /** Steps that close and open a node, by its name. */
  readonly doors: ReadonlyMap<string, readonly Step[]>;
  readonly byCluster: ReadonlyMap<string, readonly Step[]>;
  /** Moves by StatefulSet, `namespace/name`. */
  readonly bySet: ReadonlyMap<string, readonly MoveStep[]>;
  /** Moves by pod, `namespace/name`. */
  readonly byPod: ReadonlyMap<string, readonly MoveStep[]>;
  /** Moves of pods that are of no cluster, by the owner after which they are named, `namespace/name`. */
  readonly byOwner: ReadonlyMap<string, readonly MoveStep[]>;
  readonly switchovers: readonly SwitchoverStep[];
  readonly addNodes: readonly AddNodeStep[];
};

const known = new WeakMap<DrainPlan, PlanIndex>();

/** Returns the index of the plan. */
export function planIndex(plan: DrainPlan): PlanIndex {
  const index = known.get(plan) ?? makeIndex(plan.steps);
  known.set(plan, index);
  return index;
}

function makeIndex(steps: readonly Step[]): PlanIndex {
  const moves = steps.filter((step) => step.kind === 'move');
  return {
    drained: new Set(steps.flatMap((step) => (step.kind === 'release' ? [step.node] : []))),
    doors: listsBy(steps, (step) =>
      step.kind === 'fence' || step.kind === 'cordon' || step.kind === 'unfence' ? step.node : undefined,
    ),
    byCluster: listsBy(steps, clusterOf),
    bySet: listsBy(moves, ({ pod }) => setOf(pod)),
    byPod: listsBy(moves, ({ pod }) => pod),
    byOwner: listsBy(moves, ({ pod, cluster }) => (cluster === null ? ownerOf(pod) : undefined)),
    switchovers: steps.filter((step) => step.kind === 'switchover'),
    addNodes: steps.filter((step) => step.kind === 'add-node'),
  };
}

function listsBy<Each extends Step>(
  steps: readonly Each[],
  keyOf: (step: Each) => string | undefined,
): ReadonlyMap<string, readonly Each[]> {
  const lists = new Map<string, Each[]>();
  for (const step of steps) {
    const key = keyOf(step);
    const list = key === undefined ? undefined : lists.get(key);
    if (list !== undefined) {
      list.push(step);
    } else if (key !== undefined) {
      lists.set(key, [step]);
    }
  }
  return trimLists(lists);
}

/** A ReplicaSet names its pods `owner-xxxxx`: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ */
function ownerOf(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'));
}

/** Returns the cluster whose members the step concerns, `namespace/name`; undefined: none. */
export function clusterOf(step: Step): string | undefined {
  switch (step.kind) {
    case 'move':
      return step.cluster ?? undefined;
    case 'switchover':
    case 'scale-out':
    case 'scale-in':
      return step.cluster;
    default:
      return undefined;
  }
}

/** Returns `namespace/set` of a pod named like one of a StatefulSet; undefined: it is named otherwise. */
export function setOf(pod: string): string | undefined {
  return /^(.+)-\d+$/.exec(pod)?.[1];
}
