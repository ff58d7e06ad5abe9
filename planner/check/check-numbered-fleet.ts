/**
 * A fleet as checkPlan walks on it: nodes, pods, clusters, members and budgets have numbers, and what depends on the fleet
 * alone is worked out once. What a walk changes is kept in lists of its own, by these numbers (check-state.ts).
 */
import type { DatabaseCluster, Fleet } from '../model.ts';
import { budgetsPicking, desiredHealthy, numberBudgets, soleBudgetOf } from './check-budget-picks.ts';
import { hostname } from './check-domains.ts';
import { groupByTag, noTags, openLabelIndex, tagsOf } from './check-label-index.ts';
import { readMemberColumns } from './check-member-columns.ts';
import type {
  LabelIndex,
  NumberedBudgets,
  NumberedCluster,
  NumberedFleet,
  NumberedMember,
  NumberedPod,
  Standing,
} from './check-model.ts';
import { numberPods } from './check-numbered-pods.ts';
import { readPodColumns } from './check-pod-columns.ts';
import { findRepellers } from './check-repellers.ts';
import { runsAtStart, successorOf } from './check-successors.ts';

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
