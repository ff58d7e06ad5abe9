/**
 * Steps without a path between them may run at the same time, or the other way round. What would break if they did?
 * checkPlan walks one order; these checks stand for all the others that `after` allows.
 */

import type { MoveStep, Step } from '../plan.ts';
import { largestFlow } from './check-flow.ts';
import { findPaths, type Paths } from './check-paths.ts';
import { repel, roomOf, staticRuleAgainst, toleratesFence } from './check-placement.ts';
import { hasEnded, isToBeEmptied, type Passage, staysOnNode, violate, type Walk } from './check-state.ts';

/** Notes every pair or group of steps that needs a path and has none. To be called when the walk is over. */
export function checkOrder(walk: Walk): void {
  const paths = findPaths(walk.plan.steps);
  checkClusters(walk, paths);
  checkOrderedSets(walk, paths);
  checkSamePod(walk, paths);
  checkBudgetGroups(walk, paths);
  checkNewNodes(walk, paths);
  checkHolds(walk, paths);
  checkFences(walk);
  checkOpenings(walk, paths);
  checkDepartures(walk, paths);
  checkRooms(walk, paths);
  checkNeighbours(walk, paths);
  checkExtraNodes(walk, paths);
  if (walk.request.wholeNodes) checkNodesInTurn(walk, paths);
}

function notOrdered(walk: Walk, why: string, first: Step, second: Step, subject: string): void {
  violate(walk, 'not-ordered', second, { why, first: first.id, second: second.id, subject });
}

/** Notes each two neighbours of a group that are not in order; with those in order all of the group are. */
function checkChain(
  walk: Walk,
  paths: Paths,
  why: string,
  groups: ReadonlyMap<string, readonly Step[]>,
): void {
  for (const [subject, steps] of groups)
    steps.forEach((step, index) => {
      const previous = steps[index - 1];
      if (previous && !paths.waitsFor(step, previous)) notOrdered(walk, why, previous, step, subject);
    });
}

function group<Each>(all: readonly Each[], keyOf: (each: Each) => string | undefined): Map<string, Each[]> {
  const groups = new Map<string, Each[]>();
  for (const each of all) {
    const key = keyOf(each);
    if (key === undefined) continue;
    const sameKey = groups.get(key) ?? [];
    sameKey.push(each);
    groups.set(key, sameKey);
  }
  return groups;
}

/** Two members of one cluster are never unavailable together, and no role changes while one is. */
function checkClusters(walk: Walk, paths: Paths): void {
  const clusterOf = (step: Step) => {
    if (step.kind === 'move') return walk.pods.get(step.pod)?.pod.cluster ?? step.cluster ?? undefined;
    return 'cluster' in step ? step.cluster : undefined;
  };
  checkChain(walk, paths, 'same cluster', group(walk.plan.steps, clusterOf));
}

function checkOrderedSets(walk: Walk, paths: Paths): void {
  const setOf = (step: Step) => {
    const owner = step.kind === 'move' ? walk.pods.get(step.pod)?.pod.owner : undefined;
    return owner?.kind === 'StatefulSet' && owner.orderedReady ? `${owner.name} ${owner.uid}` : undefined;
  };
  checkChain(walk, paths, 'same ordered set', group(walk.plan.steps, setOf));
}

function checkSamePod(walk: Walk, paths: Paths): void {
  checkChain(
    walk,
    paths,
    'same pod',
    group(movesOf(walk), (step) => step.pod),
  );
}

function movesOf(walk: Walk): readonly MoveStep[] {
  return walk.plan.steps.filter((step) => step.kind === 'move');
}

/** As many evictions may meet as the group has steps less the largest matching along `after` (see check-flow.ts). */
function checkBudgetGroups(walk: Walk, paths: Paths): void {
  for (const [budget, uses] of walk.seen.budgetUses) {
    const allowed = Math.min(...uses.map((use) => use.allowed));
    if (uses.length <= allowed || allowed < 1) continue;
    const ones = uses.map(() => 1);
    // Later steps give, so that all questions about one later step come together.
    const chained = largestFlow(ones, ones, (later, earlier) => {
      const [second, first] = [uses[later]?.step, uses[earlier]?.step];
      return second !== undefined && first !== undefined && paths.waitsFor(second, first);
    });
    const atOnce = uses.length - chained;
    const [first, second] = [uses[0]?.step, uses[1]?.step];
    if (atOnce > allowed && first && second) notOrdered(walk, 'same budget', first, second, budget);
  }
}

function checkNewNodes(walk: Walk, paths: Paths): void {
  const addedBy = new Map(
    walk.plan.steps.flatMap((step) => (step.kind === 'add-node' ? [[step.node, step]] : [])),
  );
  for (const { step, node } of walk.seen.arrivals) {
    const added = addedBy.get(node);
    if (added && !paths.waitsFor(step, added)) notOrdered(walk, 'new node', added, step, node);
  }
}

