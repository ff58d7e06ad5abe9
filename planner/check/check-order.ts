/**
 * Steps without a path between them may run at the same time, or the other way round. What would break if they did?
 * checkPlan walks one order; these checks stand for all the others that `after` allows. Steps are named by their place in
 * the list.
 */

import type { Step } from '../plan.ts';
import { checkClosings } from './check-closings.ts';
import { largestFlow, mostAtOnce } from './check-flow.ts';
import { checkOpenings } from './check-openings.ts';
import { amountsOf, roomOf } from './check-placement.ts';
import { repel } from './check-pod-rules.ts';
import { type ClusterState, type NodeState, notOrdered, staysOnNode, type Walk } from './check-state.ts';
import { checkExtraNodes } from './check-surge-order.ts';

/** Notes every pair or group of steps that needs a path and has none. To be called when the walk is over. */
export function checkOrder(walk: Walk): void {
  checkChains(walk);
  checkOrderedSets(walk);
  checkBudgetGroups(walk);
  checkNewNodes(walk);
  checkClosings(walk);
  checkOpenings(walk);
  for (const node of walk.nodes.values()) {
    checkDepartures(walk, node);
    checkRoom(walk, node);
    checkNeighbours(walk, node);
  }
  checkExtraNodes(walk);
  if (walk.request.wholeNodes) checkNodesInTurn(walk);
}

/**
 * Chains: each step waits for the one before it of the same cluster or pod; with those in order all are. Two
 * members of one cluster are never unavailable together, and no role changes while one is.
 */
function checkChains(walk: Walk): void {
  const lastOfCluster = new Map<ClusterState, number>();
  for (let place = 0; place < walk.plan.steps.length; place += 1) {
    const cluster = walk.clusterAt[place];
    if (cluster !== undefined) {
      inTurn(walk, lastOfCluster.get(cluster), place, 'same cluster', cluster.cluster.key);
      lastOfCluster.set(cluster, place);
    }
    const state = walk.podAt[place];
    if (state === undefined || walk.plan.steps[place]?.kind !== 'move') continue;
    if (state.lastMove >= 0) inTurn(walk, state.lastMove, place, 'same pod', state.pod.key);
    state.lastMove = place;
  }
}

function inTurn(walk: Walk, before: number | undefined, place: number, why: string, subject: string): void {
  if (before !== undefined && !walk.paths.waitsFor(place, before))
    notOrdered(walk, why, before, place, subject);
}

/** The same for StatefulSets that create one pod after the other. */
function checkOrderedSets(walk: Walk): void {
  const sets = new Map<string, { readonly uid: string; last: number | undefined }>();
  // The set of a cluster's pods is nearly always the same one: it is looked up once for each cluster.
  const ofCluster = new Map<ClusterState, { readonly uid: string; last: number | undefined }>();
  for (let place = 0; place < walk.podAt.length; place += 1) {
    const state = walk.podAt[place];
    const owner = state?.pod.owner;
    if (owner?.kind !== 'StatefulSet' || !owner.orderedReady) continue;
    if (walk.plan.steps[place]?.kind !== 'move') continue;
    const cluster = walk.clusterAt[place];
    let set = cluster === undefined ? undefined : ofCluster.get(cluster);
    if (set?.uid !== owner.uid) {
      set = sets.get(owner.uid) ?? { uid: owner.uid, last: undefined };
      sets.set(owner.uid, set);
      if (cluster !== undefined) ofCluster.set(cluster, set);
    }
    inTurn(walk, set.last, place, 'same ordered set', owner.name);
    set.last = place;
  }
}

/** No more evictions of one budget may meet than it allows. */
function checkBudgetGroups(walk: Walk): void {
  for (const { budget, uses } of walk.budgets) {
    let allowed = Number.POSITIVE_INFINITY;
    for (const use of uses) allowed = Math.min(allowed, use.allowed);
    if (uses.length <= allowed || allowed < 1) continue;
    const places = uses.map((use) => use.place);
    const [first, second] = places;
    if (
      first !== undefined &&
      second !== undefined &&
      mostAtOnce(walk.paths, places, places, allowed) > allowed
    )
      notOrdered(walk, 'same budget', first, second, budget.key);
  }
}

