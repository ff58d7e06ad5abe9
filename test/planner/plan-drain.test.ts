import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../planner/model.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import {
  barePod,
  budget,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  drainRequest,
  member,
  node,
  statefulSet,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import { fleetOf, readList } from '../fixtures/read.ts';
import { outline, planOf } from './plan-of.ts';

/** Two zones with a node to drain each, and one to stay. */
const twoZones = [
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true }), node('k2')),
] as const;

const movesOf = (lines: readonly string[], pod: string) =>
  lines.filter((line) => line.startsWith(`move ${pod} `));

describe("the talk's example", () => {
  const plan = planOf(readList(threeZones()));
  const lines = outline(plan);

  it('costs one switchover for each cluster, proved minimal, where the naive rotation costs 3, 2 and 2', () => {
    expect(plan.certificate.switchovers).toMatchObject({ bound: 3, value: 3, proved: true });
    expect(plan.certificate.outages).toMatchObject({ bound: 0, value: 0, proved: true });
    expect(plan.summary.baselines.naive.clusters).toEqual({
      'default/acid-a': 3,
      'default/acid-b': 2,
      'default/acid-c': 2,
    });
  });

  it('is one wave of nine moves with one extra node a zone', () => {
    expect(plan.summary).toMatchObject({
      waves: 1,
      moves: 9,
      nodes: 3,
      surgeByZone: { z1: 1, z2: 1, z3: 1 },
    });
  });

  it('fences first, makes a replica final, switches over, and moves the former primary last', () => {
    expect(lines.slice(0, 3)).toEqual(['fence n1', 'fence n2', 'fence n3']);
    const order = [
      'move acid-a-1 n2 -> new-z2-1',
      'switchover acid-a acid-a-0 -> acid-a-1',
      'move acid-a-0 n1 -> new-z1-1',
    ];
    const places = order.map((line) => lines.indexOf(line));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('cordons a node only when no primary is left on it, and releases it last', () => {
    const cordon = lines.indexOf('cordon n1');
    expect(lines[cordon + 1]).toBe('release n1');
    expect(lines.slice(cordon).some((line) => line.startsWith('move acid-a-0'))).toBe(false);
  });

  it('leaves the primaries spread over the zones', () => {
    const targets = plan.steps.flatMap((step) =>
      step.kind === 'switchover' ? [step.because.facts.candidateNode] : [],
    );
    expect([...targets].sort()).toEqual(['new-z1-1', 'new-z2-1', 'new-z3-1']);
  });

  it('is the same to the byte from the same objects in another order', () => {
    const list = threeZones();
    const backwards = readList({ ...list, items: [...list.items].reverse() });
    expect(JSON.stringify(planOf(backwards))).toBe(JSON.stringify(plan));
  });
});

describe('primaries that somebody can succeed', () => {
  it('stay where they are when their node does', () => {
    const plan = planOf(fleetOf(...twoZones, cluster('acid-a', member('k2', 'primary'), member('n1'))));
    expect(plan.summary).toMatchObject({ switchovers: 0, moves: 1 });
    expect(plan.clusters['default/acid-a']?.because.code).toBe('primary-stays');
  });

  it('hand over to a replica on a kept node without moving it', () => {
    const plan = planOf(fleetOf(...twoZones, cluster('acid-a', member('n1', 'primary'), member('k2'))));
    expect(outline(plan)).toContain('switchover acid-a acid-a-0 -> acid-a-1');
    expect(plan.summary.moves).toBe(1);
  });

  it('never hand over to a member tagged nofailover', () => {
    const members = [
      member('n1', 'primary'),
      member('k2', 'replica', { tags: { nofailover: true } }),
      member('n2'),
    ];
    const plan = planOf(fleetOf(...twoZones, cluster('acid-a', ...members)));
    expect(outline(plan)).toContain('switchover acid-a acid-a-0 -> acid-a-2');
  });

  it('hand over to the member that is synchronous once the standby has been moved', () => {
    // Patroni makes the other replica the synchronous standby while this one is away, and leaves it at that.
    const members = [member('n1', 'primary'), member('n2', 'sync-standby'), member('k2')];
    const plan = planOf(
      fleetOf(...twoZones, cluster('acid-a', clusterWith({ synchronous: 'on' }), ...members)),
    );
    const lines = outline(plan);
    const moved = lines.findIndex((line) => line.startsWith('move acid-a-1'));
    expect(lines.slice(moved)).toContain('switchover acid-a acid-a-0 -> acid-a-2');
    expect(plan.summary.switchovers).toBe(1);
  });

  it('hand over to a member of unknown lag only after the plan has moved it', () => {
    const unknown = planOf(
      fleetOf(
        ...twoZones,
        cluster('acid-a', member('n1', 'primary'), member('n2', 'replica', { lag: null })),
      ),
    );
    const lines = outline(unknown);
    expect(lines.findIndex((line) => line.startsWith('move acid-a-1'))).toBeLessThan(
      lines.indexOf('switchover acid-a acid-a-0 -> acid-a-1'),
    );
    const kept = planOf(
      fleetOf(
        ...twoZones,
        cluster('acid-a', member('n1', 'primary'), member('k2', 'replica', { lag: null })),
      ),
    );
    expect(kept.refusals.map(({ code, node: name }) => [code, name])).toEqual([['no-candidate-now', 'n1']]);
    expect(kept.summary).toMatchObject({ switchovers: 0, outages: 0 });
  });

  it('hand over inside the window that the request gives their cluster', () => {
    const window = 'Sat 02:00-04:00 Europe/Berlin';
    const plan = planOf(
      fleetOf(...twoZones, cluster('acid-a', member('n1', 'primary'), member('k2'))),
      drainRequest({ clusters: { 'default/acid-a': { window } } }),
    );
    expect(plan.refusals).toEqual([]);
    expect(plan.steps.find((step) => step.kind === 'switchover')).toMatchObject({ window });
  });

  it('weigh what their cluster weighs', () => {
    const fleet = readList(threeZones());
    const plan = planOf(fleet, drainRequest({ clusters: { 'default/acid-a': { weight: 5 } } }));
    expect(plan.summary).toMatchObject({ switchovers: 3, weightedSwitchovers: 7 });
    expect(plan.certificate.switchovers).toMatchObject({ bound: 7, value: 7 });
  });
});

describe('primaries that nobody can succeed', () => {
  const single = (budgets?: { primaryBudget: number }): Fleet =>
    fleetOf(...twoZones, cluster('acid-a', clusterWith(budgets ?? {}), member('n1', 'primary')));

  it('are refused where their budget forbids the restart, and the budget is named', () => {
    const plan = planOf(single());
    expect(plan.refusals[0]).toMatchObject({ code: 'budget-forbids-restart', node: 'n1' });
    expect(plan.refusals[0]?.fix).toContain('postgres-acid-a-pdb');
    expect(outline(plan)).not.toContain('fence n1');
  });

  it('are restarted as an outage where the budget lets them', () => {
    const plan = planOf(single({ primaryBudget: 0 }));
    expect(outline(plan)).toContain('move acid-a-0 n1 -> new-z1-1 (outage)');
    expect(plan.certificate.outages).toMatchObject({ bound: 1, value: 1, proved: true });
  });

  it('get a temporary member that takes over where scale-out is asked for', () => {
    const plan = planOf(single(), drainRequest({ singleMember: 'scale-out' }));
    expect(outline(plan)).toEqual(
      expect.arrayContaining([
        // The kept node has room for it: no extra node is needed.
        'scale-out acid-a-1 k2',
        'switchover acid-a acid-a-0 -> acid-a-1',
        'scale-in acid-a-0 n1',
      ]),
    );
    expect(plan.summary).toMatchObject({ outages: 0, switchovers: 1 });
  });

  it('keep their node as it is with skip, and the rest is still planned', () => {
    const plan = planOf(single(), drainRequest({ singleMember: 'skip' }));
    expect(plan.refusals.map(({ code, node: name }) => [code, name])).toEqual([['single-member-skip', 'n1']]);
    expect(outline(plan)).toEqual(['fence n2', 'cordon n2', 'release n2']);
  });

  it('are also those of clusters that may not be switched over', () => {
    const fleet = fleetOf(
      ...twoZones,
      cluster('acid-a', clusterWith({ primaryBudget: 0 }), member('n1', 'primary'), member('n2')),
    );
    const never = (singleMember: 'restart' | 'skip') =>
      drainRequest({ clusters: { 'default/acid-a': { switchover: 'never', singleMember } } });
    expect(planOf(fleet, never('restart')).summary).toMatchObject({ outages: 1, switchovers: 0 });
    expect(planOf(fleet, never('skip')).refusals[0]).toMatchObject({ code: 'switchover-never', node: 'n1' });
  });
});

describe('nodes that cannot be emptied', () => {
  it('are those of a primary that has to be restarted and whose window is too short for that', () => {
    const alone = cluster('acid-a', clusterWith({ primaryBudget: 0 }), member('n1', 'primary'));
    const plan = planOf(
      fleetOf(...twoZones, alone),
      drainRequest({ clusters: { 'default/acid-a': { window: 'Sat 02:00-02:01 Europe/Berlin' } } }),
    );
    expect(plan.refusals.map(({ code, node: name }) => [code, name])).toEqual([['window-too-short', 'n1']]);
  });

  it('are those with a member of a cluster that has two primaries', () => {
    const plan = planOf(
      fleetOf(...twoZones, cluster('acid-a', member('n1', 'primary'), member('n2', 'primary'), member('k2'))),
    );
    expect(plan.refusals.map(({ code, node: name }) => [code, name])).toEqual([
      ['two-primaries', 'n1'],
      ['two-primaries', 'n2'],
    ]);
    expect(plan.steps).toEqual([]);
  });

  it('are those whose move would make a second member unavailable', () => {
    const sick = member('k2', 'replica', { ready: false });
    const plan = planOf(fleetOf(...twoZones, cluster('acid-a', member('n1', 'primary'), member('n2'), sick)));
    expect(plan.refusals.map(({ code }) => code)).toEqual(['member-not-healthy', 'member-not-healthy']);
  });

  it('are those with a member of a paused cluster: it would not start again', () => {
    const plan = planOf(
      fleetOf(
        ...twoZones,
        cluster('acid-a', clusterWith({ paused: true }), member('n1', 'primary'), member('k2')),
      ),
    );
    expect(plan.refusals[0]).toMatchObject({ code: 'paused-cluster', node: 'n1' });
    expect(plan.refusals[0]?.fix).toContain('patronictl resume');
  });

  it('are those with a pod that nothing would bring back', () => {
    expect(planOf(fleetOf(...twoZones, barePod('lonely', 'n1'))).refusals[0]).toMatchObject({
      code: 'bare-pod',
      node: 'n1',
    });
  });

  it('are those with a pod too large for any replacement', () => {
    const fleet = fleetOf(...twoZones, statefulSet('big', { on: ['n1'], cpu: '12', volume: '1Gi' }));
    const plan = planOf(fleet, drainRequest({ replacement: { cpu: '8' } }));
    expect(plan.refusals[0]).toMatchObject({ code: 'pod-fits-nowhere', node: 'n1', pods: ['default/big-0'] });
  });

  it('are those for whose pods no room can be made', () => {
    const plan = planOf(
      fleetOf(...twoZones, statefulSet('store', { on: ['n1'], volume: '1Gi' })),
      drainRequest({ surge: { default: 0 } }),
    );
    expect(plan.refusals[0]).toMatchObject({ code: 'no-room', node: 'n1' });
    expect(plan.refusals[0]?.fix).toContain('"z1": 1');
  });

  it('are those with a pod under two budgets, or under one that never opens', () => {
    const web = deployment('web', { on: ['n1', 'k2'], labels: { tier: 'front' } });
    const closed = budget('closed', { labels: { app: 'web' }, minAvailable: 2 });
    const second = budget('second', { labels: { tier: 'front' }, maxUnavailable: 1 });
    expect(planOf(fleetOf(...twoZones, web, closed)).refusals[0]).toMatchObject({
      code: 'budget-never-opens',
      node: 'n1',
    });
    expect(planOf(fleetOf(...twoZones, web, closed, second)).refusals[0]).toMatchObject({
      code: 'two-budgets',
      node: 'n1',
    });
  });
});

describe('steps that may not meet', () => {
  it('wait for each other where one budget guards their pods', () => {
    const web = deployment('web', { on: ['n1', 'n1', 'n1'], budget: { maxUnavailable: 1 } });
    const plan = planOf(fleetOf(...twoZones, web));
    const moves = plan.steps.filter((step) => step.kind === 'move');
    expect(moves).toHaveLength(3);
    expect(moves[1]?.after).toContain(moves[0]?.id);
    expect(moves[2]?.after).toContain(moves[1]?.id);
  });

  it('wait for each other where a StatefulSet is OrderedReady', () => {
    const plan = planOf(fleetOf(...twoZones, statefulSet('queue', { on: ['n1', 'n1'] })));
    const [first, second] = plan.steps.filter((step) => step.kind === 'move');
    expect(second?.after).toContain(first?.id);
  });

  it('are the add-node and the release that makes its place', () => {
    const zones = [zone('z1', node('n1', { drain: true }), node('n2', { drain: true }))];
    const full = statefulSet('store', { on: ['n1', 'n2'], cpu: '12' });
    const plan = planOf(fleetOf(...zones, full));
    const released = plan.steps.find((step) => step.kind === 'release');
    const second = plan.steps.filter((step) => step.kind === 'add-node')[1];
    expect(second?.after).toContain(released?.id);
    expect(plan.certificate.waves).toMatchObject({ bound: 2, value: 2, proved: true });
  });
});

describe('the modes of a request', () => {
  it('cordons at the start instead of fencing with hold "cordon"', () => {
    const plan = planOf(readList(threeZones()), drainRequest({ hold: 'cordon' }));
    expect(outline(plan).slice(0, 3)).toEqual(['cordon n1', 'cordon n2', 'cordon n3']);
    expect(plan.steps.some((step) => step.kind === 'fence')).toBe(false);
  });

  it('moves only the pods of one node at a time with whole-nodes', () => {
    const plan = planOf(readList(threeZones()), drainRequest({ mode: 'whole-nodes' }));
    const from = plan.steps.flatMap((step) => (step.kind === 'move' ? [step.from] : []));
    expect(from.filter((name, index) => name !== from[index - 1])).toHaveLength(3);
    expect(plan.certificate.switchovers).toMatchObject({ value: 3, proved: true });
  });

  it('brings replacements of the size the request names, less the DaemonSets of the zone', () => {
    const store = statefulSet('store', { on: ['n1'], cpu: '8', volume: '1Gi' });
    const fleet = fleetOf(...twoZones, store, daemonSet('agent', { cpu: '100m' }));
    const request = (cpu: string) => drainRequest({ replacement: { cpu } });
    expect(planOf(fleet, request('8')).refusals[0]).toMatchObject({ code: 'pod-fits-nowhere' });
    expect(movesOf(outline(planOf(fleet, request('8100m'))), 'store-0')).toHaveLength(1);
  });

  it('answers a request that does not fit the fleet with its problems', () => {
    const answer = planDrain(readList(threeZones()), drainRequest({ surge: { perZone: { z9: 1 } } }));
    expect(answer).toMatchObject({ kind: 'bad-input', problems: [{ field: 'surge.perZone.z9' }] });
  });

  it('plans nothing twice: a node without pods is closed and released', () => {
    expect(outline(planOf(fleetOf(zone('z1', node('n1', { drain: true })))))).toEqual([
      'fence n1',
      'cordon n1',
      'release n1',
    ]);
  });
});
