import { describe, expect, it } from 'vitest';
import { loadNamedFleets, loadRandomFleets, type TinyFleet } from '../fixtures/load.ts';
import { readList } from '../fixtures/read.ts';
import { askedFor, readPuzzle, refusedAnyway } from './puzzle.ts';
import { type Optimum, solve } from './solve.ts';

function solveTiny({ fleet: list, request }: TinyFleet): Optimum {
  const fleet = readList(list);
  const closed = new Set(refusedAnyway(fleet, request));
  const drained = new Set(askedFor(fleet, request).filter((name) => !closed.has(name)));
  return solve(readPuzzle(fleet, request, drained, closed), 100_000);
}

// The optima were found by another search, with every switchover, node and release a move of its own. All sixty fleets are
// small enough.
describe('trying everything finds what another search has proved', () => {
  for (const tiny of [...loadNamedFleets(), ...loadRandomFleets()]) {
    const { optimum } = tiny;
    it(`${tiny.name} ${optimum === undefined ? 'cannot be emptied' : `costs ${optimum.outages} outages and ${optimum.weightedSwitchovers} weighted switchovers`}`, () => {
      const found = solveTiny(tiny);
      if (optimum === undefined) expect(found.kind).toBe('impossible');
      else
        expect(found).toMatchObject({
          kind: 'solved',
          outages: optimum.outages,
          switchovers: optimum.weightedSwitchovers,
        });
    });
  }
});
