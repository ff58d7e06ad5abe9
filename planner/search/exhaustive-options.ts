/**
 * Everything that may be done next in an exhaustive search, but for what is never better than something else:
 *
 * - A pod on a final node does not move again: the contract wants it, and what it left free would be free before it came.
 * - A switchover that has to be paid again is made right before the primary's own move: earlier it only takes choices away.
 * - A replacement comes together with the first pod that stands on it, and an empty node is given back when its place is needed:
 *   neither helps anybody before.
 * - A temporary member takes over as soon as it has come, and whom it relieves goes at once, or comes back and leads for good.
 */
import { cause, releaseNode, undo } from '../yard/acts.ts';
import { holdsSibling, mayStand } from '../yard/may-stand.ts';
import { canBeSucceeded, mayLeadNow } from '../yard/roles.ts';
import { addable, isPrimary, origin, type Yard } from '../yard/yard.ts';
import { isToLeave, mayComeYet, type Paid, perform, type SearchAct } from './exhaustive-acts.ts';
import type { Scope } from './exhaustive-scope.ts';
import { membersOf } from './hand-over.ts';

/** Acts that belong together, and what they cost. */
export type Option = { readonly acts: readonly SearchAct[]; readonly paid: Paid };

/** A node for a pod, and the acts that bring it. */
type Place = { readonly before: readonly SearchAct[]; readonly node: number; readonly parks: boolean };

/** Returns what may be done next, the most promising last. */
export function optionsFrom(yard: Yard, scope: Scope): readonly Option[] {
  const begun = scope.whole ? begunNode(yard, scope) : -1;
  const mayLeave = (pod: number) => isToLeave(yard, pod) && (begun < 0 || yard.at[pod] === begun);
  const parking: Option[] = [];
  const bringing: Option[] = [];
  const standing: Option[] = [];
  const sort = (option: Option, { before, parks }: Place) => {
    if (parks) parking.push(option);
    else if (before.length > 0) bringing.push(option);
    else standing.push(option);
  };
  for (const pod of scope.movers) {
    if (!mayLeave(pod)) continue;
    const ways = waysToMove(yard, pod);
    if (ways.length === 0) continue;
    for (const place of placesFor(yard, scope, pod))
      for (const way of ways) sort(optionOf(way, pod, place), place);
  }
  for (const cluster of scope.clusters)
    for (const option of reliefs(yard, scope, cluster, mayLeave)) bringing.push(option);
  return [...parking, ...bringing, ...standing];
}

/** In whole-nodes mode: the node that some but not all pods have left; -1: none. */
function begunNode(yard: Yard, { drained, movers }: Scope): number {
  const { node: home } = yard.survey.pods;
  const begun = (node: number) =>
    (yard.leaving[node] ?? 0) > 0 && movers.some((pod) => home[pod] === node && yard.at[pod] !== node);
  return drained.find(begun) ?? -1;
}

/** What has to happen before a pod moves: nothing, a switchover to one of those who may lead, or an outage as it moves. */
type Way = { readonly to: number; readonly outage: boolean; readonly weight: number };

function waysToMove(yard: Yard, pod: number): readonly Way[] {
  const { pods, clusters } = yard.survey;
  if (!isPrimary(yard, pod)) return [{ to: -1, outage: false, weight: 0 }];
  const cluster = pods.cluster[pod] ?? -1;
  const weight = clusters.weight[cluster] ?? 1;
  const successors = membersOf(yard, cluster).filter((other) => mayLeadNow(yard, other));
  if (successors.length > 0) return successors.map((to) => ({ to, outage: false, weight }));
  return mayRestart(yard, pod, cluster) ? [{ to: -1, outage: true, weight }] : [];
}

/** Whether a primary may be moved as an outage: nobody can succeed it now or later, the request wants it, its budget allows it. */
function mayRestart(yard: Yard, pod: number, cluster: number): boolean {
  const { clusters, budgets } = yard.survey;
  if (canBeSucceeded(yard, cluster) || clusters.settings[cluster]?.singleMember !== 'restart') return false;
  // Whoever leads bears the label of the first primary, by which budgets pick.
  return [pod, clusters.primary[cluster] ?? -1].every((each) => {
    const own = budgets.ofPod(each);
    return own.length <= 1 && own.every((budget) => (budgets.allowed[budget] ?? 0) >= 1);
  });
}

function optionOf({ to, outage, weight }: Way, pod: number, { before, node, parks }: Place): Option {
  const acts: SearchAct[] = [...before, { kind: 'move', pod, to: node, outage }];
  if (to >= 0) acts.unshift({ kind: 'switch', to });
  const paid = {
    outages: outage ? weight : 0,
    switchovers: to >= 0 ? weight : 0,
    parked: parks ? 1 : 0,
  };
  return { acts, paid };
}

