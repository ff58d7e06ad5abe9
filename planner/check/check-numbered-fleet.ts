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
import { desiredHealthy, soleBudgetOf } from './check-budgets.ts';
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
import { type MemberColumns, readMemberColumns } from './check-member-columns.ts';
import { numberPods } from './check-numbered-pods.ts';
import type { PodRules } from './check-numbered-rules.ts';
import { type PodColumns, readPodColumns } from './check-pod-columns.ts';
import { successorOf } from './check-prices.ts';
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
  /** Whether a release waits for it, and whether it can be moved: not what stays on its node, has ended, or would not come back. */
  readonly mustLeave: boolean;
  readonly isMovable: boolean;
  /** Ready and not on its way out; has ended: takes no room, keeps no node and matches no rule. */
  readonly isReady: boolean;
  readonly hasEnded: boolean;
  /** Its cluster and what it is there; undefined: there is none of that name. */
  readonly cluster: NumberedCluster | undefined;
  readonly member: NumberedMember | undefined;
};

export type NumberedMember = {
  readonly number: number;
  readonly member: Member;
  readonly temporary: boolean;
  /** The pod that it names, and the one that bears its name; undefined: there is none. Nearly always both are the same. */
  pod: NumberedPod | undefined;
  bearer: NumberedPod | undefined;
};

export type NumberedCluster = {
  readonly number: number;
  readonly cluster: DatabaseCluster;
  readonly members: readonly NumberedMember[];
  /** Of the primary; undefined: unknown. */
  readonly timeline: number | undefined;
  /** True where nobody can say who is primary: no act on this cluster is safe. */
  readonly contradictsItself: boolean;
  /** Whether a member other than the primary could lead: as things stand, one day, or never. Set once, when all pods are read. */
  successor: 'now' | 'later' | 'never';
};

/** How things stand at some moment, by the number of what it is about. */
export type Standing = {
  /** The node of each pod, and its place among the pods there; -1: on no node. */
  readonly nodeOf: Int32Array;
  readonly placeOf: Int32Array;
  /** The member that is primary of each cluster; -1: nobody can say, or it is none of the members. */
  readonly primary: Int32Array;
  /** How many members of each cluster do not run. */
  readonly down: Int32Array;
  /** Pods that each budget picks, and the healthy ones among them. */
  readonly budgetPods: Int32Array;
  readonly budgetHealthy: Int32Array;
  /** How many healthy ones each budget asks for. */
  readonly budgetDesired: Float64Array;
  /** The number of the one budget that picks each pod; -1: none does, -2: several do. */
  readonly soleBudget: Int32Array;
};

export type NumberedFleet = {
  /** Before the first step of a plan. */
  readonly start: Standing;
  readonly nodeNumbers: ReadonlyMap<string, number>;
  /** By number: node by node, as check-numbered-pods.ts says. */
  readonly pods: readonly NumberedPod[];
  /** Numbers of the pods of clusters, in the order of the fleet: the cluster of each, and the node on which it stands; -1: none. */
  readonly clustersOfPods: Int32Array;
  readonly nodesOfPods: Int32Array;
  /** Number of the pod of that key. */
  readonly podNamed: ReadonlyMap<string, number>;
  /** Numbers of pods by number of the node. */
  readonly podsOn: readonly (readonly number[])[];
  readonly clusters: readonly NumberedCluster[];
  readonly clusterNamed: ReadonlyMap<string, NumberedCluster>;
  readonly members: readonly NumberedMember[];
  readonly budgets: readonly NumberedBudget[];
  readonly wideBudgets: ReadonlyMap<string, readonly NumberedBudget[]>;
  readonly budgetKeys: ReadonlyMap<string, ReadonlySet<string>>;
  readonly labels: LabelIndex;
  /** Pods that carry each tag, and pods that ask to be kept apart from it. */
  readonly carriers: ByTag;
  readonly repellers: ByTag;
  /** Of each pod the one tag that matters: it carries no other, and has no rule about others but to be apart from it on a node, and to be spread; -2: it carries none and has no such rule; -1: neither is so. */
  readonly loneTags: Int32Array;
  readonly columns: PodColumns;
  readonly memberColumns: MemberColumns;
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
  /** What they take of a new node, by zone, as soon as somebody has asked; see check-replacement.ts. */
  readonly daemonRoom: Map<string, ReadonlyMap<string, number>>;
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
  const pods = numberPods(fleet.pods, labels, clusters.named, nodeNumbers);
  const { loneTags, ...budgetCounts } = tagPods(pods.inOrder, labels, budgets);
  for (const each of clusters.members) each.pod ??= pods.all[pods.named.get(each.member.pod) ?? -1];
  for (const each of clusters.all) each.successor = successorOf(each);
  const { podsOn, ...places } = placesOf(pods.all, nodeNumbers);
  return {
    start: {
      ...places,
      ...clustersAtStart(clusters.all),
      ...budgetCounts,
      soleBudget: Int32Array.from(pods.all, (each) => soleBudgetOf(each.budgets)),
      budgetDesired: Float64Array.from(budgets.all, (each) =>
        desiredHealthy(each, budgetCounts.budgetPods[each.number] ?? 0),
      ),
    },
    nodeNumbers,
    pods: pods.all,
    clustersOfPods: Int32Array.from(pods.inOrder, ({ cluster }) => cluster?.number ?? -1),
    nodesOfPods: Int32Array.from(pods.inOrder, ({ number }) => places.nodeOf[number] ?? -1),
    podNamed: pods.named,
    podsOn,
    clusters: clusters.all,
    clusterNamed: clusters.named,
    members: clusters.members,
    budgets: budgets.all,
    wideBudgets: budgets.wide,
    budgetKeys: budgets.keys,
    labels,
    carriers: groupByTag(labels, pods.inOrder, ({ tags }) => tags),
    repellers: groupByTag(labels, pods.inOrder, ({ rules }) => rules.keptApart),
    loneTags,
    columns: readPodColumns(pods.all, loneTags, pods.unreadyInSet),
    memberColumns: readMemberColumns(clusters.all, clusters.members, labels),
    ...findRepellers(pods.inOrder),
    resources: pods.resources,
    spreadKinds: pods.spreadKinds,
    orderedSets: pods.orderedSets,
    unreadyInSet: pods.unreadyInSet,
    daemons: pods.daemons,
    daemonRoom: new Map(),
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
    let timeline: number | undefined;
    const own = cluster.members.map((member): NumberedMember => {
      const number = members.length;
      const numbered = { number, member, temporary: false, pod: undefined, bearer: undefined };
      members.push(numbered);
      if (member.name === cluster.primary) timeline = member.timeline;
      return numbered;
    });
    const contradictsItself = cluster.primary === undefined || cluster.claimants.length > 1;
    const numbered: NumberedCluster = {
      number: all.length,
      cluster,
      members: own,
      timeline,
      contradictsItself,
      successor: 'never',
    };
    all.push(numbered);
    named.set(cluster.key, numbered);
  }
  return { all, named, members };
}

