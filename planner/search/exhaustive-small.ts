/**
 * Drains so small that every order can be tried: the bounds become exact, and nothing is called impossible that is not.
 */
import { exhaustiveStatesMax, waysBeforeExhaustive } from '../limits.ts';
import { type Bounds, exactBounds, isProved } from '../prove/bounds.ts';
import type { Yard } from '../yard/yard.ts';
import { type Attempt, attemptPlan, type Policy } from './attempt.ts';
import { type Cost, compareCosts, costOf } from './cost.ts';
import { exhaustiveSearch } from './exhaustive.ts';
import { scopeOf } from './exhaustive-scope.ts';

type Best = { readonly attempt: Attempt; readonly cost: Cost };

export type SmallDrain = {
  /** Undefined: not small, nothing was tried. */
  readonly best: Best | undefined;
  readonly bounds: Bounds;
  /** Every order was tried, and none empties the nodes. */
  readonly impossible: boolean;
};

/**
 * Tries some ways, then, where the bounds are not met, every order. The plan of that search is taken only if no other way costs
 * as little: it thinks of neither waves nor of where primaries gather. `start` is the yard at the start.
 */
export function trySmallDrain(
  start: Yard,
  refused: ReadonlySet<number>,
  bounds: Bounds,
  waysToTry: () => Iterator<Policy>,
): SmallDrain {
  const nothing = { best: undefined, bounds, impossible: false };
  if (scopeOf(start) === undefined) return nothing;
  const ways = waysToTry();
  const guided = tryWays(start, refused, bounds, ways, waysBeforeExhaustive, undefined);
  if (guided === undefined || isProved(guided.cost, bounds)) return { ...nothing, best: guided };
  const known = guided.cost.stuck === 0 ? guided.cost : undefined;
  const every = exhaustiveSearch(start.survey, refused, exhaustiveStatesMax, known);
  switch (every.kind) {
    case 'gave-up':
      return { ...nothing, best: guided };
    case 'impossible':
      return { best: guided, bounds, impossible: true };
    case 'none-cheaper':
      return { ...nothing, best: guided, bounds: exactBounds(bounds, guided.cost) };
    case 'solved': {
      const exact = exactBounds(bounds, every.paid);
      const other = tryWays(start, refused, exact, ways, Number.POSITIVE_INFINITY, guided) ?? guided;
      const attempt = { yard: every.yard, stuck: [] };
      const found = { attempt, cost: costOf(attempt) };
      const best = compareCosts(found.cost, other.cost) < 0 ? found : other;
      return { ...nothing, best, bounds: exact };
    }
  }
}

/** Tries up to `most` ways and returns the best of them and `before`; stops where the bounds are met. */
function tryWays(
  start: Yard,
  refused: ReadonlySet<number>,
  bounds: Bounds,
  ways: Iterator<Policy>,
  most: number,
  before: Best | undefined,
): Best | undefined {
  let best = before;
  for (let tries = 0; tries < most; tries += 1) {
    const way = ways.next();
    if (way.done === true) break;
    const attempt = attemptPlan(start.survey, refused, way.value);
    const cost = costOf(attempt);
    if (best !== undefined && compareCosts(cost, best.cost) >= 0) continue;
    best = { attempt, cost };
    if (isProved(cost, bounds)) break;
  }
  return best;
}
