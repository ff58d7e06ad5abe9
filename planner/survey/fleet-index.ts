/**
 * What a survey says of a fleet whatever the request: pods and nodes in columns, relations, budgets. It is kept with the fleet,
 * which is never changed, so that other plans for the same fleet begin with it. Temporary members come with the request; with
 * them the columns are made anew.
 */
import type { Fleet, Pod } from '../model.ts';
import { type BudgetNumbers, countBudgets } from './budget-numbers.ts';
import { type ClusterTable, type PlainClusters, readClusters } from './clusters.ts';
import { type Domains, numberDomains } from './domains.ts';
import { indexLabels } from './label-index.ts';
import { type Layout, layOutPods } from './layout.ts';
import { openKinds, type PlacementKinds } from './placement-kinds.ts';
import { hasEnded, staysOnNode } from './pod-nature.ts';
import { type Relations, surveyRelations } from './relations.ts';
import { openRequests, type Requests } from './requests.ts';
import { isAttachLimit, roomOf } from './resources.ts';
import { numberLooks, sumDaemonLoads } from './sizes.ts';
import type { NodeColumns, PodTable, Tables } from './tables.ts';

export type Columns = Tables & {
  readonly kinds: PlacementKinds;
  readonly layout: Layout;
  readonly relations: Relations;
  readonly domains: Domains;
  readonly budgets: BudgetNumbers;
  readonly scarce: Int32Array;
  /** By zone and resource, what the DaemonSets found on every node of the zone ask for on one node. */
  readonly daemonLoads: readonly (readonly number[])[];
};

export type FleetIndex = {
  /** Pods that stand on a node and have not ended. */
  readonly standing: readonly Pod[];
  readonly named: ReadonlyMap<string, number>;
  readonly clusters: PlainClusters;
  /** The columns with these temporary members, which the table of clusters knows, behind the pods that stand. */
  readonly columnsWith: (clusters: ClusterTable, temporary: readonly Pod[]) => Columns;
};

const known = new WeakMap<Fleet, FleetIndex>();

/** Returns the index of a fleet, made when it is first asked for. */
export function indexFleet(fleet: Fleet): FleetIndex {
  const before = known.get(fleet);
  if (before !== undefined) return before;
  const { standing, waiting } = sortPods(fleet.pods);
  const named = new Map(fleet.nodes.map((node, number) => [node.name, number]));
  let alone: Columns | undefined;
  const index: FleetIndex = {
    standing,
    named,
    clusters: readClusters(fleet, standing),
    columnsWith: (clusters, temporary) => {
      const sorted = { standing, temporary, waiting };
      if (temporary.length > 0) return columnsOf(fleet, named, sorted, clusters);
      alone ??= columnsOf(fleet, named, sorted, clusters);
      return alone;
    },
  };
  known.set(fleet, index);
  return index;
}

type SortedPods = {
  readonly standing: readonly Pod[];
  readonly temporary: readonly Pod[];
  /** Those that have not found a node yet. */
  readonly waiting: readonly Pod[];
};

/** Pods that have not ended: budgets count those that stand on a node and those that wait for one. */
function sortPods(pods: readonly Pod[]): Omit<SortedPods, 'temporary'> {
  const stands = (pod: Pod) => pod.node !== undefined && !hasEnded(pod);
  // Mostly that is all of them, and no other list is made.
  if (pods.every(stands)) return { standing: pods, waiting: [] };
  return {
    standing: pods.filter(stands),
    waiting: pods.filter((pod) => pod.node === undefined && !hasEnded(pod)),
  };
}

function columnsOf(
  fleet: Fleet,
  named: ReadonlyMap<string, number>,
  { standing, temporary, waiting }: SortedPods,
  clusters: ClusterTable,
): Columns {
  const all = temporary.length === 0 ? standing : [...standing, ...temporary];
  const kinds = openKinds();
  const requests = openRequests();
  const cluster = clustersOf(clusters, all.length);
  const pods = { ...surveyPods(all, named, requests, kinds), cluster };
  const { resources, asks } = requests.amounts();
  const nodes = surveyNodes(fleet, named, kinds, resources);
  const labelled = waiting.length === 0 ? all : [...all, ...waiting];
  const labels = indexLabels(labelled);
  // Whoever may come keeps the same distance as who is there, and is kept at it.
  const relations = surveyRelations(all, cluster, labels);
  return {
    kinds,
    resources,
    asks,
    pods,
    nodes,
    layout: layOutPods({ pods, nodes, asks, resources }),
    relations,
    domains: numberDomains(fleet.nodes, relations.all),
    budgets: countBudgets(fleet.budgets, {
      pods: labelled,
      labels,
      temporary: { from: standing.length, to: all.length },
    }),
    scarce: scarceResources(fleet, nodes, pods, asks, resources),
    daemonLoads: sumDaemonLoads(fleet, { resources, nodes, pods, asks }),
  };
}

