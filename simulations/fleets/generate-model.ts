/**
 * Fleets from a seed as the planner's model, without the detour over JSON: thousands of small ones for a suite, or one of 10,000
 * nodes and 320,000 pods. Each is a fleet that kube-scheduler could have arrived at: no node is overfull, every required rule
 * holds. What pods have in common is one object, as far as the model allows.
 */
import type { Fleet } from '../../planner/model.ts';
import { sortedBy } from '../../planner/order.ts';
import type { DrainRequest } from '../../planner/plan.ts';
import { createRandom, type Random } from '../world/random.ts';
import { drawCells } from './draw-cells.ts';
import { drawClusters, unitsFor } from './draw-clusters.ts';
import { type ModelWanted, type Settled, settle } from './fleet-wanted.ts';
import { placeClusters } from './place-clusters.ts';
import { placeStateless } from './place-stateless.ts';
import { daemonPods } from './stateless-objects.ts';

export type ModelFleet = { readonly fleet: Fleet; readonly request: DrainRequest };

/** Returns the fleet and drain of a seed: the same ones every time. Throws RangeError on wishes that no fleet meets. */
export function generateModel(wanted: ModelWanted): ModelFleet {
  const settled = settle(wanted);
  const random = createRandom(wanted.seed).fork('model');
  const cells = drawCells(random.fork('nodes'), settled);
  const sketches = drawClusters(random.fork('clusters'), settled, cells);
  const units = unitsFor(random.fork('units'), settled, cells, sketches);
  const databases = placeClusters(random.fork('places'), settled, cells, sketches, units);
  const stateless = placeStateless(random.fork('stateless'), cells, units);
  const nodes = sortedBy(
    cells.flatMap((cell) => cell.bins.map((bin) => bin.node)),
    (node) => node.name,
  );
  const pods = [...stateless.pods, ...databases.pods, ...daemonPods(nodes)];
  const fleet: Fleet = {
    takenAt: '2026-11-22T08:00:40Z',
    zones: [...new Set(nodes.map((node) => node.zone))].sort(),
    nodes,
    pods: sortedBy(pods, (pod) => pod.key),
    clusters: sortedBy(databases.clusters, (cluster) => cluster.key),
    budgets: sortedBy([...stateless.budgets, ...databases.budgets], (budget) => budget.key),
  };
  return { fleet, request: requestFor(random.fork('request'), wanted, settled, fleet) };
}

/** One cluster in five matters more than others, up to ten times as much. */
function requestFor(random: Random, wanted: ModelWanted, settled: Settled, fleet: Fleet): DrainRequest {
  const settings = fleet.clusters.flatMap(({ key, members }) => {
    const weight = random.next() < 0.2 ? { weight: random.between(2, 10) } : {};
    const scales = random.next() < settled.scaleOut && members.length === 1;
    const single = scales ? { singleMember: 'scale-out' as const } : {};
    return 'weight' in weight || scales ? [[key, { ...weight, ...single }] as const] : [];
  });
  const { surgeTotal, parallelDrainsPerZone } = wanted;
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainRequest',
    nodes: { selector: 'lifecycle-status=decommission-pending' },
    replacement: { labels: { 'lifecycle-status': 'ready' } },
    surge: { default: settled.surge, ...(surgeTotal === undefined ? {} : { total: surgeTotal }) },
    ...(parallelDrainsPerZone === undefined ? {} : { limits: { parallelDrainsPerZone } }),
    clusters: Object.fromEntries(settings),
  };
}
