/**
 * A fleet as checkPlan walks on it: nodes, pods, clusters, members and budgets have numbers, and what depends on the fleet
 * alone is worked out once. What a walk changes is kept in lists of its own, by these numbers (check-state.ts).
 */
import type { DatabaseCluster, Fleet, Member, Pod } from '../model.ts';
import {
  budgetsPicking,
  type NumberedBudget,
  type NumberedBudgets,
  numberBudgets,
} from './check-budget-picks.ts';
import { hostname } from './check-domains.ts';
import {
  type ByTag,
  groupByTag,
  type LabelIndex,
  noTags,
  openLabelIndex,
  type Repeller,
  type Tag,
  tagsOf,
} from './check-label-index.ts';
import { numberPods } from './check-numbered-pods.ts';
import type { PodRules } from './check-numbered-rules.ts';
import { hasEnded } from './check-pod-nature.ts';
import { findRepellers } from './check-repellers.ts';

export type NumberedPod = {
  readonly number: number;
  readonly pod: Pod;
  readonly rules: PodRules;
  /** What it carries of the labels that somebody asks for, and the budgets that pick it. Set once, when all pods are read. */
  tags: readonly Tag[];
  budgets: readonly NumberedBudget[];
  /** Its StatefulSet, where that creates one pod after the other; -1: none. */
  readonly orderedSet: number;
  /** Its cluster and what it is there; undefined: there is none of that name. */
  readonly cluster: NumberedCluster | undefined;
  readonly member: NumberedMember | undefined;
};

export type NumberedMember = {
  readonly number: number;
  readonly member: Member;
  readonly temporary: boolean;
  /** Set once, when all pods are read; undefined: there is no such pod. */
  pod: NumberedPod | undefined;
};

export type NumberedCluster = {
  readonly number: number;
  readonly cluster: DatabaseCluster;
  readonly members: readonly NumberedMember[];
  /** Of the primary; undefined: unknown. */
  readonly timeline: number | undefined;
  /** True where nobody can say who is primary: no act on this cluster is safe. */
  readonly contradictsItself: boolean;
};

/** How things stand at some moment, by the number of what it is about. */
export type Standing = {
  /** The node of each pod, and its place among the pods there; -1: on no node. */
  readonly nodeOf: Int32Array;
  readonly placeOf: Int32Array;
  /** Of each member: 1 where its pod is ready and Patroni's state running or streaming. */
  readonly healthy: Uint8Array;
  /** Of each member; NaN: unknown. The timeline is also unknown, or the same as the primary's, when a member was moved. */
  readonly lagBytes: Float64Array;
  readonly timeline: Float64Array;
  /** The member that is primary of each cluster; -1: nobody can say, or it is none of the members. */
  readonly primary: Int32Array;
  /** How many members of each cluster are not healthy. */
  readonly unhealthy: Int32Array;
  /** Pods that each budget picks, and the healthy ones among them. */
  readonly budgetPods: Int32Array;
  readonly budgetHealthy: Int32Array;
};

export type NumberedFleet = {
  /** Before the first step of a plan. */
  readonly start: Standing;
  readonly nodeNumbers: ReadonlyMap<string, number>;
  readonly pods: readonly NumberedPod[];
  readonly podNamed: ReadonlyMap<string, NumberedPod>;
  /** By number of the node. */
  readonly podsOn: readonly (readonly NumberedPod[])[];
  readonly clusters: readonly NumberedCluster[];
  readonly clusterNamed: ReadonlyMap<string, NumberedCluster>;
  readonly members: readonly NumberedMember[];
  readonly budgets: readonly NumberedBudget[];
  readonly wideBudgets: ReadonlyMap<string, readonly NumberedBudget[]>;
  readonly labels: LabelIndex;
  /** Pods that carry each tag, and pods that ask to be kept apart from it. */
  readonly carriers: ByTag;
  readonly repellers: ByTag;
  /** Of each pod the one tag that matters: it carries no other, and has no rule but to be apart from it on a node; -1: it is not so. */
  readonly loneTags: Int32Array;
  /** Pods that keep others away, farther than from their node, by terms that name no single label. */
  readonly wideRepellers: readonly Repeller[];
  /** Whether some pod keeps others off its node by such a term, and whether any keeps others away farther than that. */
  readonly somePodsRepelWidely: boolean;
  readonly somePodsRepelAfar: boolean;
  /** Names of resources; what pods ask for is numbers in this order. */
  readonly resources: readonly string[];
  /** How many kinds of spread constraints and how many ordered sets there are. */
  readonly spreadKinds: number;
  readonly orderedSets: number;
  /** Pods that are not ready, by ordered set. */
  readonly unreadyInSet: ReadonlyMap<number, readonly NumberedPod[]>;
  /** Pods of DaemonSets, none of which a plan may touch. */
  readonly daemons: readonly NumberedPod[];
};

