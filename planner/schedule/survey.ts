/**
 * What the search reads again and again, worked out once: requests as vectors, relations between pods, who may succeed whom.
 */

import type { DatabaseCluster, Fleet, FleetNode, Member, Pod } from '../model.ts';
import type { ResolvedRequest } from '../read/resolve-request.ts';
import { type Candidacy, rateMembers } from '../rules/choose-candidate.ts';
import { type Relation, surveyRelations } from '../rules/relations.ts';
import { temporaryMember, temporaryPod } from './temporary-member.ts';

/** A pod that counts: one that stands on a node and has not ended, or a temporary member that a plan may bring. */
export type YardPod = {
  readonly pod: Pod;
  /** In the order of `Survey.resources`. */
  readonly requests: readonly number[];
  /** Daemon and mirror pods stay on their node. */
  readonly stays: boolean;
  readonly cluster: DatabaseCluster | undefined;
  /** Undefined: no member. */
  readonly member: Member | undefined;
  readonly relations: readonly Relation[];
  /** Keys of what may not be disturbed twice at once: its cluster, its OrderedReady set, its related pods. */
  readonly chains: readonly string[];
};

export type Survey = {
  readonly fleet: Fleet;
  readonly request: ResolvedRequest;
  readonly resources: readonly string[];
  readonly pods: readonly YardPod[];
  /** Pods on each node, by node name, sorted by key. */
  readonly podsOn: ReadonlyMap<string, readonly YardPod[]>;
  /** Temporary members that may come included. */
  readonly podOf: ReadonlyMap<string, YardPod>;
  readonly nodeOf: ReadonlyMap<string, FleetNode>;
  /** Sum of what the DaemonSets found on every node of a zone ask for on one node, by zone. */
  readonly daemonLoad: ReadonlyMap<string, readonly number[]>;
  /** Nodes to be drained with the same number would have replacements that differ in their name only, by node name. */
  readonly shapeOf: ReadonlyMap<string, number>;
  /** By cluster key. */
  readonly candidacies: ReadonlyMap<string, readonly Candidacy[]>;
  /** Members of each cluster, by cluster key, in the order of `cluster.members`. */
  readonly membersOf: ReadonlyMap<string, readonly YardPod[]>;
  /** The member that a cluster may get for a time, by cluster key: where the request wants it and nobody else may take over. */
  readonly temporaryOf: ReadonlyMap<string, YardPod>;
};

/** Returns the survey of a fleet for a request; never refuses. */
export function surveyFleet(fleet: Fleet, request: ResolvedRequest): Survey {
  const resources = resourceNames(fleet);
  const clusterOf = new Map(fleet.clusters.map((cluster) => [cluster.key, cluster]));
  const counted = fleet.pods.filter((pod) => pod.node !== undefined && !hasEnded(pod));
  const podNamed = new Map(counted.map((pod) => [pod.key, { pod }]));
  const candidacies = new Map(
    fleet.clusters.map((cluster) => [
      cluster.key,
      rateMembers(cluster, podNamed, request.clusters[cluster.key]),
    ]),
  );
  const temporary = fleet.clusters.flatMap(
    (cluster) => temporaryPod(cluster, podNamed, candidacies.get(cluster.key) ?? [], request) ?? [],
  );
  // Whoever may come keeps the same distance as who is there, and is kept at it.
  const relations = surveyRelations([...counted, ...temporary]);
  const pods = counted.map((pod) => surveyPod(pod, resources, clusterOf, relations.get(pod.key) ?? []));
  const podsOn = new Map<string, YardPod[]>();
  for (const each of pods) {
    const name = each.pod.node ?? '';
    const there = podsOn.get(name);
    if (there === undefined) podsOn.set(name, [each]);
    else there.push(each);
  }
  const podOf = new Map(pods.map((each) => [each.pod.key, each]));
  const membersOf = new Map(
    fleet.clusters.map((cluster) => [
      cluster.key,
      cluster.members.flatMap((member) => podOf.get(member.pod) ?? []),
    ]),
  );
  const temporaryOf = new Map<string, YardPod>();
  for (const pod of temporary) {
    const cluster = clusterOf.get(pod.cluster ?? '');
    const primary = podOf.get(cluster?.members.find((each) => each.name === cluster.primary)?.pod ?? '');
    if (cluster === undefined || primary === undefined) continue;
    const member = temporaryMember(primary, pod, relations.get(pod.key) ?? []);
    temporaryOf.set(cluster.key, member);
    podOf.set(pod.key, member);
  }
  return {
    fleet,
    request,
    resources,
    pods,
    podsOn,
    podOf,
    nodeOf: new Map(fleet.nodes.map((node) => [node.name, node])),
    daemonLoad: new Map(fleet.zones.map((zone) => [zone, daemonLoadOf(zone, fleet, podsOn, resources)])),
    shapeOf: shapesOf(fleet, request),
    candidacies,
    membersOf,
    temporaryOf,
  };
}