/** Fence, unfence, cordon and release of one node keep their order, and a pod is parked while its node is open. */
function checkHolds(walk: Walk, paths: Paths): void {
  const parkedOn = (step: Step) =>
    (step.kind === 'move' && isToBeEmptied(walk, step.to)) || step.kind === 'scale-out';
  const kinds = new Set(['fence', 'unfence', 'cordon', 'release']);
  const holds = group(walk.plan.steps, (step) => {
    if (kinds.has(step.kind) && 'node' in step) return step.node;
    return undefined;
  });
  checkChain(walk, paths, 'same node', holds);
  for (const step of walk.plan.steps) {
    if (!parkedOn(step)) continue;
    const node = step.kind === 'move' ? step.to : step.kind === 'scale-out' ? step.node : '';
    const at = paths.positionOf(step);
    const around = (holds.get(node) ?? []).filter((each) => each.kind === 'fence' || each.kind === 'unfence');
    const opened = around.filter((each) => paths.positionOf(each) < at).at(-1);
    const closed = around.find((each) => paths.positionOf(each) > at);
    if (opened?.kind === 'unfence' && !paths.waitsFor(step, opened))
      notOrdered(walk, 'parking', opened, step, node);
    if (closed && !paths.waitsFor(closed, step)) notOrdered(walk, 'parking', step, closed, node);
  }
}

/**
 * Before a pod is evicted, every node to be emptied that could legally get it must be closed already: the first fence or
 * cordon of each such node has a path to the move. Kept as one set of closed nodes per step, handed down along `after`.
 */
function checkFences(walk: Walk): void {
  const closedBefore = new Map<string, Set<string>>();
  const firstClosing = new Map<string, Step>();
  const reported = new Set<string>();
  for (const step of walk.plan.steps) {
    const closed = closedAlong(closedBefore, step);
    if ((step.kind === 'fence' || step.kind === 'cordon') && !firstClosing.has(step.node)) {
      firstClosing.set(step.node, step);
      closedBefore.set(step.id, new Set(closed).add(step.node));
    } else closedBefore.set(step.id, closed);
    if (step.kind !== 'move' || closed.size === firstClosing.size) continue;
    const pod = walk.pods.get(step.pod)?.pod;
    if (pod === undefined || toleratesFence(pod)) continue;
    for (const [node, closing] of firstClosing) {
      const state = walk.nodes.get(node);
      if (closed.has(node) || reported.has(step.id) || state === undefined || !isToBeEmptied(walk, node))
        continue;
      if (state.node.unschedulable || staticRuleAgainst(pod, state.node) !== undefined) continue;
      reported.add(step.id);
      notOrdered(walk, 'fence first', closing, step, node);
    }
  }
}

/** The union over `after`; a set that one predecessor already holds in full is shared, not copied. */
function closedAlong(closedBefore: ReadonlyMap<string, Set<string>>, step: Step): Set<string> {
  const sets = step.after.map((id) => closedBefore.get(id) ?? new Set<string>());
  const largest = sets.reduce((most, each) => (each.size > most.size ? each : most), new Set<string>());
  const missing = sets.flatMap((set) =>
    set === largest ? [] : [...set].filter((node) => !largest.has(node)),
  );
  return missing.length === 0 ? largest : new Set([...largest, ...missing]);
}

/** While a node is open for a pod to be parked there, nothing else that could land on it is under way. */
function checkOpenings(walk: Walk, paths: Paths): void {
  const { steps } = walk.plan;
  for (const opening of steps) {
    if (opening.kind !== 'unfence') continue;
    const at = paths.positionOf(opening);
    const closing = steps.find(
      (step, place) => place > at && step.kind === 'fence' && step.node === opening.node,
    );
    const node = walk.nodes.get(opening.node)?.node;
    for (const step of movesOf(walk)) {
      const pod = walk.pods.get(step.pod)?.pod;
      if (node === undefined || pod === undefined || step.to === opening.node || toleratesFence(pod))
        continue;
      if (staticRuleAgainst(pod, node) !== undefined) continue;
      const isLater = paths.positionOf(step) > at;
      const [first, second] = isLater ? [closing, step] : [step, opening];
      // Between opening and closing the walk itself has said so.
      if (first === undefined || paths.positionOf(second) < paths.positionOf(first)) continue;
      if (!paths.waitsFor(second, first)) notOrdered(walk, 'open for parking', first, second, opening.node);
    }
  }
}

/** A node is cordoned after its primaries have left, and released after everything has. */
function checkDepartures(walk: Walk, paths: Paths): void {
  const departures = group(walk.seen.departures, (passage) => passage.node);
  const primaries = group(walk.seen.primariesLeft, (each) => each.node);
  for (const step of walk.plan.steps) {
    if (step.kind === 'cordon' && !walk.request.cordonsFirst)
      for (const left of primaries.get(step.node) ?? [])
        if (paths.positionOf(left.step) < paths.positionOf(step) && !paths.waitsFor(step, left.step))
          notOrdered(walk, 'primary first', left.step, step, step.node);
    if (step.kind !== 'release') continue;
    for (const left of departures.get(step.node) ?? [])
      if (!paths.waitsFor(step, left.step)) notOrdered(walk, 'empty first', left.step, step, step.node);
  }
}

