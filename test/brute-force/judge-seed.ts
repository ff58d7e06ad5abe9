import { comparePlan, type Verdict } from './compare.ts';
import { tinyCase } from './tiny-fleet.ts';

/** Some hundred times the states of an ordinary tiny fleet: a second of search. */
const statesMax = 100_000;

/** Returns what trying everything says about the plan for the tiny fleet of a seed. */
export function judgeSeed(seed: number): Verdict {
  try {
    return comparePlan(tinyCase(seed), statesMax);
  } catch (error) {
    return { against: [`threw ${String(error)}`], worth: 'unknown', full: false, states: 0 };
  }
}