function surveyNodes(
  fleet: Fleet,
  named: ReadonlyMap<string, number>,
  kinds: PlacementKinds,
  resources: readonly string[],
): NodeColumns {
  const all = fleet.nodes;
  const zones = new Map(fleet.zones.map((zone, index) => [zone, index]));
  const lookOf = numberLooks();
  const table = {
    all,
    named,
    zone: new Int32Array(all.length),
    kind: new Int32Array(all.length),
    look: new Int32Array(all.length),
    allocatable: new Float64Array(all.length * resources.length),
  };
  all.forEach((node, index) => {
    table.zone[index] = zones.get(node.zone) ?? 0;
    table.kind[index] = kinds.kindOf(node);
    table.look[index] = lookOf(node, table.zone[index] ?? 0);
    table.allocatable.set(roomOf(node.allocatable, resources), index * resources.length);
  });
  return table;
}

function surveyPods(
  all: readonly Pod[],
  nodes: ReadonlyMap<string, number>,
  requests: Requests,
  kinds: PlacementKinds,
): Omit<PodTable, 'cluster'> {
  const volumes: (number | undefined)[] = [];
  const table = {
    all,
    key: new Array<string>(all.length),
    name: new Array<string>(all.length),
    uid: new Array<string>(all.length),
    volume: new Int32Array(all.length),
    volumes,
    bare: new Uint8Array(all.length),
    node: new Int32Array(all.length),
    ask: new Int32Array(all.length),
    rule: new Int32Array(all.length),
    stays: new Uint8Array(all.length),
    bound: new Uint8Array(all.length),
    orderedSet: new Int32Array(all.length),
  };
  const sets = new Map<string, number>();
  const volumeOf = numberVolumes(volumes);
  for (let number = 0; number < all.length; number += 1) {
    const pod = all[number];
    if (pod === undefined) continue;
    table.key[number] = pod.key;
    table.name[number] = pod.name;
    table.uid[number] = pod.uid;
    table.volume[number] = volumeOf(pod.volumeBytes);
    table.bare[number] = pod.owner.kind === 'none' ? 1 : 0;
    table.node[number] = pod.node === undefined ? -1 : (nodes.get(pod.node) ?? -1);
    table.ask[number] = requests.numberOf(pod.requests);
    table.rule[number] = kinds.ruleOf(pod);
    table.stays[number] = staysOnNode(pod) ? 1 : 0;
    table.bound[number] = pod.volumeTerms.length > 0 ? 1 : 0;
    table.orderedSet[number] = orderedSetOf(pod, sets);
  }
  return table;
}

function clustersOf({ members, ofMember, temporary }: ClusterTable, pods: number): Int32Array {
  const cluster = new Int32Array(pods).fill(-1);
  for (let place = 0; place < members.length; place += 1)
    cluster[members[place] ?? pods] = ofMember[place] ?? -1;
  for (let index = 0; index < temporary.length; index += 1) {
    const pod = temporary[index] ?? -1;
    if (pod >= 0) cluster[pod] = index;
  }
  return cluster;
}

/** Thousands of volumes have one of a few sizes. */
function numberVolumes(sizes: (number | undefined)[]): (bytes: number | undefined) => number {
  const numbers = new Map<number | undefined, number>();
  return (bytes) => {
    let number = numbers.get(bytes);
    if (number === undefined) {
      number = sizes.push(bytes) - 1;
      numbers.set(bytes, number);
    }
    return number;
  };
}

/**
 * An OrderedReady set stops recreating behind an unready lower ordinal:
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#orderedready-pod-management
 */
function orderedSetOf({ owner }: Pod, sets: Map<string, number>): number {
  if (owner.kind !== 'StatefulSet' || !owner.orderedReady) return -1;
  const known = sets.get(owner.uid);
  if (known !== undefined) return known;
  sets.set(owner.uid, sets.size);
  return sets.size - 1;
}

/** By load over allocatable; number of pods and attach limits are never what packs a node. */
function scarceResources(
  fleet: Fleet,
  nodes: NodeColumns,
  pods: PodTable,
  asks: Float64Array,
  resources: readonly string[],
): Int32Array {
  const width = resources.length;
  const load = new Float64Array(fleet.zones.length * width);
  const room = new Float64Array(fleet.zones.length * width);
  nodes.zone.forEach((zone, node) => {
    for (let r = 0; r < width; r += 1)
      room[zone * width + r] = (room[zone * width + r] ?? 0) + (nodes.allocatable[node * width + r] ?? 0);
  });
  for (let pod = 0; pod < pods.node.length; pod += 1) {
    const node = pods.node[pod] ?? -1;
    if (node < 0) continue;
    const zone = nodes.zone[node] ?? 0;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1)
      load[zone * width + r] = (load[zone * width + r] ?? 0) + (asks[ask + r] ?? 0);
  }
  return Int32Array.from(fleet.zones, (_, zone) => {
    let best = resources.indexOf('cpu');
    let fullest = 0;
    resources.forEach((name, r) => {
      if (name === 'pods' || isAttachLimit(name)) return;
      const share = (load[zone * width + r] ?? 0) / Math.max(1, room[zone * width + r] ?? 0);
      if (share > fullest) {
        fullest = share;
        best = r;
      }
    });
    return best;
  });
}