/** The fullest moment of each node over all orders that `after` allows. */
function checkRooms(walk: Walk, paths: Paths): void {
  const arrivals = group(walk.seen.arrivals, (passage) => passage.node);
  const departures = group(walk.seen.departures, (passage) => passage.node);
  for (const [name, comers] of arrivals) {
    const node = walk.nodes.get(name)?.node;
    if (node === undefined) continue;
    const leavers = departures.get(name) ?? [];
    const resources = new Set(comers.flatMap(({ pod }) => Object.keys(pod.pod.requests)));
    for (const resource of resources) {
      const room = roomOf(node, resource);
      const load = ({ pod }: Passage) => pod.pod.requests[resource] ?? 0;
      const come = comers.reduce((total, each) => total + load(each), 0);
      const gone = leavers.reduce((total, each) => total + load(each), 0);
      // What stands there at the end, less what came, plus what left, is what stood there at the start.
      const atStart = loadAtEnd(walk, name, resource) - come + gone;
      if (room === undefined || atStart + come <= room) continue;
      const paid = largestFlow(comers.map(load), leavers.map(load), (comer, leaver) => {
        const [second, first] = [comers[comer]?.step, leavers[leaver]?.step];
        return second !== undefined && first !== undefined && paths.waitsFor(second, first);
      });
      const [first, last] = [leavers[0]?.step, comers.at(-1)?.step];
      // Without leavers the walk itself has found no room; two orders differ only where somebody leaves.
      if (atStart + come - paid > room && first && last)
        notOrdered(walk, `room for ${resource}`, first, last, name);
    }
  }
}

function loadAtEnd(walk: Walk, node: string, resource: string): number {
  let load = 0;
  for (const { pod } of walk.podsOn.get(node) ?? []) if (!hasEnded(pod)) load += pod.requests[resource] ?? 0;
  return load;
}

/** A pod that comes where one stood that repels it waits for that one to have left. */
function checkNeighbours(walk: Walk, paths: Paths): void {
  const departures = group(walk.seen.departures, (passage) => passage.node);
  for (const comer of walk.seen.arrivals)
    for (const leaver of departures.get(comer.node) ?? []) {
      const before = paths.positionOf(leaver.step) < paths.positionOf(comer.step);
      if (!before || leaver.pod === comer.pod || !repel(comer.pod, leaver.pod)) continue;
      if (!paths.waitsFor(comer.step, leaver.step))
        notOrdered(walk, 'anti-affinity', leaver.step, comer.step, comer.node);
    }
}

/** The most extra nodes over all orders that `after` allows: all that come, less those that must have been released for them. */
function checkExtraNodes(walk: Walk, paths: Paths): void {
  const zoneOf = (step: Step) => ('node' in step ? walk.nodes.get(step.node)?.node.zone : undefined);
  const adds = walk.plan.steps.filter((step) => step.kind === 'add-node');
  const releases = walk.plan.steps.filter((step) => step.kind === 'release');
  const mostIn = (zones: ReadonlySet<string>) => {
    const comers = adds.filter((step) => zones.has(step.zone));
    const leavers = releases.filter((step) => zones.has(zoneOf(step) ?? ''));
    const ones = (steps: readonly Step[]) => steps.map(() => 1);
    const paid = largestFlow(ones(comers), ones(leavers), (comer, leaver) => {
      const [second, first] = [comers[comer], leavers[leaver]];
      return second !== undefined && first !== undefined && paths.waitsFor(second, first);
    });
    return { extra: comers.length - paid, first: leavers[0], last: comers.at(-1) };
  };
  const zones = [...new Set(adds.map((step) => step.zone))];
  for (const zone of zones) {
    const { extra, first, last } = mostIn(new Set([zone]));
    if (extra > walk.request.surgeOf(zone) && first && last) notOrdered(walk, 'surge', first, last, zone);
  }
  const { surgeTotal } = walk.request;
  if (surgeTotal === undefined || surgeTotal >= adds.length) return;
  // Zones below their start count 0, so that any choice of zones may be the fullest; beyond twelve zones one choice is looked at.
  const choices = zones.length <= 12 ? subsetsOf(zones) : [zones];
  for (const choice of choices) {
    const { extra, first, last } = mostIn(new Set(choice));
    if (extra > surgeTotal && first && last) {
      notOrdered(walk, 'surge', first, last, 'all zones');
      return;
    }
  }
}

function subsetsOf(zones: readonly string[]): readonly (readonly string[])[] {
  const subsets: (readonly string[])[] = [[]];
  for (const zone of zones) for (const subset of [...subsets]) subsets.push([...subset, zone]);
  return subsets;
}

/** In whole-nodes mode no move of one node meets a move of another. */
function checkNodesInTurn(walk: Walk, paths: Paths): void {
  const moves = movesOf(walk).filter((step) => {
    const pod = walk.pods.get(step.pod)?.pod;
    return pod !== undefined && !staysOnNode(pod);
  });
  for (const second of moves) {
    const first = moves.find(
      (each) =>
        each.from !== second.from &&
        paths.positionOf(each) < paths.positionOf(second) &&
        !paths.waitsFor(second, each),
    );
    if (first) notOrdered(walk, 'one node at a time', first, second, second.from);
  }
}
