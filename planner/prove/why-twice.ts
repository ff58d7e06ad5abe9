/**
 * Why a cluster changes primary more often than it would have to alone: the orders that contradict each other, the first node given
 * back, or the room that was missing when its primary's node had to go. Only what the plan shows is said.
 */
import type { BecauseCode } from '../codes.ts';
import type { Because } from '../plan.ts';
import { ability } from '../survey/abilities.ts';
import type { Survey } from '../survey/survey.ts';
import { act, logWidth, redoOne } from '../yard/acts.ts';
import { mayStand } from '../yard/may-stand.ts';
import { openYard } from '../yard/open-yard.ts';
import { addable, isFinal, origin, type Yard } from '../yard/yard.ts';

/** Returns the reasons of these clusters, which all change primary twice or more in the plan that `yard` has gone through. */
export function whyTwice(yard: Yard, twice: readonly number[]): ReadonlyMap<number, Because<BecauseCode>> {
  const reasons = new Map<number, Because<BecauseCode>>();
  if (twice.length === 0) return reasons;
  const isWhole = yard.survey.request.mode === 'whole-nodes';
  const roundOf = roundsOf(isWhole ? wishesOf(yard) : []);
  const firstBack = isWhole ? -1 : firstGivenBack(yard);
  const hadNoPlace = isWhole ? new Set<number>() : clustersWithoutPlace(yard, twice);
  for (const cluster of twice) {
    const home = homeOf(yard.survey, cluster);
    const round = roundOf(cluster);
    if (round !== undefined) reasons.set(cluster, orderReason(yard.survey, home, round));
    else if (home === firstBack) reasons.set(cluster, reason(yard, 'first-released-node', cluster, home));
    else if (hadNoPlace.has(cluster)) reasons.set(cluster, reason(yard, 'no-room-ahead', cluster, home));
    else reasons.set(cluster, reason(yard, 'primary-moves-first', cluster, home));
  }
  return reasons;
}

function homeOf({ clusters, pods }: Survey, cluster: number): number {
  return pods.node[clusters.primary[cluster] ?? -1] ?? -1;
}

function reason(yard: Yard, code: BecauseCode, cluster: number, home: number): Because<BecauseCode> {
  const { nodes, pods } = yard.survey;
  const others = ableMembers(yard, cluster).map((pod) => {
    const { name = '', node = '' } = pods.all[pod] ?? {};
    return `${name} on ${node}`;
  });
  const { name: node = '', zone = '' } = nodes.all[home] ?? {};
  return { code, facts: { node, zone, refused: false, others } };
}

/** Members that could take over at the start, or once this plan has moved them. */
function ableMembers({ survey, origin: origins }: Yard, cluster: number): readonly number[] {
  const { clusters, pods } = survey;
  const members = clusters.members.subarray(clusters.start[cluster], clusters.start[cluster + 1]);
  return Array.from(members).filter((pod) => {
    if (clusters.ability[pod] === ability.now) return true;
    return clusters.ability[pod] === ability.afterMove && origins[pods.node[pod] ?? -1] === origin.drained;
  });
}

/** A cluster with one member that could take over, which is final once its own node is emptied: `before` has to go before `after`. */
type Wish = { readonly cluster: number; readonly before: number; readonly after: number };

function wishesOf(yard: Yard): readonly Wish[] {
  const { clusters, pods } = yard.survey;
  return clusters.all.flatMap((_, cluster): readonly Wish[] => {
    const after = homeOf(yard.survey, cluster);
    if (yard.origin[after] !== origin.drained) return [];
    const able = ableMembers(yard, cluster);
    const before = pods.node[able[0] ?? -1] ?? -1;
    if (able.length !== 1 || before === after || yard.origin[before] !== origin.drained) return [];
    return [{ cluster, before, after }];
  });
}

/**
 * Returns the shortest round of wishes that contradict each other and one of which is a cluster's; undefined: there is none. Where
 * a node leads to is worked out once for all clusters with their primary on it.
 */
