import { describe, expect, it } from 'vitest';
import { judgeBars } from './bars.ts';
import { families, roundsOfAllKinds, suiteFleet } from './families.ts';
import { judgeFleet } from './judge-fleet.ts';
import { barLines, tableOf, wrongFleets } from './report.ts';

/** The first of each of the small families: a few seconds. */
const numbers = Array.from({ length: families.length }, (_, number) => number).filter((number) => {
  const { nodes, surge, utilisation, together } = suiteFleet(number).family;
  return nodes <= 12 || (nodes <= 30 && !together && surge !== 'in all' && utilisation <= 0.75);
});

describe('the fleets of the suite', () => {
  it('are of every kind within six rounds of each family', () => {
    for (const [index, family] of families.entries()) {
      const rounds = Array.from({ length: roundsOfAllKinds }, (_, round) => round);
      const kinds = rounds.map((round) => {
        const fleet = suiteFleet(index + round * families.length);
        expect(fleet.family).toBe(family);
        return `${fleet.wanted.bound} ${fleet.wanted.drained}`;
      });
      expect(new Set(kinds).size).toBe(roundsOfAllKinds);
    }
    const first = families.map((_, index) => suiteFleet(index).wanted);
    expect(new Set(first.map((wanted) => wanted.bound)).size).toBe(3);
    expect(new Set(first.map((wanted) => wanted.zones)).size).toBe(5);
    expect(new Set(first.map((wanted) => wanted.readyLabel)).size).toBe(2);
  });

  it('get plans as good as asked. All fleets: npm run test:deep -- suite', { timeout: 120_000 }, () => {
    const judged = numbers.map(judgeFleet);
    const verdicts = judgeBars(judged);
    const missed = verdicts.filter(({ met }) => !met);
    process.stdout.write(`${tableOf(judged)}\n${wrongFleets(judged)}${barLines(verdicts)}`);
    expect(missed.map(({ bar, measured }) => `${bar.name}: ${measured}`)).toEqual([]);
  });
});