/** Returns the amounts in the order of `names`; what is not named is zero, as for the scheduler. */
export function vectorOf(amounts: Readonly<Record<string, number>>, names: readonly string[]): number[] {
  return names.map((name) => (Object.hasOwn(amounts, name) ? (amounts[name] ?? 0) : 0));
}

/** Whether a pod holds no resources any more, https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
export function hasEnded(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** Whether a pod is left on its node: the DaemonSet controller ignores cordons, a mirror pod is the kubelet's own. */
export function staysOnNode(pod: Pod): boolean {
  return pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror';
}

function surveyPod(
  pod: Pod,
  resources: readonly string[],
  clusterOf: ReadonlyMap<string, DatabaseCluster>,
  relations: readonly Relation[],
): YardPod {
  const cluster = pod.cluster === undefined ? undefined : clusterOf.get(pod.cluster);
  const member = cluster?.members.find((each) => each.pod === pod.key);
  const ordered = pod.owner.kind === 'StatefulSet' && pod.owner.orderedReady;
  return {
    pod,
    requests: vectorOf(pod.requests, resources),
    stays: staysOnNode(pod),
    cluster: member === undefined ? undefined : cluster,
    member,
    relations,
    chains: [
      ...(member !== undefined && cluster !== undefined ? [`cluster ${cluster.key}`] : []),
      // An OrderedReady set stops recreating behind an unready lower ordinal:
      // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#orderedready-pod-management
      ...(ordered ? [`set ${pod.owner.uid}`] : []),
      ...relations.filter((relation) => relation.size > 1).map((relation) => `relation ${relation.key}`),
    ],
  };
}

function resourceNames(fleet: Fleet): readonly string[] {
  const names = new Set<string>(['cpu', 'memory', 'pods']);
  for (const pod of fleet.pods) for (const name of Object.keys(pod.requests)) names.add(name);
  return [...names].sort();
}

function daemonLoadOf(
  zone: string,
  fleet: Fleet,
  podsOn: ReadonlyMap<string, readonly YardPod[]>,
  resources: readonly string[],
): readonly number[] {
  const nodes = fleet.nodes.filter((node) => node.zone === zone);
  const seen = new Map<string, { count: number; largest: readonly number[] }>();
  for (const node of nodes) {
    for (const each of podsOn.get(node.name) ?? []) {
      if (each.pod.owner.kind !== 'DaemonSet') continue;
      const known = seen.get(each.pod.owner.uid) ?? { count: 0, largest: resources.map(() => 0) };
      const largest = known.largest.map((amount, index) => Math.max(amount, each.requests[index] ?? 0));
      seen.set(each.pod.owner.uid, { count: known.count + 1, largest });
    }
  }
  const everywhere = [...seen.values()].filter((set) => set.count === nodes.length);
  return resources.map((_, index) => everywhere.reduce((sum, set) => sum + (set.largest[index] ?? 0), 0));
}

function shapesOf(fleet: Fleet, request: ResolvedRequest): ReadonlyMap<string, number> {
  const drained = new Set(request.drained);
  const numbers = new Map<string, number>();
  const shapeOf = new Map<string, number>();
  for (const { name, zone, labels, taints, allocatable } of fleet.nodes) {
    if (!drained.has(name)) continue;
    const shape = JSON.stringify([zone, { ...labels, 'kubernetes.io/hostname': '' }, taints, allocatable]);
    const number = numbers.get(shape) ?? numbers.size;
    numbers.set(shape, number);
    shapeOf.set(name, number);
  }
  return shapeOf;
}