function roundsOf(wishes: readonly Wish[]): (cluster: number) => readonly Wish[] | undefined {
  const ofCluster = new Map(wishes.map((wish) => [wish.cluster, wish]));
  const byBefore = Map.groupBy(wishes, ({ before }) => before);
  const trees = new Map<number, ReadonlyMap<number, Wish>>();
  return (cluster) => {
    const own = ofCluster.get(cluster);
    if (own === undefined) return undefined;
    const tree = trees.get(own.after) ?? wishesFrom(own.after, byBefore);
    trees.set(own.after, tree);
    const round: Wish[] = [];
    for (let node = own.before; node !== own.after; ) {
      const wish = tree.get(node);
      if (wish === undefined) return undefined;
      round.unshift(wish);
      node = wish.before;
    }
    return [own, ...round];
  };
}

/** For each node that has to go after this one, by however many wishes, the last of the fewest wishes that say so. */
function wishesFrom(
  start: number,
  byBefore: ReadonlyMap<number, readonly Wish[]>,
): ReadonlyMap<number, Wish> {
  const reached = new Map<number, Wish>();
  const queue = [start];
  for (const node of queue)
    for (const wish of byBefore.get(node) ?? []) {
      if (wish.after === start || reached.has(wish.after)) continue;
      reached.set(wish.after, wish);
      queue.push(wish.after);
    }
  return reached;
}

function orderReason(
  { nodes, clusters }: Survey,
  home: number,
  round: readonly Wish[],
): Because<BecauseCode> {
  const names = round.map(({ after }) => nodes.all[after]?.name ?? '');
  const keys = round.map((wish) => clusters.all[wish.cluster]?.key ?? '');
  const facts = { node: nodes.all[home]?.name ?? '', refused: false, nodes: names, clusters: keys };
  return { code: 'order-of-whole-nodes', facts };
}

/** The first node that is given back where at most one extra node may come: nobody bound to another zone could be final by then. */
function firstGivenBack({ survey, log, logEnd }: Yard): number {
  const { request, fleet } = survey;
  const surge = fleet.zones.reduce((sum, zone) => sum + (request.surge[zone] ?? 0), 0);
  if (Math.min(request.surgeTotal ?? surge, surge) > 1) return -1;
  for (let entry = 0; entry < logEnd; entry += logWidth)
    if (log[entry] === act.empty) return log[entry + 1] ?? -1;
  return -1;
}

/**
 * Clusters for none of whose members that could take over a final place was left when their primary's node was empty: what room
 * there was had gone to the pods of that node.
 */
function clustersWithoutPlace(yard: Yard, asked: readonly number[]): ReadonlySet<number> {
  const { survey, log } = yard;
  const left = Map.groupBy(asked, (cluster) => homeOf(survey, cluster));
  const refused = survey.nodes.all.flatMap((_, node) => (yard.origin[node] === origin.refused ? [node] : []));
  const again = openYard(survey, new Set(refused));
  const found = new Set<number>();
  for (let entry = 0; entry < yard.logEnd && left.size > 0; entry += logWidth) {
    redoOne(again, log, entry);
    const node = log[entry + 1] ?? -1;
    if (log[entry] !== act.empty || !left.has(node)) continue;
    for (const cluster of left.get(node) ?? [])
      if (!ableMembers(yard, cluster).some((pod) => hasPlaceLeft(again, pod))) found.add(cluster);
    left.delete(node);
  }
  return found;
}

function hasPlaceLeft(yard: Yard, pod: number): boolean {
  if (isFinal(yard, yard.at[pod] ?? -1)) return true;
  const { fleet, mayBeIn, pods } = yard.survey;
  return fleet.zones.some(
    (_, zone) =>
      mayBeIn(pods.rule[pod] ?? 0, zone) &&
      (addable(yard, zone) > 0 || (yard.finals[zone] ?? []).some((node) => mayStand(yard, pod, node))),
  );
}
