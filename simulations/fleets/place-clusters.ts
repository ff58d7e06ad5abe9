/** Clusters onto nodes: members spread over the zones, each on a node with room, one of them primary. */
import type { DatabaseCluster, DisruptionBudget, Pod, Resources } from '../../planner/model.ts';
import type { Random } from '../world/random.ts';
import { clusterObjects } from './cluster-objects.ts';
import { type Bin, type Cell, take, usedOf } from './draw-cells.ts';
import { type ClusterSketch, requestsFor, type Units } from './draw-clusters.ts';
import { findBin } from './find-bin.ts';
import type { Settled } from './fleet-wanted.ts';

export type Placed = { readonly cell: Cell; readonly bin: Bin };

export type ClustersPlaced = {
  readonly pods: Pod[];
  readonly clusters: DatabaseCluster[];
  readonly budgets: DisruptionBudget[];
};

/** Members fill a zone to this share of what is wanted there at most; small stateless pods make it exact. */
const fullOfMembers = 0.9;
const nofailoverShare = 0.02;
/** Of the clusters that only prefer their members apart: how often the scheduler found no better place. */
const closeTogetherShare = 0.1;

/** Returns the pods, clusters and budgets; a member for which there is no room is left out. */
export function placeClusters(
  random: Random,
  wanted: Settled,
  cells: readonly Cell[],
  sketches: readonly ClusterSketch[],
  units: Units,
): ClustersPlaced {
  const all: ClustersPlaced = { pods: [], clusters: [], budgets: [] };
  const known = new Map<string, Resources>();
  const cellsOf = Map.groupBy(cells, (cell) => cell.pool);
  const zoneTerms = new Map(cells.map(({ zone }) => [zone, volumeTermsOf(zone)]));
  for (const sketch of sketches) {
    const requests = requestsFor(known, units, sketch.cpuParts, sketch.memoryParts);
    const places = findPlaces(random, cellsOf.get(sketch.pool) ?? [], sketch, requests);
    if (places.length === 0) continue;
    const primary = random.between(0, places.length - 1);
    const nofailover = places.map((_, ordinal) => ordinal !== primary && random.next() < nofailoverShare);
    const lags = places.map(() => (random.next() < 0.8 ? 0 : random.between(1, 1_000_000)));
    const { pods, cluster, budget } = clusterObjects({
      sketch: { ...sketch, rule: ruleThatHolds(sketch, places) },
      requests,
      places: places.map(({ cell, bin }) => ({
        node: bin.node.name,
        volumeTerms: zoneTerms.get(cell.zone) ?? [],
      })),
      primary,
      nofailover,
      lags,
      readyLabel: wanted.readyLabel,
    });
    all.pods.push(...pods);
    all.clusters.push(cluster);
    all.budgets.push(budget);
  }
  return all;
}

/** Each member goes to the zone with the fewest of its siblings, and of those to the emptiest. */
function findPlaces(
  random: Random,
  cells: readonly Cell[],
  { members, rule }: ClusterSketch,
  requests: Resources,
): readonly Placed[] {
  const places: Placed[] = [];
  const together = rule === 'preferred' && random.next() < closeTogetherShare;
  for (let member = 0; member < members; member += 1) {
    const siblings = (cell: Cell) => places.filter((place) => place.cell === cell).length;
    const order = [...cells].sort((a, b) => siblings(a) - siblings(b) || fullness(a) - fullness(b));
    const except = together ? [] : places.map((place) => place.bin);
    for (const cell of order) {
      const wanted = cell.scarce === 'cpu' ? (requests.cpu ?? 0) : (requests.memory ?? 0);
      if (usedOf(cell) + wanted > cell.target * fullOfMembers) continue;
      const bin = findBin(random, cell, requests, except);
      if (bin === undefined) continue;
      take(cell, bin, requests);
      places.push({ cell, bin });
      break;
    }
  }
  return places;
}

/** Members that found no zone of their own cannot have been asked to be spread over the zones. */
function ruleThatHolds({ rule }: ClusterSketch, places: readonly Placed[]): ClusterSketch['rule'] {
  const zones = new Set(places.map(({ cell }) => cell.zone)).size;
  return rule === 'spread' && zones < places.length ? 'apart' : rule;
}

function fullness(cell: Cell): number {
  return usedOf(cell) / cell.target;
}

function volumeTermsOf(zone: string): Pod['volumeTerms'] {
  return [[{ labels: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }], fields: [] }]];
}
