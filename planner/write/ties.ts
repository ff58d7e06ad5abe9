/**
 * What has to wait for what: the last step that touched a thing, for everything that two steps may not touch at once. Step
 * numbers count from 1; 0 is none.
 */
import { askLists } from '../survey/budget-numbers.ts';
import { act, isParking, logWidth } from '../yard/acts.ts';
import { origin, type Yard } from '../yard/yard.ts';
import { type BudgetRows, budgetsOf, openRows, takeRow } from './budget-rows.ts';

export type Ties = {
  readonly yard: Yard;
  /** Nodes that are emptied, in the order of their numbers. */
  readonly drained: readonly number[];
  readonly names: readonly string[];
  /** The last closing at the start, for which everything waits. */
  closing: number;
  readonly lastOfPod: Int32Array;
  readonly lastOfCluster: Int32Array;
  readonly lastOfSet: Int32Array;
  /** Of relations that reach beyond one cluster. */
  readonly lastOfRelation: Int32Array;
  readonly rows: BudgetRows;
  readonly addedBy: Int32Array;
  /** Steps by which temporary members left nodes on which others stay: who comes later may stand in their room. */
  readonly freedBy: Map<number, number[]>;
  /** Steps after which a node is empty. */
  readonly leftBy: readonly number[][];
  /** By zone: moves since the last time a fence was opened or shut there, and the fence that was shut last. */
  readonly movesIn: readonly number[][];
  readonly lastShut: Int32Array;
  readonly anyParking: boolean;
  /** By zone: releases in their order, and how many nodes have been added. */
  readonly releasesIn: readonly number[][];
  readonly addsIn: Int32Array;
  lastAdd: number;
  readonly releasesSinceAdd: number[];
  /** How many nodes of its zone (of all zones with whole nodes) are emptied before each node. */
  readonly turn: Int32Array;
  /** Releases of all zones in their order. */
  readonly releases: number[];
  readonly waits: Waits;
};

const none: readonly number[] = [];

/** What the next step waits for: the first `count` of these steps, ascending. One list for all steps, since there are so many. */
type Waits = { readonly steps: number[]; count: number };

/** Returns the ties before the first step. */
export function openTies(yard: Yard): Ties {
  const { survey, nodeCount } = yard;
  const { nodes, pods, clusters, relations, fleet } = survey;
  let anyParking = false;
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) anyParking ||= isParked(yard, entry);
  return {
    yard,
    drained: nodes.all.flatMap((_, node) => (yard.origin[node] === origin.drained ? [node] : [])),
    names: nodeNames(yard),
    closing: 0,
    lastOfPod: new Int32Array(pods.all.length),
    lastOfCluster: new Int32Array(clusters.all.length),
    lastOfSet: new Int32Array(pods.all.length),
    lastOfRelation: new Int32Array(relations.all.length),
    rows: openRows(survey.budgets),
    addedBy: new Int32Array(nodeCount),
    freedBy: new Map(),
    leftBy: Array.from({ length: nodeCount }, () => []),
    movesIn: fleet.zones.map(() => []),
    lastShut: new Int32Array(fleet.zones.length),
    anyParking,
    releasesIn: fleet.zones.map(() => []),
    addsIn: new Int32Array(fleet.zones.length),
    lastAdd: 0,
    releasesSinceAdd: [],
    turn: turnsOf(yard),
    releases: [],
    waits: { steps: [], count: 0 },
  };
}

/** Whether an act of the log puts a pod on a node that is itself to be emptied. */
export function isParked(yard: Yard, entry: number): boolean {
  const kind = yard.log[entry];
  return (kind === act.move || kind === act.scaleOut) && isParking(yard, yard.log[entry + 3] ?? -1);
}

/** Returns a node's name; added ones are numbered within their zone. */
export function nameOf(ties: Ties, node: number): string {
  return ties.names[node] ?? '';
}

function nodeNames(yard: Yard): readonly string[] {
  const { nodes, fleet } = yard.survey;
  const names = nodes.all.map(({ name }) => name);
  const counts = new Int32Array(fleet.zones.length);
  for (let node = names.length; node < yard.nodeCount; node += 1) {
    const zone = yard.zone[node] ?? 0;
    counts[zone] = (counts[zone] ?? 0) + 1;
    names.push(`new-${fleet.zones[zone] ?? ''}-${counts[zone]}`);
  }
  return names;
}

function turnsOf(yard: Yard): Int32Array {
  const turn = new Int32Array(yard.nodeCount);
  const counts = new Int32Array(yard.survey.fleet.zones.length);
  const whole = yard.survey.request.mode === 'whole-nodes';
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    if (yard.log[entry] !== act.release) continue;
    const node = yard.log[entry + 1] ?? 0;
    const zone = whole ? 0 : (yard.zone[node] ?? 0);
    turn[node] = counts[zone] ?? 0;
    counts[zone] = (counts[zone] ?? 0) + 1;
  }
  return turn;
}