/** A fleet is never changed in place (ARCHITECTURE.md), so that its numbers are kept with it. */
const known = new WeakMap<Fleet, NumberedFleet>();

/** The numbers of a fleet: worked out when it is checked for the first time. */
export function numberFleet(fleet: Fleet): NumberedFleet {
  const before = known.get(fleet);
  if (before !== undefined) return before;
  const numbered = readFleet(fleet);
  known.set(fleet, numbered);
  return numbered;
}

function readFleet(fleet: Fleet): NumberedFleet {
  const labels = openLabelIndex(fleet.pods);
  const budgets = numberBudgets(labels, fleet.budgets);
  const clusters = numberClusters(fleet.clusters);
  const nodeNumbers = new Map(fleet.nodes.map((node, number) => [node.name, number]));
  const pods = numberPods(fleet.pods, labels, clusters.named);
  tagPods(pods.all, labels, budgets);
  const podNamed = new Map(pods.all.map((each) => [each.pod.key, each]));
  for (const each of clusters.members) each.pod = podNamed.get(each.member.pod);
  const { podsOn, ...places } = placesOf(pods.all, nodeNumbers);
  return {
    start: {
      ...places,
      ...membersAtStart(clusters.members),
      ...clustersAtStart(clusters.all),
      ...countBudgets(pods.all, budgets.all.length),
    },
    nodeNumbers,
    pods: pods.all,
    podNamed,
    podsOn,
    clusters: clusters.all,
    clusterNamed: clusters.named,
    members: clusters.members,
    budgets: budgets.all,
    wideBudgets: budgets.wide,
    labels,
    carriers: groupByTag(labels, pods.all, ({ tags }) => tags),
    repellers: groupByTag(labels, pods.all, ({ rules }) => rules.keptApart),
    loneTags: Int32Array.from(pods.all, loneTagOf),
    ...findRepellers(pods.all),
    resources: pods.resources,
    spreadKinds: pods.spreadKinds,
    orderedSets: pods.orderedSets,
    unreadyInSet: Map.groupBy(
      pods.all.filter(({ pod, orderedSet }) => orderedSet >= 0 && !pod.ready),
      ({ orderedSet }) => orderedSet,
    ),
    daemons: pods.all.filter(({ pod }) => pod.owner.kind === 'DaemonSet'),
  };
}

function numberClusters(list: readonly DatabaseCluster[]): {
  readonly all: readonly NumberedCluster[];
  readonly named: ReadonlyMap<string, NumberedCluster>;
  readonly members: readonly NumberedMember[];
} {
  const all: NumberedCluster[] = [];
  const members: NumberedMember[] = [];
  const named = new Map<string, NumberedCluster>();
  for (const cluster of list) {
    const own: NumberedMember[] = [];
    let timeline: number | undefined;
    for (const member of cluster.members) {
      const numbered = { number: members.length, member, temporary: false, pod: undefined };
      own.push(numbered);
      members.push(numbered);
      if (member.name === cluster.primary) timeline = member.timeline;
    }
    const contradictsItself = cluster.primary === undefined || cluster.claimants.length > 1;
    const numbered = { number: all.length, cluster, members: own, timeline, contradictsItself };
    all.push(numbered);
    named.set(cluster.key, numbered);
  }
  return { all, named, members };
}

