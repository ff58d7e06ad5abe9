import { expect, it } from 'vitest';
import { comparePlan, mustEqual } from './compare.ts';
import { tinyCase } from './tiny-fleet.ts';

/** A search this long says nothing; ordinary ones end within some hundred states. */
const statesMax = 20_000;
/** Five seconds or so; there are four times as many, in files of their own that run side by side. */
const seedsEach = 500;

/** Tests the plans of 500 tiny fleets from a seed on. More of them: `npm run test:deep -- planner`. */
export function expectSeeds(first: number): void {
  const seeds = Array.from({ length: seedsEach }, (_, index) => first + index);
  const cost = mustEqual ? 'everywhere' : 'where it says so or zones have an extra node';
  it(`is valid, refuses no node that can be emptied, and costs the least ${cost}: seeds ${first} to ${first + seedsEach - 1}`, {
    timeout: 120_000,
  }, () => {
    const verdicts = seeds.map((seed) => ({ seed, ...comparePlan(tinyCase(seed), statesMax) }));
    const against = verdicts.filter((each) => each.against.length > 0);
    expect(against.map(({ seed, against: sentences }) => ({ seed, sentences }))).toEqual([]);
    const worth = (name: string) => verdicts.filter((each) => each.worth === name).length;
    process.stdout.write(
      `tiny fleets: ${seeds.length}, optimum proved ${worth('proved')}, optimum without proof ${worth('unproved')}, ` +
        `dearer and not claimed ${worth('dearer')}, not searched to the end ${worth('unknown')}\n`,
    );
    // A generator or a search gone wrong would leave nothing to compare.
    expect(worth('unknown')).toBeLessThan(seeds.length / 20);
    expect(verdicts.filter(({ full }) => full).length).toBeGreaterThan(seeds.length / 4);
    expect(verdicts.filter(({ full }) => !full).length).toBeGreaterThan(seeds.length / 4);
  });
}