/** Adds a step to those waited for, which stay ascending and once each; the closing comes in only where nothing else does. */
function wait({ closing, waits }: Ties, step: number): void {
  if (step <= closing) return;
  const { steps } = waits;
  let place = waits.count;
  while (place > 0 && (steps[place - 1] ?? 0) > step) place -= 1;
  if (place > 0 && steps[place - 1] === step) return;
  for (let later = waits.count; later > place; later -= 1) steps[later] = steps[later - 1] ?? 0;
  steps[place] = step;
  waits.count += 1;
}

/** Everything waits for the closing of the nodes; who waits for anybody else waits for it through them. */
function settle({ closing, waits }: Ties): void {
  if (waits.count > 0 || closing === 0) return;
  waits.steps[0] = closing;
  waits.count = 1;
}

/** The next step waits for these, in any order; 0 is none. */
export function waitFor(ties: Ties, steps: readonly number[]): void {
  ties.waits.count = 0;
  for (const step of [...steps].sort((a, b) => a - b)) wait(ties, step);
  settle(ties);
}

/**
 * At most so many nodes of a zone are emptied at once: a node waits for the one that many turns before it. Nodes of one wave
 * never wait for each other that way, as a wave has no more of them.
 */
function releaseBefore(ties: Ties, node: number): number {
  const { survey } = ties.yard;
  const { mode, limits } = survey.request;
  const turn = ties.turn[node] ?? 0;
  if (mode === 'whole-nodes') return ties.releases[turn - 1] ?? 0;
  return ties.releasesIn[ties.yard.zone[node] ?? 0]?.[turn - limits.parallelDrainsPerZone] ?? 0;
}

/** A pod without a volume may land in any zone, and so meets an open fence in any of them. */
function zonesConcerned({ yard }: Ties, pod: number, to: number): readonly number[] {
  if (yard.survey.pods.bound[pod] === 1) return [yard.zone[to] ?? 0];
  return yard.survey.fleet.zones.map((_, zone) => zone);
}

/**
 * Nearly all steps are moves and switchovers: what they wait for, and that others now wait for them, is gone through at once. `early`
 * moves go ahead of their node's turn.
 */
export function tieMove(
  ties: Ties,
  step: number,
  pod: number,
  from: number,
  to: number,
  early: boolean,
): void {
  const { yard } = ties;
  const { pods, relations } = yard.survey;
  ties.waits.count = 0;
  follow(ties, ties.lastOfPod, pod, step);
  wait(ties, ties.addedBy[to] ?? 0);
  if (ties.freedBy.size > 0) for (const each of ties.freedBy.get(to) ?? none) wait(ties, each);
  const cluster = pods.cluster[pod] ?? -1;
  if (cluster >= 0) follow(ties, ties.lastOfCluster, cluster, step);
  const set = pods.orderedSet[pod] ?? -1;
  if (set >= 0) follow(ties, ties.lastOfSet, set, step);
  const { start, ids } = relations.wide;
  const end = start[pod + 1] ?? 0;
  for (let place = start[pod] ?? 0; place < end; place += 1)
    follow(ties, ties.lastOfRelation, ids[place] ?? -1, step);
  useBudgets(ties, pod, step);
  if (!early || yard.survey.request.mode === 'whole-nodes') wait(ties, releaseBefore(ties, from));
  if (ties.anyParking) meetFences(ties, pod, to, step);
  settle(ties);
  ties.leftBy[from]?.push(step);
  if (yard.origin[to] === origin.drained) ties.leftBy[to]?.push(step);
}

/** A step waits for the last one that touched a thing, and is the last one itself from now on. */
function follow(ties: Ties, lastOf: Int32Array, thing: number, step: number): void {
  const before = lastOf[thing] ?? 0;
  lastOf[thing] = step;
  wait(ties, before);
}

function useBudgets(ties: Ties, pod: number, step: number): void {
  const only = ties.yard.survey.budgets.only[pod] ?? askLists;
  if (only >= 0) follow(ties, ties.rows.last, takeRow(ties.rows, only), step);
  if (only !== askLists) return;
  for (const budget of budgetsOf(ties.yard, pod))
    follow(ties, ties.rows.last, takeRow(ties.rows, budget), step);
}

function meetFences(ties: Ties, pod: number, to: number, step: number): void {
  for (const zone of zonesConcerned(ties, pod, to)) {
    wait(ties, ties.lastShut[zone] ?? 0);
    ties.movesIn[zone]?.push(step);
  }
}

/** A switchover waits for the step before it of its cluster. */
export function tieSwitchover(ties: Ties, step: number, cluster: number): void {
  ties.waits.count = 0;
  follow(ties, ties.lastOfCluster, cluster, step);
  settle(ties);
}

/**
 * Surge is what nodes added may exceed nodes released by: the first so many come at once, every other one for one released.
 * Under a cap for the region they come one after the other, each when all that was released before it is gone.
 */
