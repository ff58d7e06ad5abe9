/**
 * A fleet and a request in numbers: nodes, pods and clusters by index, amounts and relations in flat arrays. Worked out once
 * and never changed; what changes while a plan grows is the yard.
 */
import type { Fleet, FleetNode, Pod } from '../model.ts';
import type { ResolvedRequest } from '../read/resolve-request.ts';
import { type BudgetNumbers, countBudgets } from './budget-numbers.ts';
import { type ClusterTable, surveyClusters } from './clusters.ts';
import { indexLabels } from './label-index.ts';
import { openKinds, type PlacementKinds } from './placement-kinds.ts';
import { hasEnded, staysOnNode } from './pod-nature.ts';
import { type Relations, surveyRelations } from './relations.ts';
import { openRequests, type Requests } from './requests.ts';
import { type SizeTable, surveySizes } from './sizes.ts';

export type NodeTable = {
  readonly all: readonly FleetNode[];
  readonly named: ReadonlyMap<string, number>;
  /** Index into `fleet.zones`. */
  readonly zone: Int32Array;
  /** 1: the request asks to drain it. */
  readonly asked: Uint8Array;
  readonly kind: Int32Array;
  /** By node and resource; Infinity where a node states no attach limit, which means none. */
  readonly allocatable: Float64Array;
};

/** Pods that stand on a node and have not ended, then temporary members that may come. */
export type PodTable = {
  readonly all: readonly Pod[];
  /** -1: a temporary member, not there yet. */
  readonly node: Int32Array;
  /** Which of the distinct requests it makes, see `asks`. */
  readonly ask: Int32Array;
  readonly rule: Int32Array;
  /** 1: daemon and mirror pods stay on their node. */
  readonly stays: Uint8Array;
  /** 1: its volumes keep it where they are. */
  readonly bound: Uint8Array;
  /** -1: no member of a cluster. */
  readonly cluster: Int32Array;
  /** Number of its OrderedReady set; -1: none. */
  readonly orderedSet: Int32Array;
};

export type Survey = {
  readonly fleet: Fleet;
  readonly request: ResolvedRequest;
  readonly resources: readonly string[];
  /** Number of resources. */
  readonly width: number;
  readonly nodes: NodeTable;
  readonly pods: PodTable;
  /** Distinct requests, each of `width` amounts. */
  readonly asks: Float64Array;
  readonly clusters: ClusterTable;
  readonly kinds: PlacementKinds;
  readonly sizes: SizeTable;
  /** Whether some node or replacement of a zone suits a rule. */
  readonly mayBeIn: (rule: number, zone: number) => boolean;
  readonly relations: Relations;
  readonly budgets: BudgetNumbers;
  /** The resource that is scarcest in each zone: what pods are packed by. */
  readonly scarce: Int32Array;
};

/** Returns the survey of a fleet for a request; never refuses. */
export function surveyFleet(fleet: Fleet, request: ResolvedRequest): Survey {
  const { counted, waiting } = sortPods(fleet.pods);
  const { clusters, temporary } = surveyClusters(fleet, request, counted);
  const all = temporary.length === 0 ? counted : [...counted, ...temporary];
  const kinds = openKinds();
  const requests = openRequests();
  const named = new Map(fleet.nodes.map((node, index) => [node.name, index]));
  const pods = surveyPods(all, named, clusters, requests, kinds);
  const { resources, asks } = requests.amounts();
  const nodes = surveyNodes(fleet, request, named, kinds, resources);
  const sizes = surveySizes({ fleet, request, resources, nodes, pods, asks, kinds });
  const labelled = waiting.length === 0 ? all : [...all, ...waiting];
  const labels = indexLabels(labelled);
  return {
    fleet,
    request,
    resources,
    width: resources.length,
    nodes,
    pods,
    asks,
    clusters,
    kinds,
    sizes,
    mayBeIn: zonesOfRules(kinds, nodes, sizes, fleet.zones.length),
    // Whoever may come keeps the same distance as who is there, and is kept at it.
    relations: surveyRelations(all, labels),
    budgets: countBudgets(fleet.budgets, {
      pods: labelled,
      labels,
      temporary: { from: counted.length, to: all.length },
    }),
    scarce: scarceResources(fleet, nodes, pods, asks, resources),
  };
}

