/**
 * A fleet and a request in numbers: nodes, pods and clusters by index, amounts and relations in flat arrays. Worked out once
 * and never changed; what changes while a plan grows is the yard.
 */
import type { Fleet, FleetNode, Pod } from '../model.ts';
import type { ResolvedRequest } from '../read/resolve-request.ts';
import { type BudgetNumbers, countBudgets } from './budget-numbers.ts';
import { type ClusterTable, surveyClusters } from './clusters.ts';
import { numberContents } from './number-contents.ts';
import { openKinds, type PlacementKinds } from './placement-kinds.ts';
import { hasEnded, staysOnNode } from './pod-nature.ts';
import { type Relations, surveyRelations } from './relations.ts';
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
  readonly named: ReadonlyMap<string, number>;
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
  const counted = fleet.pods.filter((pod) => pod.node !== undefined && !hasEnded(pod));
  const named = new Map(counted.map((pod, index) => [pod.key, index]));
  const { clusters, temporary } = surveyClusters(fleet, request, counted, named);
  const all = temporary.length === 0 ? counted : [...counted, ...temporary];
  temporary.forEach((pod, index) => {
    named.set(pod.key, counted.length + index);
  });
  const kinds = openKinds();
  const { resources, asks, askOf } = surveyRequests(all);
  const rule = Int32Array.from(all, (pod) => kinds.ruleOf(pod));
  const nodes = surveyNodes(fleet, request, kinds, resources);
  const pods = surveyPods(all, named, nodes, clusters, askOf, rule);
  const sizes = surveySizes({ fleet, request, resources, nodes, pods, asks, kinds });
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
    relations: surveyRelations(all),
    budgets: countBudgets(fleet, all),
    scarce: scarceResources(fleet, nodes, pods, asks, resources),
  };
}

/** Whether a resource limits only those nodes that state it: https://kubernetes.io/docs/concepts/storage/storage-limits/ */
export function isAttachLimit(resource: string): boolean {
  return resource.startsWith('attachable-volumes-');
}

function surveyRequests(all: readonly Pod[]): {
  readonly resources: readonly string[];
  readonly asks: Float64Array;
  readonly askOf: Int32Array;
} {
  const names = new Set<string>(['cpu', 'memory', 'pods']);
  const numberOf = numberContents();
  const distinct: Pod['requests'][] = [];
  let last: Pod['requests'] | undefined;
  let lastNumber = 0;
  const askOf = Int32Array.from(all, ({ requests }) => {
    if (requests === last) return lastNumber;
    const number = numberOf(requests) - 1;
    if (number === distinct.length) {
      distinct.push(requests);
      for (const name of Object.keys(requests)) names.add(name);
    }
    last = requests;
    lastNumber = number;
    return number;
  });
  const resources = [...names].sort();
  const asks = Float64Array.from(distinct.flatMap((requests) => vectorOf(requests, resources)));
  return { resources, asks, askOf };
}

/** Returns the amounts in the order of `names`; what is not named is zero, as for the scheduler. */
export function vectorOf(amounts: Readonly<Record<string, number>>, names: readonly string[]): number[] {
  return names.map((name) => (Object.hasOwn(amounts, name) ? (amounts[name] ?? 0) : 0));
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
  kinds: PlacementKinds,
  resources: readonly string[],
): NodeTable {
  const all = fleet.nodes;
  const zones = new Map(fleet.zones.map((zone, index) => [zone, index]));
  const asked = new Set(request.drained);
  const allocatable = new Float64Array(all.length * resources.length);
  all.forEach((node, index) => {
    allocatable.set(roomOf(node.allocatable, resources), index * resources.length);
  });
  return {
    all,
    named: new Map(all.map((node, index) => [node.name, index])),
    zone: Int32Array.from(all, (node) => zones.get(node.zone) ?? 0),
    asked: Uint8Array.from(all, (node) => (asked.has(node.name) ? 1 : 0)),
    kind: Int32Array.from(all, kinds.kindOf),
    allocatable,
  };
}

function surveyPods(
  all: readonly Pod[],
  named: ReadonlyMap<string, number>,
  nodes: NodeTable,
  clusters: ClusterTable,
  ask: Int32Array,
  rule: Int32Array,
): PodTable {
  const sets = new Map<string, number>();
  const cluster = new Int32Array(all.length).fill(-1);
  clusters.members.forEach((pod, place) => {
    cluster[pod] = clusters.ofMember[place] ?? -1;
  });
  clusters.temporary.forEach((pod, index) => {
    if (pod >= 0) cluster[pod] = index;
  });
  return {
    all,
    named,
    node: Int32Array.from(all, (pod) => (pod.node === undefined ? -1 : (nodes.named.get(pod.node) ?? -1))),
    ask,
    rule,
    stays: Uint8Array.from(all, (pod) => (staysOnNode(pod) ? 1 : 0)),
    bound: Uint8Array.from(all, (pod) => (pod.volumeTerms.length > 0 ? 1 : 0)),
    cluster,
    // An OrderedReady set stops recreating behind an unready lower ordinal:
    // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#orderedready-pod-management
    orderedSet: Int32Array.from(all, ({ owner }) => {
      if (owner.kind !== 'StatefulSet' || !owner.orderedReady) return -1;
      const known = sets.get(owner.uid);
      if (known !== undefined) return known;
      sets.set(owner.uid, sets.size);
      return sets.size - 1;
    }),
  };
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
  pods.node.forEach((node, pod) => {
    if (node < 0) return;
    const zone = nodes.zone[node] ?? 0;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1)
      load[zone * width + r] = (load[zone * width + r] ?? 0) + (asks[ask + r] ?? 0);
  });
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
