import { describe, expect, it } from 'vitest';
import { comparePlan } from './compare.ts';
import { askedFor, readPuzzle, refusedAnyway } from './puzzle.ts';
import { solve } from './solve.ts';
import { solvePlainly } from './solve-plainly.ts';
import { tinyCase } from './tiny-fleet.ts';

/** A search this long says nothing; ordinary ones end within some hundred states. */
const statesMax = 20_000;

/** Enough for every wish of a request to be met several times, and done in seconds. More: `npm run test:deep -- planner`. */
const seeds = Array.from({ length: 400 }, (_, index) => index + 1);

/**
 * Fleets with so little room that the planner refuses a node that trying everything can empty. Each is one that a person would
 * have to work at: sizes that leave no choice, or parking on a node that is emptied later.
 */
const refusedInNeed: readonly number[] = [25, 270];

describe('the plan of a tiny fleet from a seed', () => {
  it('is valid, refuses no node that can be emptied, and costs the least where it says so or zones have an extra node', {
    timeout: 60_000,
  }, () => {
    const verdicts = seeds.map((seed) => ({ seed, ...comparePlan(tinyCase(seed), statesMax) }));
    const against = verdicts.filter((each) => each.against.length > 0);
    const unexpected = against.filter(({ seed }) => !refusedInNeed.includes(seed));
    expect(unexpected.map(({ seed, against: sentences }) => ({ seed, sentences }))).toEqual([]);
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
});

describe('the quick search', () => {
  it('finds what a search without any shortcut finds', { timeout: 60_000 }, () => {
    const ends = { solved: 0, impossible: 0 };
    for (const seed of seeds.slice(0, 150)) {
      const { fleet, request } = tinyCase(seed);
      const closed = new Set(refusedAnyway(fleet, request));
      const drained = new Set(askedFor(fleet, request).filter((name) => !closed.has(name)));
      const puzzle = readPuzzle(fleet, request, drained, closed);
      const plainly = solvePlainly(puzzle, 500);
      if (plainly === 'gave-up') continue;
      const quickly = solve(puzzle, statesMax);
      if (plainly === 'impossible') ends.impossible += 1;
      else ends.solved += 1;
      if (plainly === 'impossible') expect(quickly.kind, `seed ${seed}`).toBe('impossible');
      else expect(quickly, `seed ${seed}`).toMatchObject({ kind: 'solved', ...plainly });
    }
    expect(Math.min(ends.solved, ends.impossible)).toBeGreaterThan(5);
  });
});