/**
 * A temporary member takes over for good, or until the one it relieves has found its place. On a node to be drained it can do so
 * for a time only: nobody could succeed it there.
 */
function reliefs(
  yard: Yard,
  scope: Scope,
  cluster: number,
  mayLeave: (pod: number) => boolean,
): readonly Option[] {
  const { clusters } = yard.survey;
  const primary = yard.primary[cluster] ?? -1;
  const temporary = clusters.temporary[cluster] ?? -1;
  if (temporary < 0 || temporary === primary || !isToLeave(yard, primary)) return [];
  const weight = clusters.weight[cluster] ?? 1;
  const relieve = (before: readonly SearchAct[], parks: boolean): readonly Option[] => {
    const acts: readonly SearchAct[] = [...before, { kind: 'switch', to: temporary }];
    const once = { outages: 0, switchovers: weight, parked: parks ? 1 : 0 };
    // To come back is paid now, but where that has to be anyway.
    const forATime = { acts, paid: { ...once, switchovers: parks ? weight : 2 * weight } };
    const returns = clusters.mayReturn[primary] === 1 ? [forATime] : [];
    if (parks || !mayLeave(primary) || clusters.primaryMayGo[cluster] !== 1) return returns;
    return [...returns, { acts: [...acts, { kind: 'scale-in', pod: primary }], paid: once }];
  };
  if ((yard.at[temporary] ?? -1) >= 0) return isToLeave(yard, temporary) ? [] : relieve([], false);
  if (!mayComeYet(yard, cluster) || membersOf(yard, cluster).some((pod) => mayLeadNow(yard, pod))) return [];
  return placesFor(yard, scope, temporary).flatMap(({ before, node, parks }) =>
    relieve([...before, { kind: 'scale-out', cluster, to: node }], parks),
  );
}

/** Every node a pod may be put onto, the best last; of final nodes that differ in nothing that matters, one. */
function placesFor(yard: Yard, scope: Scope, pod: number): readonly Place[] {
  return [...parkingFor(yard, scope, pod), ...broughtFor(yard, scope, pod), ...standingFor(yard, pod)];
}

function parkingFor(yard: Yard, { parks, drained }: Scope, pod: number): readonly Place[] {
  if (!parks) return [];
  return drained.flatMap((node) => {
    if (node === yard.at[pod] || yard.live[node] !== 1 || !mayStand(yard, pod, node)) return [];
    return [{ before: [], node, parks: true }];
  });
}

function broughtFor(yard: Yard, scope: Scope, pod: number): readonly Place[] {
  const { sizes, kinds, pods } = yard.survey;
  return scope.sizes.flatMap((size) => {
    if (!kinds.fits(pods.rule[pod] ?? 0, sizes.kind[size] ?? 0)) return [];
    const mark = yard.logEnd;
    return waysToBring(yard, scope, sizes.zone[size] ?? 0).flatMap((before): readonly Place[] => {
      const acts: readonly SearchAct[] = [...before, { kind: 'add', size }];
      const node = yard.nodeCount;
      for (const each of acts) perform(yard, each, cause.offTheNode);
      const stands = mayStand(yard, pod, node);
      undo(yard, mark);
      return stands ? [{ before: acts, node, parks: false }] : [];
    });
  });
}

/** Ways to have the quota for one more node in a zone: as things are, or with one of the empty nodes given back. */
function waysToBring(yard: Yard, { drained, parks }: Scope, zone: number): readonly SearchAct[][] {
  if (addable(yard, zone) > 0) return [[]];
  if (!parks) return [];
  const mark = yard.logEnd;
  return drained.flatMap((node): readonly SearchAct[][] => {
    if (yard.live[node] !== 1 || yard.leaving[node] !== 0) return [];
    releaseNode(yard, node);
    const helps = addable(yard, zone) > 0;
    undo(yard, mark);
    return helps ? [[{ kind: 'release', node }]] : [];
  });
}

/** The fullest last; beside another member of its cluster only if nothing else is left to try. */
function standingFor(yard: Yard, pod: number): readonly Place[] {
  const { width } = yard.survey;
  const places: { place: Place; beside: boolean; free: number }[] = [];
  for (let node = 0; node < yard.nodeCount; node += 1) {
    const from = yard.origin[node];
    if (from !== origin.kept && from !== origin.added) continue;
    if (!mayStand(yard, pod, node)) continue;
    const free = yard.free[node * width + (yard.survey.scarce[yard.zone[node] ?? 0] ?? 0)] ?? 0;
    places.push({ place: { before: [], node, parks: false }, beside: holdsSibling(yard, pod, node), free });
  }
  places.sort(
    (a, b) => Number(b.beside) - Number(a.beside) || b.free - a.free || b.place.node - a.place.node,
  );
  return places.map(({ place }) => place);
}