/** A pod comes to a new node when that is there. */
function checkNewNodes(walk: Walk): void {
  walk.plan.steps.forEach((step, added) => {
    if (step.kind !== 'add-node') return;
    for (const place of walk.nodes.get(step.node)?.arrivals ?? [])
      if (place > added && !walk.paths.waitsFor(place, added))
        notOrdered(walk, 'new node', added, place, step.node);
  });
}

/** A node is cordoned after its primaries have left, and released after everything has. */
function checkDepartures(walk: Walk, { node, departures, primariesLeft, holds }: NodeState): void {
  for (const hold of holds) {
    const kind = walk.plan.steps[hold]?.kind;
    if (kind === 'cordon' && !walk.request.cordonsFirst)
      for (const left of primariesLeft.toReversed())
        if (left < hold && !walk.paths.waitsFor(hold, left))
          notOrdered(walk, 'primary first', left, hold, node.name);
    // From the last one down, so that one look back answers all questions about a release.
    if (kind === 'release')
      for (const left of departures.toReversed())
        if (!walk.paths.waitsFor(hold, left)) notOrdered(walk, 'empty first', left, hold, node.name);
  }
}

/** The fullest moment of a node over all orders that `after` allows. */
function checkRoom(walk: Walk, state: NodeState): void {
  const { arrivals, departures, node } = state;
  const [first, last] = [departures[0], arrivals.at(-1)];
  // Without leavers the walk itself has found no room; two orders differ only where somebody leaves.
  if (first === undefined || last === undefined || state.used === undefined) return;
  const loadsOf = (places: readonly number[], id: number) =>
    places.map((place) => {
      const state = walk.podAt[place];
      return state === undefined ? 0 : (amountsOf(walk, state)[id] ?? 0);
    });
  walk.resources.forEach((resource, id) => {
    const [come, gone] = [loadsOf(arrivals, id), loadsOf(departures, id)];
    const total = (loads: readonly number[]) => loads.reduce((sum, load) => sum + load, 0);
    // What stands there at the end plus what left is what stood there at the start plus all that came.
    const atMost = (state.used?.[id] ?? 0) + total(gone);
    const room = roomOf(walk, state, id);
    if (atMost <= room || total(come) === 0) return;
    const paid = largestFlow(come, gone, (comer, leaver) =>
      walk.paths.waitsFor(arrivals[comer] ?? -1, departures[leaver] ?? -1),
    );
    if (atMost - paid > room) notOrdered(walk, `room for ${resource}`, first, last, node.name);
  });
}

/** A pod that comes where one stood that repels it waits for that one to have left. */
function checkNeighbours(walk: Walk, { node, arrivals, departures }: NodeState): void {
  if (departures.length === 0) return;
  for (const comer of arrivals)
    for (const leaver of departures) {
      const [coming, leaving] = [walk.podAt[comer], walk.podAt[leaver]];
      if (leaver >= comer || coming === undefined || leaving === undefined || coming === leaving) continue;
      if (repel(coming, leaving) && !walk.paths.waitsFor(comer, leaver))
        notOrdered(walk, 'anti-affinity', leaver, comer, node.name);
    }
}

/**
 * In whole-nodes mode no move of one node meets a move of another: each waits for all of the node before, and through them
 * for those of all nodes before that.
 */
function checkNodesInTurn(walk: Walk): void {
  let before: { readonly from: string; readonly places: number[] } | undefined;
  let now: { readonly from: string; readonly places: number[] } | undefined;
  walk.plan.steps.forEach((step: Step, place) => {
    const pod = walk.podAt[place]?.pod;
    if (step.kind !== 'move' || pod === undefined || staysOnNode(pod)) return;
    if (now?.from !== step.from) {
      before = now;
      now = { from: step.from, places: [] };
    }
    now.places.push(place);
    const first = before?.places.findLast((each) => !walk.paths.waitsFor(place, each));
    if (first !== undefined) notOrdered(walk, 'one node at a time', first, place, step.from);
  });
}
