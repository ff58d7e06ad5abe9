/**
 * Looks for the cheapest attempt: orders of nodes are tried until one meets the bounds, and nodes that no attempt can empty
 * are refused and the rest is looked at again.
 */

import { refuseOneByOneNodesMax } from '../limits.ts';
import { compareText } from '../order.ts';
import type { Refusal } from '../plan.ts';
import { type Bounds, boundPlan } from '../prove/bounds.ts';
import type { BudgetBook } from '../rules/budget.ts';
import { refuseWithoutCandidate } from '../rules/refuse-nodes.ts';
import { type Attempt, emptyNodes } from './empty-nodes.ts';
import { cheapestOrder, ordersToTry } from './order-nodes.ts';
import type { Survey } from './survey.ts';

export type Found = {
  readonly attempt: Attempt;
  readonly bounds: Bounds;
  /** Names of the nodes that are emptied. */
  readonly drained: ReadonlySet<string>;
  readonly refusals: readonly Refusal[];
};

export type Cost = {
  readonly stuck: number;
  readonly outages: number;
  readonly switchovers: number;
  readonly waves: number;
  readonly moves: number;
};

/** Returns the best attempt found for the nodes that are not refused, with the refusals it needs on top. */
export function searchPlan(survey: Survey, book: BudgetBook, refusals: readonly Refusal[]): Found {
  const refused = new Set(refusals.map((refusal) => refusal.node));
  const more: Refusal[] = [];
  for (;;) {
    const hopeless = refuseWithoutCandidate(survey, leftOver(survey, refused));
    if (hopeless.length > 0) {
      for (const refusal of hopeless) refused.add(refusal.node);
      more.push(...hopeless);
      continue;
    }
    const tried = tryToEmpty(survey, book, refused);
    if (tried.attempt.stuck.length === 0)
      return takeBack(survey, book, refused, { ...tried, refusals: [...refusals, ...more] });
    // Each round refuses at least one node more, so the loop ends with an empty plan at the latest.
    for (const refusal of refuseStuck(survey, tried.attempt)) {
      refused.add(refusal.node);
      more.push(refusal);
    }
  }
}

/** A node refused for want of room may have been one too many: while they are few, each is asked again beside those that came later. */
function takeBack(survey: Survey, book: BudgetBook, refused: Set<string>, found: Found): Found {
  const lackRoom = found.refusals.filter(({ code }) => code === 'no-room');
  if (lackRoom.length < 2 || lackRoom.length > refuseOneByOneNodesMax) return found;
  let best = found;
  for (const refusal of lackRoom) {
    const fewer = new Set(refused);
    fewer.delete(refusal.node);
    if (refuseWithoutCandidate(survey, leftOver(survey, fewer)).length > 0) continue;
    const tried = tryToEmpty(survey, book, fewer);
    if (tried.attempt.stuck.length > 0) continue;
    refused.delete(refusal.node);
    best = { ...tried, refusals: best.refusals.filter((each) => each !== refusal) };
  }
  return best;
}

function tryToEmpty(survey: Survey, book: BudgetBook, refused: ReadonlySet<string>): Omit<Found, 'refusals'> {
  const drained = leftOver(survey, refused);
  const names = [...drained].sort(compareText);
  const ordered = survey.request.mode === 'whole-nodes' ? cheapestOrder(survey, names) : undefined;
  const bounds = boundPlan(survey, drained, refused, ordered?.exact === true ? ordered.excess : 0);
  return { attempt: bestAttempt(survey, book, drained, refused, bounds), bounds, drained };
}

function leftOver(survey: Survey, refused: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(survey.request.drained.filter((name) => !refused.has(name)));
}

/** Returns what an attempt costs; outages and switchovers are weighted. */
export function costOf(survey: Survey, attempt: Attempt): Cost {
  const { work } = attempt;
  const weigh = (counts: ReadonlyMap<string, number>) =>
    [...counts].reduce((sum, [key, count]) => sum + count * (survey.request.clusters[key]?.weight ?? 1), 0);
  return {
    stuck: attempt.stuck.length,
    outages: weigh(work.outages),
    switchovers: weigh(work.switchovers),
    waves: work.list.steps.reduce((last, step) => Math.max(last, step.wave), 0),
    moves: work.list.steps.filter((step) => step.kind === 'move').length,
  };
}

function bestAttempt(
  survey: Survey,
  book: BudgetBook,
  drained: ReadonlySet<string>,
  refused: ReadonlySet<string>,
  bounds: Bounds,
): Attempt {
  let best: { attempt: Attempt; cost: Cost } | undefined;
  for (const order of ordersToTry(survey, [...drained])) {
    const attempt = emptyNodes(survey, book, drained, refused, order);
    const cost = costOf(survey, attempt);
    if (best === undefined || isCheaper(cost, best.cost)) best = { attempt, cost };
    const { stuck, outages, switchovers } = best.cost;
    if (stuck === 0 && outages <= bounds.outages && switchovers <= bounds.switchovers) break;
  }
  if (best === undefined) throw new Error('there is always an order to try');
  return best.attempt;
}

function isCheaper(a: Cost, b: Cost): boolean {
  const difference =
    a.stuck - b.stuck ||
    a.outages - b.outages ||
    a.switchovers - b.switchovers ||
    a.waves - b.waves ||
    a.moves - b.moves;
  return difference < 0;
}

/** One node at a time while they are few, the fullest first: what it leaves free may be enough for the others. */
function refuseStuck(survey: Survey, attempt: Attempt): readonly Refusal[] {
  const sorted = [...attempt.stuck].sort(
    (a, b) => b.pods.length - a.pods.length || compareText(a.node.node.name, b.node.node.name),
  );
  const chosen = sorted.length <= refuseOneByOneNodesMax ? sorted.slice(0, 1) : sorted;
  return chosen.map(({ node, pods }) => {
    const { name, zone } = node.node;
    return {
      code: 'no-room',
      severity: 'stops',
      node: name,
      pods: pods.map((pod) => pod.pod.key),
      facts: { zone, surge: survey.request.surge[zone] ?? 0 },
      fix: `"surge": {"perZone": {"${zone}": ${(survey.request.surge[zone] ?? 0) + 1}}}`,
    };
  });
}