export function beforeAdd(ties: Ties, node: number): void {
  const { request, fleet } = ties.yard.survey;
  const zone = ties.yard.zone[node] ?? 0;
  const surge = request.surge[fleet.zones[zone] ?? ''] ?? 0;
  const waits = [ties.releasesIn[zone]?.[(ties.addsIn[zone] ?? 0) - surge] ?? 0];
  if (request.surgeTotal !== null) waits.push(ties.lastAdd, ...ties.releasesSinceAdd);
  waitFor(ties, waits);
}

/** Notes an added node. */
export function added(ties: Ties, step: number, node: number): void {
  const zone = ties.yard.zone[node] ?? 0;
  ties.addedBy[node] = step;
  ties.addsIn[zone] = (ties.addsIn[zone] ?? 0) + 1;
  ties.lastAdd = step;
  ties.releasesSinceAdd.length = 0;
}

/** What has to be done before a node is cordoned and given back. */
export function beforeLeaving(ties: Ties, node: number): void {
  ties.waits.count = 0;
  for (const step of ties.leftBy[node] ?? none) wait(ties, step);
  wait(ties, releaseBefore(ties, node));
  settle(ties);
}

/** Notes that a node is given back. */
export function released(ties: Ties, step: number, node: number): void {
  ties.releasesIn[ties.yard.zone[node] ?? 0]?.push(step);
  ties.releasesSinceAdd.push(step);
  ties.releases.push(step);
}

/** What the coming of a temporary member waits for. */
export function beforeScaleOut(ties: Ties, pod: number, node: number): void {
  const cluster = ties.yard.survey.pods.cluster[pod] ?? -1;
  const shut = zonesConcerned(ties, pod, node).map((zone) => ties.lastShut[zone] ?? 0);
  const here = [ties.addedBy[node] ?? 0, ...(ties.freedBy.get(node) ?? [])];
  waitFor(ties, [...here, ties.lastOfCluster[cluster] ?? 0, ...shut]);
}

/** Notes that a temporary member has come. */
export function scaledOut(ties: Ties, step: number, pod: number, node: number): void {
  ties.lastOfPod[pod] = step;
  ties.lastOfCluster[ties.yard.survey.pods.cluster[pod] ?? -1] = step;
  if (isParking(ties.yard, node)) ties.leftBy[node]?.push(step);
  for (const zone of zonesConcerned(ties, pod, node)) ties.movesIn[zone]?.push(step);
}

/** What the going of a member waits for. */
export function beforeScaleIn(ties: Ties, pod: number): void {
  const { pods } = ties.yard.survey;
  const set = pods.orderedSet[pod] ?? -1;
  waitFor(ties, [
    ties.lastOfCluster[pods.cluster[pod] ?? -1] ?? 0,
    ties.lastOfPod[pod] ?? 0,
    set < 0 ? 0 : (ties.lastOfSet[set] ?? 0),
  ]);
}

/** Notes that a member has gone. */
export function scaledIn(ties: Ties, step: number, pod: number, node: number): void {
  const { pods } = ties.yard.survey;
  ties.lastOfCluster[pods.cluster[pod] ?? -1] = step;
  const set = pods.orderedSet[pod] ?? -1;
  if (set >= 0) ties.lastOfSet[set] = step;
  ties.leftBy[node]?.push(step);
  if (ties.yard.origin[node] !== origin.drained) {
    const freed = ties.freedBy.get(node);
    if (freed === undefined) ties.freedBy.set(node, [step]);
    else freed.push(step);
  }
  // Whoever is parked in the room that this leaves waits for it, as for any other move of the zone.
  ties.movesIn[ties.yard.zone[node] ?? 0]?.push(step);
}

/** Zones that a batch of parked pods concerns. */
export function zonesOfParking(ties: Ties, first: number, last: number): readonly number[] {
  const { log } = ties.yard;
  const zones = new Set<number>();
  for (let entry = first; entry <= last; entry += logWidth)
    for (const zone of zonesConcerned(ties, log[entry + 1] ?? 0, log[entry + 3] ?? 0)) zones.add(zone);
  return [...zones].sort((a, b) => a - b);
}

/** A fence is opened when nothing else moves in its zone; what a batch concerns beyond it is shut for the batch as well. */
export function beforeOpening(ties: Ties, zones: readonly number[]): void {
  const waits = zones.flatMap((zone) => [...(ties.movesIn[zone] ?? []), ties.lastShut[zone] ?? 0]);
  waitFor(ties, waits);
}

/** Notes that a fence is open, which everything in these zones waits for. */
export function opened(ties: Ties, step: number, zones: readonly number[]): void {
  for (const zone of zones) {
    ties.lastShut[zone] = step;
    const moves = ties.movesIn[zone];
    if (moves !== undefined) moves.length = 0;
  }
}

/** A fence is shut when all that was to come has come. */
export function beforeShutting(ties: Ties, zones: readonly number[]): void {
  beforeOpening(ties, zones);
}

/** Notes that a fence is shut again, which everything in these zones waits for. */
export function shut(ties: Ties, step: number, node: number, zones: readonly number[]): void {
  opened(ties, step, zones);
  ties.leftBy[node]?.push(step);
}