/** Pods that stand on a node and have not ended, and those that have not found a node yet: budgets count both. */
function sortPods(pods: readonly Pod[]): {
  readonly counted: readonly Pod[];
  readonly waiting: readonly Pod[];
} {
  const counted: Pod[] = [];
  const waiting: Pod[] = [];
  for (const pod of pods) if (!hasEnded(pod)) (pod.node === undefined ? waiting : counted).push(pod);
  return { counted, waiting };
}

/** Whether a resource limits only those nodes that state it: https://kubernetes.io/docs/concepts/storage/storage-limits/ */
export function isAttachLimit(resource: string): boolean {
  return resource.startsWith('attachable-volumes-');
}

/** Returns what a node offers; what nobody states is nothing, but for attach limits, which are none then. */
export function roomOf(amounts: Readonly<Record<string, number>>, names: readonly string[]): number[] {
  return names.map((name) => {
    if (Object.hasOwn(amounts, name)) return amounts[name] ?? 0;
    return isAttachLimit(name) ? Number.POSITIVE_INFINITY : 0;
  });
}

function surveyNodes(
  fleet: Fleet,
  request: ResolvedRequest,
  named: ReadonlyMap<string, number>,
  kinds: PlacementKinds,
  resources: readonly string[],
): NodeTable {
  const all = fleet.nodes;
  const zones = new Map(fleet.zones.map((zone, index) => [zone, index]));
  const asked = new Uint8Array(all.length);
  for (const name of request.drained) asked[named.get(name) ?? all.length] = 1;
  const table = {
    all,
    named,
    zone: new Int32Array(all.length),
    asked,
    kind: new Int32Array(all.length),
    allocatable: new Float64Array(all.length * resources.length),
  };
  all.forEach((node, index) => {
    table.zone[index] = zones.get(node.zone) ?? 0;
    table.kind[index] = kinds.kindOf(node);
    table.allocatable.set(roomOf(node.allocatable, resources), index * resources.length);
  });
  return table;
}

function surveyPods(
  all: readonly Pod[],
  nodes: ReadonlyMap<string, number>,
  clusters: ClusterTable,
  requests: Requests,
  kinds: PlacementKinds,
): PodTable {
  const table = {
    all,
    node: new Int32Array(all.length),
    ask: new Int32Array(all.length),
    rule: new Int32Array(all.length),
    stays: new Uint8Array(all.length),
    bound: new Uint8Array(all.length),
    cluster: clustersOf(clusters, all.length),
    orderedSet: new Int32Array(all.length),
  };
  const sets = new Map<string, number>();
  for (let number = 0; number < all.length; number += 1) {
    const pod = all[number];
    if (pod === undefined) continue;
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

function zonesOfRules(
  kinds: PlacementKinds,
  nodes: NodeTable,
  sizes: SizeTable,
  zones: number,
): Survey['mayBeIn'] {
  const present = Array.from({ length: zones }, () => new Set<number>());
  nodes.zone.forEach((zone, node) => {
    present[zone]?.add(nodes.kind[node] ?? 0);
  });
  sizes.zone.forEach((zone, size) => {
    present[zone]?.add(sizes.kind[size] ?? 0);
  });
  const answers = new Int8Array(kinds.rules.length * zones).fill(-1);
  return (rule, zone) => {
    const place = rule * zones + zone;
    if (answers[place] === -1)
      answers[place] = [...(present[zone] ?? [])].some((kind) => kinds.fits(rule, kind)) ? 1 : 0;
    return answers[place] === 1;
  };
}

/** By load over allocatable; number of pods and attach limits are never what packs a node. */
function scarceResources(
  fleet: Fleet,
  nodes: NodeTable,
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
