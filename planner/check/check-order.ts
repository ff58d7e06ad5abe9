/**
 * Steps without a path between them may run at the same time, or the other way round. What would break if they did?
 * checkPlan walks one order; these checks stand for all the others that `after` allows. Steps are named by their place in
 * the list.
 */

import type { DisruptionBudget } from '../model.ts';
import type { Step } from '../plan.ts';
import { checkClosings } from './check-closings.ts';
import { largestFlow, mostAtOnce } from './check-flow.ts';
import { checkOpenings } from './check-openings.ts';
import { roomOf } from './check-placement.ts';
import { staysOnNode } from './check-pod-nature.ts';
import { repel } from './check-pod-rules.ts';
import { type NodeState, nodeNamed, notOrdered, type Walk } from './check-state.ts';
import { kindNumbers, placesOf } from './check-step-list.ts';
import { checkExtraNodes } from './check-surge-order.ts';

/** Notes every pair or group of steps that needs a path and has none. To be called when the walk is over. */
export function checkOrder(walk: Walk): void {
  checkChains(walk);
  checkOrderedSets(walk);
  checkBudgetGroups(walk);
  checkNewNodes(walk);
  checkClosings(walk);
  checkOpenings(walk);
  for (const node of walk.nodes) {
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
  const { podAt, clusterAt, lastMove } = walk;
  const { kinds } = walk.steps;
  const lastOfCluster = new Int32Array(walk.numbered.clusters.length).fill(-1);
  for (let place = 0; place < podAt.length; place += 1) {
    const cluster = clusterAt[place] ?? -1;
    if (cluster >= 0) {
      inTurn(walk, lastOfCluster[cluster] ?? -1, place, 'same cluster');
      lastOfCluster[cluster] = place;
    }
    const pod = podAt[place] ?? -1;
    if (pod < 0 || kinds[place] !== kindNumbers.move) continue;
    inTurn(walk, lastMove[pod] ?? -1, place, 'same pod');
    lastMove[pod] = place;
  }
}

type Chain = 'same cluster' | 'same pod' | 'same ordered set';

/** `before` is the step before it in the chain; -1: it is the first. */
function inTurn(walk: Walk, before: number, place: number, why: Chain): void {
  if (before < 0 || walk.paths.waitsFor(place, before)) return;
  const pod = walk.pods[walk.podAt[place] ?? -1]?.pod;
  const cluster = walk.numbered.clusters[walk.clusterAt[place] ?? -1]?.cluster;
  const set = pod?.owner.kind === 'StatefulSet' ? pod.owner.name : '';
  const subject = { 'same cluster': cluster?.key, 'same pod': pod?.key, 'same ordered set': set }[why];
  notOrdered(walk, why, before, place, subject ?? '');
}

/** The same for StatefulSets that create one pod after the other. */
function checkOrderedSets(walk: Walk): void {
  const { podAt } = walk;
  const { kinds } = walk.steps;
  const { orderedSets, columns } = walk.numbered;
  if (orderedSets === 0) return;
  const lastOfSet = new Int32Array(orderedSets).fill(-1);
  for (let place = 0; place < podAt.length; place += 1) {
    if (kinds[place] !== kindNumbers.move) continue;
    const set = columns.orderedSet[podAt[place] ?? -1] ?? -1;
    if (set < 0) continue;
    inTurn(walk, lastOfSet[set] ?? -1, place, 'same ordered set');
    lastOfSet[set] = place;
  }
}

/** No more evictions of one budget may meet than it allows. */
function checkBudgetGroups(walk: Walk): void {
  for (const { budget, places, allowed } of crowdedBudgets(walk)) {
    const [first, second] = places;
    if (first !== undefined && second !== undefined && mostAtOnce(walk, places, places, allowed) > allowed)
      notOrdered(walk, 'same budget', first, second, budget.key);
  }
}

type BudgetGroup = { readonly budget: DisruptionBudget; readonly places: number[]; readonly allowed: number };

/** Budgets with more evictions than they allow at the tightest moment, in the order of the fleet. */
function crowdedBudgets({ numbered, budgetUses }: Walk): readonly BudgetGroup[] {
  const count = new Int32Array(numbered.budgets.length);
  const least = new Float64Array(numbered.budgets.length).fill(Number.POSITIVE_INFINITY);
  const { budgets, places } = budgetUses;
  for (let use = 0; use < budgets.length; use += 1) {
    const budget = budgets[use] ?? -1;
    count[budget] = (count[budget] ?? 0) + 1;
    least[budget] = Math.min(least[budget] ?? 0, budgetUses.allowed[use] ?? 0);
  }
  const groups: (BudgetGroup | undefined)[] = numbered.budgets.map(({ number, budget }) => {
    const allowed = least[number] ?? 0;
    return allowed >= 1 && (count[number] ?? 0) > allowed ? { budget, places: [], allowed } : undefined;
  });
  for (let use = 0; use < budgets.length; use += 1)
    groups[budgets[use] ?? -1]?.places.push(places[use] ?? -1);
  return groups.filter((group) => group !== undefined);
}

/** A pod comes to a new node when that is there. */
function checkNewNodes(walk: Walk): void {
  for (const added of placesOf(walk.steps, 'add-node')) {
    const step = walk.plan.steps[added];
    if (step?.kind !== 'add-node') continue;
    for (const place of nodeNamed(walk, step.node)?.arrivals ?? [])
      if (place > added && !walk.paths.waitsFor(place, added))
        notOrdered(walk, 'new node', added, place, step.node);
  }
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
    places.map((place) => walk.pods[walk.podAt[place] ?? -1]?.rules.amounts[id] ?? 0);
  walk.numbered.resources.forEach((resource, id) => {
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
      if (leaver >= comer) break;
      const coming = walk.pods[walk.podAt[comer] ?? -1];
      const leaving = walk.pods[walk.podAt[leaver] ?? -1];
      if (coming === undefined || leaving === undefined || coming === leaving) continue;
      if (repel(walk, coming, leaving) && !walk.paths.waitsFor(comer, leaver))
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
    const pod = walk.pods[walk.podAt[place] ?? -1]?.pod;
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
