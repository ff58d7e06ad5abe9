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
 * Tries some ways, then, where the bounds are not met, every order; what that search finds is cheaper than they are. `start` is
 * the yard at the start.
 */
export function trySmallDrain(
  start: Yard,
  refused: ReadonlySet<number>,
  bounds: Bounds,
  ways: Iterable<Policy>,
): SmallDrain {
  const nothing = { best: undefined, bounds, impossible: false };
  if (scopeOf(start) === undefined) return nothing;
  const guided = tryWays(start, refused, bounds, ways);
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
      const attempt = { yard: every.yard, stuck: [] };
      return {
        ...nothing,
        best: { attempt, cost: costOf(attempt) },
        bounds: exactBounds(bounds, every.paid),
      };
    }
  }
}

/** Returns the best of the first few ways; stops where the bounds are met. */
function tryWays(
  start: Yard,
  refused: ReadonlySet<number>,
  bounds: Bounds,
  ways: Iterable<Policy>,
): Best | undefined {
  let best: Best | undefined;
  let tries = 0;
  for (const way of ways) {
    if (tries === waysBeforeExhaustive) break;
    tries += 1;
    const attempt = attemptPlan(start.survey, refused, way);
    const cost = costOf(attempt);
    if (best !== undefined && compareCosts(cost, best.cost) >= 0) continue;
    best = { attempt, cost };
    if (isProved(cost, bounds)) break;
  }
  return best;
}
