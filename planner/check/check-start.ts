/**
 * The fleet as it stands before the first step, with every name looked up once.
 */
import type { DisruptionBudget, Fleet, FleetNode } from '../model.ts';
import type { DrainPlan } from '../plan.ts';
import { askFor, openLabelIndex, type Tag, tagsOf } from './check-label-index.ts';
import type { Paths } from './check-paths.ts';
import type { CheckedRequest } from './check-request.ts';
import {
  type BudgetState,
  type ClusterState,
  clusterState,
  type PodState,
  putNode,
  putPod,
  type Walk,
} from './check-state.ts';

/** The fleet as it stands before the first step. */
export function startWalk(plan: DrainPlan, fleet: Fleet, request: CheckedRequest, paths: Paths): Walk {
  const walk: Walk = {
    plan,
    fleet,
    request,
    paths,
    refused: new Set(plan.refusals.map((refusal) => refusal.node)),
    nodes: new Map(),
    pods: new Map(),
    clusters: new Map(),
    onEmptied: new Set(),
    clusterNamed: new Map(),
    unreadyInSet: new Map(),
    unfenced: new Set(),
    open: new Set(),
    labels: openLabelIndex(fleet.pods),
    wideRepellers: [],
    somePodsRepelWidely: false,
    somePodsRepelAfar: false,
    wideBudgets: new Map(),
    budgets: [],
    resources: [],
    amountsOf: new Map(),
    daemons: [],
    daemonRoom: new Map(),
    liveAtStart: countByZone(fleet.nodes),
    live: countByZone(fleet.nodes),
    addedIn: new Map(),
    peakExtra: new Map(fleet.zones.map((zone) => [zone, 0])),
    podAt: new Array<PodState | undefined>(plan.steps.length).fill(undefined),
    clusterAt: new Array<ClusterState | undefined>(plan.steps.length).fill(undefined),
    nodesVersion: 0,
    spreadDomains: new Map(),
    drainedNow: undefined,
    violations: [],
  };
  for (const cluster of fleet.clusters) walk.clusterNamed.set(cluster.key, cluster);
  for (const node of fleet.nodes) putNode(walk, node, false);
  for (const budget of fleet.budgets) putBudget(walk, budget);
  const states: PodState[] = [];
  for (const pod of fleet.pods)
    states.push(putPod(walk, pod, walk.nodes.get(pod.node ?? ''), states[states.length - 1]));
  tagPods(walk, states);
  return walk;
}

/** Gives pods their tags: who asks for labels is known only when all have come into view. Notes whose clusters are concerned. */
function tagPods(walk: Walk, states: readonly PodState[]): void {
  let tags: readonly Tag[] = [];
  let cluster: string | undefined;
  for (const state of states) {
    const { pod, node } = state;
    tags = tagsOf(walk.labels, pod.namespace, pod.labels, tags);
    state.tags = tags;
    state.tagsAtStart = tags;
    if (pod.cluster === undefined || pod.cluster === cluster || node?.toBeEmptied !== true) continue;
    cluster = pod.cluster;
    if (clusterState(walk, cluster) !== undefined) walk.onEmptied.add(cluster);
  }
}

function countByZone(nodes: readonly FleetNode[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node.zone, (counts.get(node.zone) ?? 0) + 1);
  return counts;
}

function putBudget(walk: Walk, budget: DisruptionBudget): void {
  const { namespace, selector } = budget;
  // Without a selector it selects nothing.
  if (selector === undefined) return;
  const tag = askFor(walk.labels, namespace, selector);
  const state: BudgetState = { budget, tag, isCounted: false, pods: 0, healthy: 0, uses: [] };
  walk.budgets.push(state);
  if (tag !== undefined) tag.budgets.push(state);
  else walk.wideBudgets.set(namespace, [...(walk.wideBudgets.get(namespace) ?? []), state]);
}
