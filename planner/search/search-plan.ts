/**
 * Looks for the cheapest attempt: ways are tried until one meets the bounds, and nodes that no attempt can empty are refused
 * and the rest is looked at again.
 */

import { refuseOneByOneNodesMax } from '../limits.ts';
import type { Refusal } from '../plan.ts';
import { boundWaves, parkedMax } from '../prove/bound-waves.ts';
import { boundPlan, isProved } from '../prove/bounds.ts';
import { refuseWithoutCandidate } from '../rules/refuse-nodes.ts';
import type { Survey } from '../survey/survey.ts';
import { openYard } from '../yard/open-yard.ts';
import type { Yard } from '../yard/yard.ts';
import { type Attempt, attemptPlan } from './attempt.ts';
import { type Cost, compareCosts, costOf } from './cost.ts';
import { trySmallDrain } from './exhaustive-small.ts';
import type { Found, Tried } from './found.ts';
import { improveAttempt } from './improve.ts';
import { policiesForWaves, policiesToTry } from './policies.ts';
import { isDrained, noRoom, refuseFewest } from './refuse-fewest.ts';
import { cheapestOrder } from './whole-nodes.ts';

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
    if (fewest !== undefined) return takeBack(survey, { ...fewest, refusals: [...all, ...fewest.refusals] });
    // Each round refuses at least one node more, so the loop ends with an empty plan at the latest.
    refuse(survey, refused, all, refuseStuck(survey, tried.attempt));
  }
}

function refuse(survey: Survey, refused: Set<number>, all: Refusal[], more: readonly Refusal[]): void {
  all.push(...more);
  for (const { node } of more) refused.add(survey.nodes.named.get(node) ?? -1);
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
  const known = boundPlan(start, whole?.exact === true ? whole.excess : 0);
  const few = parkedMax(start);
  const ways = () => policiesToTry(start, drained, few, whole);
  // Small drains: every order is tried before anything is improved.
  const small = trySmallDrain(start, refused, known, ways());
  const { bounds, impossible } = small;
  let best: { attempt: Attempt; cost: Cost } | undefined = small.best;
  if (best === undefined || !(impossible || isProved(best.cost, bounds)))
    for (const policy of ways()) {
      const attempt = attemptPlan(survey, refused, policy);
      const cost = costOf(attempt);
      if (best !== undefined && compareCosts(cost, best.cost) >= 0) continue;
      best = { attempt, cost };
      if (isProved(best.cost, bounds)) break;
    }
  if (best === undefined) throw new Error('there is always a policy to try');
  if (whole === undefined && !impossible && !isProved(best.cost, bounds)) {
    const attempt = improveAttempt(best.attempt, bounds, drained, few);
    best = { attempt, cost: costOf(attempt) };
  }
  const leastWaves = boundWaves(start, few, wavesReached(best, few));
  if (whole === undefined) best = withFewerWaves(start, refused, drained, few, leastWaves.waves, best);
  const { parked } = best.attempt.yard;
  const wavesBound = parked <= few ? leastWaves : boundWaves(start, parked, wavesReached(best, parked));
  return { ...best, wavesBound, bounds, impossible };
}

/** The waves of an attempt that empties all nodes and parks no more than `most` pods; any other says nothing of how few there can be. */
function wavesReached(
  { attempt, cost }: { readonly attempt: Attempt; readonly cost: Cost },
  most: number,
): number {
  return cost.stuck === 0 && attempt.yard.parked <= most ? cost.waves : Number.POSITIVE_INFINITY;
}

/** Looks for an attempt that interrupts as little in fewer waves, where several nodes of a zone may be emptied at once. */
function withFewerWaves(
  start: Yard,
  refused: ReadonlySet<number>,
  drained: readonly number[],
  few: number,
  least: number,
  first: { readonly attempt: Attempt; readonly cost: Cost },
): { readonly attempt: Attempt; readonly cost: Cost } {
  const { survey } = start;
  let best = first;
  if (first.attempt.stuck.length > 0 || survey.request.limits.parallelDrainsPerZone === 1) return best;
  for (const policy of policiesForWaves(start, drained, few)) {
    if (best.cost.waves <= least) break;
    const attempt = attemptPlan(survey, refused, policy);
    const cost = costOf(attempt);
    if (attempt.yard.parked <= few && compareCosts(cost, best.cost) < 0) best = { attempt, cost };
  }
  return best;
}

/** One node at a time while they are few, the fullest first: what it leaves free may be enough for the others. */
function refuseStuck(survey: Survey, { yard, stuck }: Attempt): readonly Refusal[] {
  const sorted = [...stuck].sort((a, b) => (yard.leaving[b] ?? 0) - (yard.leaving[a] ?? 0) || a - b);
  const chosen = sorted.length <= refuseOneByOneNodesMax ? sorted.slice(0, 1) : sorted;
  return chosen.map((node) => noRoom(survey, yard, node));
}
