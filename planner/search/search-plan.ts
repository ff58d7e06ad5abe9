/**
 * Looks for the cheapest attempt: ways are tried until one meets the bounds, and nodes that no attempt can empty are refused
 * and the rest is looked at again.
 */

import { exhaustiveStatesMax, refuseOneByOneNodesMax, waysBeforeExhaustive } from '../limits.ts';
import type { Refusal } from '../plan.ts';
import { boundWaves, parkedMax, type WavesBound } from '../prove/bound-waves.ts';
import { type Bounds, boundPlan, exactBounds } from '../prove/bounds.ts';
import { refuseWithoutCandidate } from '../rules/refuse-nodes.ts';
import type { Survey } from '../survey/survey.ts';
import { act, cause, logWidth } from '../yard/acts.ts';
import { openYard } from '../yard/open-yard.ts';
import type { Yard } from '../yard/yard.ts';
import { type Attempt, attemptPlan, type Policy } from './attempt.ts';
import { exhaustiveSearch } from './exhaustive.ts';
import { policiesToTry } from './policies.ts';
import { refuseFewest } from './refuse-fewest.ts';
import { cheapestOrder } from './whole-nodes.ts';

export type Found = Tried & {
  readonly refusals: readonly Refusal[];
  /** Nodes left alone, by number. */
  readonly refused: ReadonlySet<number>;
};

/** The best attempt of all ways that were tried. */
export type Tried = {
  readonly attempt: Attempt;
  readonly cost: Cost;
  readonly bounds: Bounds;
  readonly wavesBound: WavesBound;
  /** Every order was tried, and none empties the nodes. */
  readonly impossible: boolean;
};

/** What an attempt costs; outages and switchovers are weighted. */
export type Cost = {
  readonly stuck: number;
  readonly outages: number;
  readonly switchovers: number;
  readonly waves: number;
  readonly moves: number;
};

/** Returns the best attempt found for the nodes that are not refused, with the refusals it needs on top. */
export function searchPlan(survey: Survey, refusals: readonly Refusal[]): Found {
  const refused = new Set(refusals.flatMap(({ node }) => survey.nodes.named.get(node) ?? []));
  const all = [...refusals];
  for (;;) {
    const hopeless = refuseWithoutCandidate(survey, isDrained(survey, refused));
    if (hopeless.length > 0) {
      refuse(survey, refused, all, hopeless);
      continue;
    }
    const tried = tryToEmptyAll(survey, refused);
    if (tried.attempt.stuck.length === 0) return takeBack(survey, { ...tried, refusals: all, refused });
    const fewest = tried.impossible
      ? refuseFewest(survey, refused, (more) => tryToEmptyAll(survey, more))
      : undefined;
    if (fewest !== undefined) return { ...fewest, refusals: [...all, ...fewest.refusals] };
    // Each round refuses at least one node more, so the loop ends with an empty plan at the latest.
    refuse(survey, refused, all, refuseStuck(survey, tried.attempt));
  }
}

function refuse(survey: Survey, refused: Set<number>, all: Refusal[], more: readonly Refusal[]): void {
  all.push(...more);
  for (const { node } of more) refused.add(survey.nodes.named.get(node) ?? -1);
}

/** Returns which nodes a plan empties that refuses these. */
export function isDrained({ nodes }: Survey, refused: ReadonlySet<number>): (node: number) => boolean {
  return (node) => nodes.asked[node] === 1 && !refused.has(node);
}

/** A node refused for want of room may have been one too many: while they are few, each is asked again beside those that came later. */
function takeBack(survey: Survey, found: Found): Found {
  const lackRoom = found.refusals.filter(({ code }) => code === 'no-room');
  if (lackRoom.length < 2 || lackRoom.length > refuseOneByOneNodesMax) return found;
  let best = found;
  for (const refusal of lackRoom) {
    const fewer = new Set(best.refused);
    fewer.delete(survey.nodes.named.get(refusal.node) ?? -1);
    if (refuseWithoutCandidate(survey, isDrained(survey, fewer)).length > 0) continue;
    const tried = tryToEmptyAll(survey, fewer);
    if (tried.attempt.stuck.length > 0) continue;
    const refusals = best.refusals.filter((each) => each !== refusal);
    best = { ...tried, refusals, refused: fewer };
  }
  return best;
}

function tryToEmptyAll(survey: Survey, refused: ReadonlySet<number>): Tried {
  const start = openYard(survey, refused);
  const drained = survey.nodes.all.flatMap((_, node) => (isDrained(survey, refused)(node) ? [node] : []));
  const whole = survey.request.mode === 'whole-nodes' ? cheapestOrder(start, drained) : undefined;
  const bounds = boundPlan(start, whole?.exact === true ? whole.excess : 0);
  const ways = policiesToTry(start, drained, parkedMax(start), whole);
  const best = tryWays(start, refused, bounds, ways, waysBeforeExhaustive, undefined);
  if (best === undefined) throw new Error('there is always a policy to try');
  const guided = { ...best, bounds, impossible: false };
  return isProved(best.cost, bounds) ? guided : tryEveryOrder(start, refused, guided, ways);
}