/** Tags and budgets of all pods: who asks for labels is known only when all have been read. */
function tagPods(
  pods: readonly NumberedPod[],
  labels: LabelIndex,
  { all, wide }: NumberedBudgets,
): Pick<NumberedFleet, 'loneTags'> & Pick<Standing, 'budgetPods' | 'budgetHealthy'> {
  const counts = { budgetPods: new Int32Array(all.length), budgetHealthy: new Int32Array(all.length) };
  const loneTags = new Int32Array(pods.length);
  let before: NumberedPod | undefined;
  for (const each of pods) {
    const { namespace, labels: own } = each.pod;
    if (before?.pod.labels === own && before.pod.namespace === namespace) {
      each.tags = before.tags;
      each.budgets = before.budgets;
    } else {
      each.tags = tagsOf(labels, namespace, own, before?.tags ?? noTags);
      each.budgets = budgetsPicking(wide, each.tags, namespace, own);
    }
    countIn(counts, each);
    loneTags[each.number] = loneTagOf(each);
    before = each;
  }
  return { ...counts, loneTags };
}

function placesOf(
  pods: readonly NumberedPod[],
  nodeNumbers: ReadonlyMap<string, number>,
): Pick<NumberedFleet, 'podsOn'> & Pick<Standing, 'nodeOf' | 'placeOf'> {
  const podsOn = Array.from(nodeNumbers, (): number[] => []);
  const nodeOf = new Int32Array(pods.length).fill(-1);
  const placeOf = new Int32Array(pods.length);
  for (const each of pods) {
    const node = nodeNumbers.get(each.pod.node ?? '') ?? -1;
    const there = podsOn[node];
    if (there === undefined) continue;
    nodeOf[each.number] = node;
    placeOf[each.number] = there.push(each.number) - 1;
  }
  return { podsOn, nodeOf, placeOf };
}

function clustersAtStart(clusters: readonly NumberedCluster[]): Pick<Standing, 'primary' | 'down'> {
  const primary = new Int32Array(clusters.length).fill(-1);
  const down = new Int32Array(clusters.length);
  for (const { number, cluster, members } of clusters)
    for (const each of members) {
      if (each.member.name === cluster.primary) primary[number] = each.number;
      if (!runsAtStart(each)) down[number] = (down[number] ?? 0) + 1;
    }
  return { primary, down };
}

/** Pod ready, Patroni's state running or streaming. */
export function runsAtStart({ member, pod }: NumberedMember): boolean {
  const { state } = member;
  const runs = state === undefined || state === 'running' || state === 'streaming';
  return pod?.pod.ready === true && !pod.pod.terminating && pod.pod.phase === 'Running' && runs;
}

function countIn(
  { budgetPods, budgetHealthy }: Pick<Standing, 'budgetPods' | 'budgetHealthy'>,
  { hasEnded, isReady, budgets }: NumberedPod,
): void {
  if (hasEnded) return;
  for (const { number } of budgets) {
    budgetPods[number] = (budgetPods[number] ?? 0) + 1;
    if (isReady) budgetHealthy[number] = (budgetHealthy[number] ?? 0) + 1;
  }
}

function loneTagOf({ pod, rules, tags }: NumberedPod): number {
  const tag = tags[0];
  if (tag === undefined && pod.podAffinity.length + pod.podAntiAffinity.length === 0) return -2;
  if (tag === undefined || tags.length > 1 || pod.podAffinity.length > 0) return -1;
  for (const term of pod.podAntiAffinity) if (term.topologyKey !== hostname) return -1;
  for (const apart of rules.keptApart) if (apart !== tag) return -1;
  return tag.number;
}
