import { describe, expect, it } from 'vitest';
import { missedBars, type Outcome, realTable } from '../../../simulations/real-postgres/real-outcome.ts';
import { threeZones } from '../../fixtures/fleet.ts';
import { fleetOf } from '../../planner/hand-plan.ts';
import { planOf } from '../../planner/plan-of.ts';

const clusters = { 'default/acid-a': 3, 'default/acid-b': 2, 'default/acid-c': 2 };
const once = { 'default/acid-a': 1, 'default/acid-b': 1, 'default/acid-c': 1 };

const kept: Outcome = {
  predicted: { clusters, total: 7 },
  naive: { clusters, total: 7, outages: 0, acknowledged: 9_000, lost: 0, gapsMs: [2_600, 2_700] },
  planned: {
    clusters: once,
    total: 3,
    outages: 0,
    acknowledged: 3_000,
    lost: 0,
    gapsMs: [1_500, 1_800, 1_600],
  },
  plan: planOf(fleetOf(threeZones())),
  run: { id: 'r1', state: 'finished', unplanned: 0 },
  bareGapsMs: [1_510, 1_400, 1_500],
};

describe('the outcome of a demo with real databases', () => {
  it('misses nothing when all is as predicted', () => {
    expect(missedBars(kept)).toEqual([]);
  });

  it('names each promise that was not kept', () => {
    const { naive, planned } = kept;
    const missed = (change: Partial<Outcome>): readonly string[] => missedBars({ ...kept, ...change });
    expect(missed({ naive: { ...naive, clusters: { ...clusters, 'default/acid-a': 2 }, total: 6 } })).toEqual(
      ['default/acid-a: 2 role changes of the naive rotation, 3 predicted'],
    );
    expect(missed({ planned: { ...planned, total: 4 } })).toEqual(['4 role changes as planned, 3 predicted']);
    expect(missed({ run: { ...kept.run, unplanned: 1 } })).toHaveLength(1);
    expect(missed({ run: { ...kept.run, state: 'halted' } })).toEqual(['run r1 is halted']);
    expect(missed({ planned: { ...planned, outages: 1 } })).toEqual(['a cluster was without a leader']);
    expect(missed({ naive: { ...naive, lost: 1 } })).toEqual(['acknowledged rows are lost']);
    expect(missed({ planned: { ...planned, acknowledged: 0 } })).toEqual(['no row was acknowledged']);
  });

  it('allows a planned switchover a fifth more than a bare one, and not more', () => {
    const longest = (ms: number): readonly string[] =>
      missedBars({ ...kept, planned: { ...kept.planned, gapsMs: [ms] } });
    expect(longest(1_812)).toEqual([]);
    expect(longest(1_850)).toEqual([
      "the longest gap of a planned switchover is 1.23 times a bare one's, at most 1.2",
    ]);
    // Without a bare one there is nothing to compare with.
    expect(missedBars({ ...kept, bareGapsMs: [] })).toHaveLength(1);
  });

  it('is printed as a table', () => {
    expect(realTable(kept).split('\n')).toEqual([
      'role changes       predicted     naive   planned      bare',
      'default/acid-a             3         3         1',
      'default/acid-b             2         2         1',
      'default/acid-c             2         2         1',
      'total                      7         7         3         3',
      'outages                              0         0',
      'rows acknowledged                 9000      3000',
      'rows lost                            0         0',
      'longest write gap               2.70 s    1.80 s    1.51 s',
    ]);
  });
});
