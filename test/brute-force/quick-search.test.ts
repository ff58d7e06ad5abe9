import { describe, expect, it } from 'vitest';
import { askedFor, readPuzzle, refusedAnyway } from './puzzle.ts';
import { solve } from './solve.ts';
import { solvePlainly } from './solve-plainly.ts';
import { tinyCase } from './tiny-fleet.ts';

/** A search this long says nothing; ordinary ones end within some hundred states. */
const statesMax = 20_000;
const seeds = Array.from({ length: 150 }, (_, index) => index + 1);

describe('the quick search', () => {
  it('finds what a search without any shortcut finds', { timeout: 60_000 }, () => {
    const ends = { solved: 0, impossible: 0 };
    for (const seed of seeds) {
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