/** Tags and budgets of all pods: who asks for labels is known only when all have been read. */
function tagPods(
  pods: readonly NumberedPod[],
  labels: LabelIndex,
  { wide }: Pick<NumberedBudgets, 'wide'>,
): void {
  for (const each of pods) {
    const before = pods[each.number - 1];
    const { namespace, labels: own } = each.pod;
    each.tags = tagsOf(labels, namespace, own, before?.tags ?? noTags);
    const isLike =
      before !== undefined &&
      before.tags === each.tags &&
      before.pod.labels === own &&
      before.pod.namespace === namespace;
    each.budgets = isLike ? before.budgets : budgetsPicking(wide, each.tags, namespace, own);
  }
}

function placesOf(
  pods: readonly NumberedPod[],
  nodeNumbers: ReadonlyMap<string, number>,
): Pick<NumberedFleet, 'podsOn'> & Pick<Standing, 'nodeOf' | 'placeOf'> {
  const podsOn = Array.from(nodeNumbers, (): NumberedPod[] => []);
  const nodeOf = new Int32Array(pods.length).fill(-1);
  const placeOf = new Int32Array(pods.length);
  for (const each of pods) {
    const node = nodeNumbers.get(each.pod.node ?? '') ?? -1;
    const there = podsOn[node];
    if (there === undefined) continue;
    nodeOf[each.number] = node;
    placeOf[each.number] = there.push(each) - 1;
  }
  return { podsOn, nodeOf, placeOf };
}

function membersAtStart(
  members: readonly NumberedMember[],
): Pick<Standing, 'healthy' | 'lagBytes' | 'timeline'> {
  return {
    healthy: Uint8Array.from(members, (each) => (isHealthyMember(each) ? 1 : 0)),
    lagBytes: Float64Array.from(members, ({ member }) => member.lagBytes ?? Number.NaN),
    timeline: Float64Array.from(members, ({ member }) => member.timeline ?? Number.NaN),
  };
}

function clustersAtStart(clusters: readonly NumberedCluster[]): Pick<Standing, 'primary' | 'unhealthy'> {
  const primary = new Int32Array(clusters.length).fill(-1);
  const unhealthy = new Int32Array(clusters.length);
  for (const { number, cluster, members } of clusters)
    for (const each of members) {
      if (each.member.name === cluster.primary) primary[number] = each.number;
      if (!isHealthyMember(each)) unhealthy[number] = (unhealthy[number] ?? 0) + 1;
    }
  return { primary, unhealthy };
}

/** Pod ready, Patroni's state running or streaming. */
export function isHealthyMember({ member, pod }: NumberedMember): boolean {
  const { state } = member;
  const runs = state === undefined || state === 'running' || state === 'streaming';
  return pod?.pod.ready === true && !pod.pod.terminating && pod.pod.phase === 'Running' && runs;
}

function countBudgets(
  pods: readonly NumberedPod[],
  count: number,
): Pick<Standing, 'budgetPods' | 'budgetHealthy'> {
  const budgetPods = new Int32Array(count);
  const budgetHealthy = new Int32Array(count);
  for (const { pod, budgets } of pods) {
    if (hasEnded(pod)) continue;
    for (const { number } of budgets) {
      budgetPods[number] = (budgetPods[number] ?? 0) + 1;
      if (pod.ready && !pod.terminating) budgetHealthy[number] = (budgetHealthy[number] ?? 0) + 1;
    }
  }
  return { budgetPods, budgetHealthy };
}

function loneTagOf({ pod, rules, tags }: NumberedPod): number {
  const tag = tags[0];
  if (tag === undefined || tags.length > 1 || pod.podAffinity.length + pod.spread.length > 0) return -1;
  for (const term of pod.podAntiAffinity) if (term.topologyKey !== hostname) return -1;
  for (const apart of rules.keptApart) if (apart !== tag) return -1;
  return tag.number;
}
