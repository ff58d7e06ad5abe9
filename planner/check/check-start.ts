/**
 * The fleet as it stands before the first step.
 */
import type { Fleet, FleetNode } from '../model.ts';
import type { DrainPlan } from '../plan.ts';
import type { NumberedFleet, Standing } from './check-model.ts';
import { findPaths } from './check-paths.ts';
import type { CheckedRequest } from './check-request.ts';
import { bringIntoView, putNode, type Walk } from './check-state.ts';
import { countOf, readSteps } from './check-step-list.ts';
import { lookUpNames } from './check-step-names.ts';

/** A walk that has not begun. */
export function startWalk(
  plan: DrainPlan,
  fleet: Fleet,
  numbered: NumberedFleet,
  request: CheckedRequest,
): Walk {
  const steps = readSteps(plan.steps);
  // Each scale-out brings a pod and a member.
  const pods = numbered.pods.length + countOf(steps, 'scale-out');
  const clusters = numbered.clusters.length;
  const walk: Walk = {
    plan,
    fleet,
    numbered,
    request,
    steps,
    names: lookUpNames(plan.steps, numbered),
    paths: findPaths(steps),
    refused: new Set(plan.refusals.map((refusal) => refusal.node)),
    nodes: [],
    nodesNamed: [],
    pods: [...numbered.pods],
    temporaries: [],
    now: copyStanding(numbered.start, pods - numbered.pods.length),
    changes: {
      pods: new Map(),
      tags: new Map(),
      members: new Map(),
      carriers: new Map(),
      repellers: new Map(),
      farRepellers: [],
    },
    moved: new Uint8Array(pods),
    lastMove: new Int32Array(pods).fill(-1),
    haveLed: new Uint8Array(numbered.members.length + pods - numbered.pods.length),
    labels: [...numbered.columns.labels],
    budgets: [...numbered.columns.budgets],
    switchovers: new Int32Array(clusters),
    outages: new Int32Array(clusters),
    scaledOut: new Int32Array(clusters),
    syncMayHaveChanged: new Uint8Array(clusters),
    clusters: [],
    isInView: new Uint8Array(clusters),
    onEmptied: [],
    budgetUses: { budgets: [], places: [], allowed: [] },
    unfenced: new Set(),
    open: new Set(),
    replacements: new Map(),
    liveAtStart: countByZone(fleet.nodes),
    live: countByZone(fleet.nodes),
    addedIn: new Map(),
    peakExtra: new Map(fleet.zones.map((zone) => [zone, 0])),
    podAt: new Int32Array(plan.steps.length).fill(-1),
    clusterAt: new Int32Array(plan.steps.length).fill(-1),
    nodeChanges: [],
    spreadDomains: new Array(numbered.spreadKinds).fill(undefined),
    drainedNow: undefined,
    violations: [],
  };
  fleet.nodes.forEach((node, number) => {
    putNode(walk, node, false, [...(numbered.podsOn[number] ?? [])]);
  });
  seeClusters(walk);
  return walk;
}

/** `more` is how many pods may come to it. */
function copyStanding(start: Standing, more: number): Standing {
  const count = start.nodeOf.length + more;
  const nodeOf = new Int32Array(count).fill(-1);
  const soleBudget = new Int32Array(count).fill(-1);
  const placeOf = new Int32Array(count);
  nodeOf.set(start.nodeOf);
  soleBudget.set(start.soleBudget);
  placeOf.set(start.placeOf);
  return {
    nodeOf,
    placeOf,
    primary: start.primary.slice(),
    down: start.down.slice(),
    budgetPods: start.budgetPods.slice(),
    budgetHealthy: start.budgetHealthy.slice(),
    soleBudget,
    budgetDesired: start.budgetDesired.slice(),
  };
}

/** Notes whose clusters are concerned. */
function seeClusters(walk: Walk): void {
  const { numbered, nodes, onEmptied, isInView } = walk;
  const { clustersOfPods, nodesOfPods } = numbered;
  for (let at = 0; at < clustersOfPods.length; at += 1) {
    const number = clustersOfPods[at] ?? -1;
    if (number < 0 || isInView[number] === 1) continue;
    const cluster = numbered.clusters[number];
    if (cluster === undefined || nodes[nodesOfPods[at] ?? -1]?.toBeEmptied !== true) continue;
    bringIntoView(walk, cluster);
    onEmptied.push(cluster);
  }
}

function countByZone(nodes: readonly FleetNode[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node.zone, (counts.get(node.zone) ?? 0) + 1);
  return counts;
}