type Best = Pick<Tried, 'attempt' | 'cost' | 'wavesBound'>;

/** Tries up to `most` ways and returns the best of them and `best`; stops where the bounds are met. */
function tryWays(
  start: Yard,
  refused: ReadonlySet<number>,
  bounds: Bounds,
  ways: Iterator<Policy>,
  most: number,
  best: Best | undefined,
): Best | undefined {
  let found = best;
  for (let tries = 0; tries < most; tries += 1) {
    const way = ways.next();
    if (way.done === true) break;
    const attempt = attemptPlan(start.survey, refused, way.value);
    const cost = costOf(attempt);
    if (found !== undefined && !isCheaper(cost, found.cost)) continue;
    found = { attempt, cost, wavesBound: boundWaves(start, attempt.yard.parked) };
    if (isProved(cost, bounds)) break;
  }
  return found;
}

/**
 * Where no bound is met, small drains are searched to the end. The plan of that search is taken only if no other way costs as
 * little: it thinks of neither waves nor of the room that others will need.
 */
function tryEveryOrder(
  start: Yard,
  refused: ReadonlySet<number>,
  guided: Tried,
  ways: Iterator<Policy>,
): Tried {
  const known = guided.cost.stuck === 0 ? guided.cost : undefined;
  const every = exhaustiveSearch(start.survey, refused, exhaustiveStatesMax, known);
  if (every.kind === 'impossible') return { ...guided, impossible: true };
  if (every.kind === 'none-cheaper') return { ...guided, bounds: exactBounds(guided.bounds, guided.cost) };
  const bounds = every.kind === 'solved' ? exactBounds(guided.bounds, every.paid) : guided.bounds;
  const best = tryWays(start, refused, bounds, ways, Number.POSITIVE_INFINITY, guided) ?? guided;
  const tried = { ...guided, ...best, bounds };
  if (every.kind !== 'solved') return tried;
  const attempt = { yard: every.yard, stuck: [] };
  const cost = costOf(attempt);
  if (!isCheaper(cost, best.cost)) return tried;
  return { ...tried, attempt, cost, wavesBound: boundWaves(start, every.yard.parked) };
}

function isProved(cost: Cost, bounds: Bounds): boolean {
  return cost.stuck === 0 && cost.outages <= bounds.outages && cost.switchovers <= bounds.switchovers;
}

/** Returns what an attempt costs. */
export function costOf({ yard, stuck }: Attempt): Cost {
  const { clusters, pods } = yard.survey;
  const cost = { stuck: stuck.length, outages: 0, switchovers: 0, waves: 0, moves: 0 };
  const { log } = yard;
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    const subject = log[entry + 1] ?? 0;
    const kind = log[entry];
    if (kind === act.wave) cost.waves += 1;
    if (kind === act.switchover) cost.switchovers += clusters.weight[subject] ?? 1;
    if (kind !== act.move) continue;
    cost.moves += 1;
    if (log[entry + 4] === cause.nobodyCanSucceed)
      cost.outages += clusters.weight[pods.cluster[subject] ?? -1] ?? 1;
  }
  return cost;
}

/** Whether one attempt is better than another. */
export function isCheaper(a: Cost, b: Cost): boolean {
  const difference =
    a.stuck - b.stuck ||
    a.outages - b.outages ||
    a.switchovers - b.switchovers ||
    a.waves - b.waves ||
    a.moves - b.moves;
  return difference < 0;
}

/** One node at a time while they are few, the fullest first: what it leaves free may be enough for the others. */
function refuseStuck(survey: Survey, { yard, stuck }: Attempt): readonly Refusal[] {
  const sorted = [...stuck].sort((a, b) => (yard.leaving[b] ?? 0) - (yard.leaving[a] ?? 0) || a - b);
  const chosen = sorted.length <= refuseOneByOneNodesMax ? sorted.slice(0, 1) : sorted;
  return chosen.map((node) => noRoom(survey, yard, node));
}

/** Returns the refusal of a node for want of room, with the pods that stand on it. */
export function noRoom({ nodes, pods, request }: Survey, yard: Yard, node: number): Refusal {
  const { name = '', zone = '' } = nodes.all[node] ?? {};
  const surge = request.surge[zone] ?? 0;
  const leaving: string[] = [];
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1)
    if (pods.stays[pod] !== 1) leaving.push(pods.all[pod]?.key ?? '');
  return {
    code: 'no-room',
    severity: 'stops',
    node: name,
    pods: leaving.sort(),
    facts: { zone, surge },
    fix: `"surge": {"perZone": {"${zone}": ${surge + 1}}}`,
  };
}
