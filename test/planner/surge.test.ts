import { describe, expect, it } from 'vitest';
import { explainFinding } from '../../planner/explain/explain-finding.ts';
import type { Outcome } from '../../planner/findings/outcome.ts';
import { type Surge, whatMoreSurgeBuys } from '../../planner/findings/what-more-surge-buys.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainRequest } from '../../planner/plan.ts';
import { cluster, drainRequest, member, node, statefulSet, zone } from '../fixtures/fleet.ts';
import { loadTinyFleet } from '../fixtures/load.ts';
import { fleetOf, readList } from '../fixtures/read.ts';
import { planOf } from './plan-of.ts';

/** What is said about surge, with what would mend it. */
const said = (fleet: Fleet, request: DrainRequest) =>
  planOf(fleet, request)
    .findings.filter(({ code }) => code.startsWith('surge-'))
    .map((finding) => [finding.code, finding.severity, explainFinding(finding), finding.fix]);

/** A node to drain in z1, full of a pod whose volume stays there, and one to keep in z2. */
const full = fleetOf(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('k2')),
  statefulSet('store', { on: ['n1'], cpu: '12', volume: '1Gi' }),
);

describe('surge that is too small', () => {
  it('says what one more node would save', () => {
    const { fleet, request } = loadTinyFleet('30-zero-surge-all-primaries');
    expect(said(readList(fleet), request)).toEqual([
      [
        'surge-too-small',
        'costs',
        'one more node at a time in zone z1 (1 instead of 0) would save 1 switchover',
        '"surge": {"perZone": {"z1": 1}}',
      ],
    ]);
  });

  it('speaks of the cap over all zones where that is what holds, and of weights where they count', () => {
    const { fleet, request } = loadTinyFleet('04-weights-global-1');
    expect(said(readList(fleet), request)).toEqual([
      [
        'surge-too-small',
        'costs',
        'one more node at a time (2 instead of 1 in all zones together) would save 1 switchover (2 by weight)',
        '"surge": {"total": 2}',
      ],
    ]);
  });

  it('names the nodes that could be emptied with one more', () => {
    expect(said(full, drainRequest({ surge: { default: 0 } }))).toEqual([
      [
        'surge-too-small',
        'stops',
        'one more node at a time in zone z1 (1 instead of 0) would empty n1 too',
        '"surge": {"perZone": {"z1": 1}}',
      ],
    ]);
  });

  it('is not said of a plan that costs no cluster more than its minimum, nor where more would not help', () => {
    const acid = cluster('acid-a', member('n1', 'primary'), member('k2'));
    const zones = [zone('z1', node('n1', { drain: true }), node('k1')), zone('z2', node('k2'))] as const;
    expect(said(fleetOf(...zones, acid), drainRequest({ surge: { default: 0 } }))).toEqual([]);
    const never = drainRequest({ surge: { default: 0 }, limits: { maxNewNodesPerZone: 0 } });
    expect(said(full, never)).toEqual([]);
  });

  it('is said without numbers where planning again would take too long', () => {
    const names = Array.from({ length: 13 }, (_, index) => `n${index + 1}`);
    const many = fleetOf(
      zone('z1', ...names.map((name) => node(name, { drain: true }))),
      statefulSet('store', { on: names, cpu: '12', volume: '1Gi' }),
    );
    expect(said(many, drainRequest({ surge: { default: 0 } }))).toEqual([
      [
        'surge-too-small',
        'stops',
        'zone z1 has 13 nodes to be drained and may have no extra node',
        '"surge": {"perZone": {"z1": 1}}',
      ],
    ]);
  });
});

describe('surge in the wrong zone', () => {
  it('is named with the zone that needs it, and with what a node there would empty', () => {
    expect(said(full, drainRequest({ surge: { perZone: { z1: 0, z2: 1 } } }))).toEqual([
      [
        'surge-in-wrong-zone',
        'stops',
        'zone z1 has 1 node to be drained and may have no extra node, while z2 may have more than it needs; one here would empty n1 too',
        '"surge": {"perZone": {"z1": 1, "z2": 0}}',
      ],
    ]);
  });

  it('is no finding where kept nodes have room enough', () => {
    const roomy = fleetOf(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('k2')),
      statefulSet('store', { on: ['n1'], volume: '1Gi' }),
    );
    expect(said(roomy, drainRequest({ surge: { perZone: { z1: 0, z2: 1 } } }))).toEqual([]);
  });
});

describe('what more surge buys', () => {
  const now: Outcome = {
    refused: ['n4'],
    lacksRoom: true,
    outages: 0,
    weightedSwitchovers: 5,
    switchovers: 5,
    parked: 0,
    isAboveMinimum: true,
  };
  const surge: Surge = { byZone: { z1: 1, z2: 1 }, total: null };
  const buy = (planWith: (surge: Surge) => Outcome, plansMax = 4) =>
    whatMoreSurgeBuys(now, surge, ['z1', 'z2'], planWith, plansMax);

  it('is the cheapest of the zones, nodes before switchovers', () => {
    const bought = buy(({ byZone }) =>
      byZone.z1 === 2
        ? { ...now, weightedSwitchovers: 3, switchovers: 3 }
        : { ...now, refused: [], weightedSwitchovers: 7, switchovers: 7 },
    );
    expect(bought?.place).toEqual({ kind: 'zone', zone: 'z2' });
    expect(bought?.saves).toEqual({ empties: ['n4'] });
  });

  it('is a node more in every zone where no single one helps', () => {
    const bought = buy(({ byZone }) => (byZone.z1 === 2 && byZone.z2 === 2 ? { ...now, refused: [] } : now));
    expect(bought).toMatchObject({ place: { kind: 'every-zone' }, surge: { byZone: { z1: 2, z2: 2 } } });
  });

  it('is nothing where nothing helps, and no more plans are made than allowed', () => {
    let plans = 0;
    const count = () => {
      plans += 1;
      return now;
    };
    expect(buy(count, 2)).toBeUndefined();
    expect(plans).toBe(2);
  });
});
