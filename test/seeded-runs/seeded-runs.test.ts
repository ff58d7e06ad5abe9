import { describe, expect, it } from 'vitest';
import { huntOne } from './hunt-bugs.ts';
import { plantedBugs } from './planted-bugs.ts';
import { playSeed } from './play-seed.ts';
import { playTwoRuns } from './play-two-runs.ts';

const seeds = Array.from({ length: 500 }, (_, index) => index + 1);

/** Seeds that have found a mistake of the executor, or one of their judges. */
const foundOnce = [
  716, 3_860, 5_823, 38_290, 41_028, 45_444, 57_016, 89_939, 218_792, 226_207, 228_832, 408_264, 413_931,
  502_489, 904_735, 929_919, 952_123, 1_046_444, 1_125_980,
];

describe('runs on a bad day', () => {
  it('do nothing that must not be, and end for a true reason: 500 seeds', { timeout: 300_000 }, async () => {
    const bad: { readonly seed: number; readonly violations: readonly string[] }[] = [];
    const ends = new Map<string, number>();
    const happened = new Set<string>();
    for (const seed of seeds) {
      const played = await playSeed(seed);
      if (played.violations.length > 0) bad.push({ seed, violations: played.violations });
      ends.set(played.end, (ends.get(played.end) ?? 0) + 1);
      for (const kind of played.happened) happened.add(kind);
    }
    expect(bad).toEqual([]);
    // Troubles that never come, or that nobody survives, would show nothing.
    expect(ends.get('finished: finished')).toBeGreaterThan(seeds.length / 2);
    expect(ends.size).toBeGreaterThan(3);
    expect(happened.size).toBeGreaterThan(10);
  });

  it('do nothing that must not be where they once did', async () => {
    const bad: { readonly seed: number; readonly violations: readonly string[] }[] = [];
    for (const seed of foundOnce) bad.push({ seed, violations: (await playSeed(seed)).violations });
    expect(bad).toEqual(foundOnce.map((seed) => ({ seed, violations: [] })));
  });

  it('are the same whenever they are played', async () => {
    const [one, other] = [await playSeed(7, true), await playSeed(7, true)];
    expect(one.trace.length).toBeGreaterThan(50);
    expect(one).toEqual(other);
  });
});

describe('two runs of ours on one fleet', () => {
  it("keep out of each other's way, whenever the second begins: 60 seeds", { timeout: 120_000 }, async () => {
    const bad: { readonly seed: number; readonly violations: readonly string[] }[] = [];
    let both = 0;
    for (const seed of seeds.slice(0, 60)) {
      const { violations, happened } = await playTwoRuns(seed);
      if (violations.length > 0) bad.push({ seed, violations });
      if (happened.includes('second-run')) both += 1;
    }
    expect(bad).toEqual([]);
    expect(both).toBeGreaterThan(20);
  });
});

describe('a planted bug', () => {
  it('is found, if it is one that shows soon', { timeout: 120_000 }, async () => {
    const bug = plantedBugs.findIndex(({ name }) => name === 'an act that is done before it is written down');
    expect((await huntOne({ bug, first: 1, seeds: 20 })).seed).toBeDefined();
  });
});
