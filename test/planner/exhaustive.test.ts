import { describe, expect, it } from 'vitest';
import type { DrainRequest } from '../../planner/plan.ts';
import { resolveRequest } from '../../planner/read/resolve-request.ts';
import { type Exhausted, exhaustiveSearch } from '../../planner/search/exhaustive.ts';
import { type Survey, surveyFleet } from '../../planner/survey/survey.ts';
import { act, logWidth } from '../../planner/yard/acts.ts';
import type { Yard } from '../../planner/yard/yard.ts';
import { cluster, clusterWith, drainRequest, member, node, statefulSet, zone } from '../fixtures/fleet.ts';
import type { FleetPart } from '../fixtures/fleet-parts.ts';
import { fleetOf } from '../fixtures/read.ts';
import { outline, planOf } from './plan-of.ts';

const plenty = 10_000;
/** Two pods of one core fill such a node. */
const two = { drain: true, cpu: '2' };
const ofOneCore = clusterWith({ cpu: '1' });
const onOne = (name: string) => statefulSet(`pod-${name}`, { on: [name], cpu: '1', volume: '1Gi' });
const atOnce = (drains: number) => ({ limits: { parallelDrainsPerZone: drains } });

function surveyOf(more: Partial<DrainRequest>, parts: readonly FleetPart[]): Survey {
  const fleet = fleetOf(...parts);
  const resolved = resolveRequest(drainRequest(more), fleet);
  if (resolved.kind === 'bad-input') throw new Error(JSON.stringify(resolved.problems));
  return surveyFleet(fleet, resolved.request);
}

function search(more: Partial<DrainRequest>, ...parts: readonly FleetPart[]): Exhausted {
  return exhaustiveSearch(surveyOf(more, parts), new Set(), plenty);
}

/** What was paid; undefined: not solved. */
function paidFor(more: Partial<DrainRequest>, ...parts: readonly FleetPart[]) {
  const found = search(more, ...parts);
  return found.kind === 'solved' ? found.paid : undefined;
}

function releasesByWave(yard: Yard): readonly number[] {
  const waves: number[] = [];
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    if (yard.log[entry] === act.wave) waves.push(0);
    if (yard.log[entry] === act.release) waves[waves.length - 1] = (waves.at(-1) ?? 0) + 1;
  }
  return waves;
}

describe('a drain for which there is no room', () => {
  const full = [zone('z1', node('n1', two), node('n2', two)), onOne('n1'), onOne('n2')] as const;
  const more = [statefulSet('more', { on: ['n1', 'n2'], cpu: '1', volume: '1Gi' })] as const;

  it('is impossible when every state was seen: two full nodes and no extra one', () => {
    expect(search({ surge: { default: 0 } }, ...full, ...more).kind).toBe('impossible');
  });

  it('refuses the nodes and says that every order was tried', () => {
    const plan = planOf(fleetOf(...full, ...more), drainRequest({ surge: { default: 0 } }));
    expect(plan.refusals.map(({ code, node: name, facts }) => [code, name, facts.tried])).toEqual([
      ['no-room', 'n1', 'all'],
      ['no-room', 'n2', 'all'],
    ]);
  });

  it('refuses no node that can be emptied beside those that are refused', () => {
    // In z1 nothing can move; the node of z2 has a kept one beside it.
    const plan = planOf(
      fleetOf(...full, ...more, zone('z2', node('n3', two), node('k3', { cpu: '2' })), onOne('n3')),
      drainRequest({ surge: { default: 0 } }),
    );
    expect(plan.refusals.map(({ node: name }) => name)).toEqual(['n1', 'n2']);
    expect(outline(plan)).toContain('release n3');
  });
});

describe('a drain without extra nodes but with a hole', () => {
  const holed = [zone('z1', node('n1', two), node('n2', two)), onOne('n1'), onOne('n2')] as const;

  it('parks a pod, gives its node back, and brings a new one', () => {
    expect(paidFor({ surge: { default: 0 } }, ...holed)).toEqual({
      outages: 0,
      switchovers: 0,
      parked: 1,
    });
  });

  it('is impossible where nothing may be parked', () => {
    expect(search({ surge: { default: 0 }, parking: false }, ...holed).kind).toBe('impossible');
    expect(search({ surge: { default: 0 }, hold: 'cordon' }, ...holed).kind).toBe('impossible');
  });

  it('parks nothing that it need not: with an extra node every pod moves once', () => {
    expect(paidFor({ surge: { default: 1 } }, ...holed)).toMatchObject({ parked: 0 });
  });
});

describe('two clusters whose primaries stand where the replica of the other does', () => {
  const circle = [
    zone('z1', node('n1', two)),
    zone('z2', node('n2', two)),
    cluster('acid-a', ofOneCore, member('n1', 'primary'), member('n2')),
    cluster('acid-b', ofOneCore, member('n2', 'primary'), member('n1')),
  ] as const;
  const weights = { clusters: { 'default/acid-a': { weight: 5 }, 'default/acid-b': { weight: 2 } } };

  it('pay once each with an extra node in both zones', () => {
    expect(paidFor(weights, ...circle)).toMatchObject({ outages: 0, switchovers: 7 });
  });

  it('pay one of them twice with one extra node for both, the cheaper one', () => {
    expect(paidFor({ ...weights, surge: { default: 1, total: 1 } }, ...circle)).toMatchObject({
      outages: 0,
      switchovers: 9,
    });
  });

  it('pay one of them twice when whole nodes are emptied one after the other', () => {
    expect(paidFor({ ...weights, mode: 'whole-nodes' }, ...circle)).toMatchObject({ switchovers: 9 });
  });

  it('are proved to pay no less when that is known: the search ends where nothing cheaper is left', () => {
    const survey = surveyOf({ ...weights, surge: { default: 1, total: 1 } }, circle);
    const known = { outages: 0, switchovers: 9 };
    expect(exhaustiveSearch(survey, new Set(), plenty, known).kind).toBe('none-cheaper');
    const dearer = { outages: 0, switchovers: 12 };
    expect(exhaustiveSearch(survey, new Set(), plenty, dearer)).toMatchObject({
      kind: 'solved',
      paid: { switchovers: 9 },
    });
  });

  it('says nothing when it has to give up', () => {
    const survey = surveyOf({ surge: { default: 1, total: 1 } }, circle);
    expect(exhaustiveSearch(survey, new Set(), 1)).toEqual({ kind: 'gave-up', states: 1 });
  });
});

describe('a primary that nobody can succeed', () => {
  const lone = (...kept: readonly FleetPart[]) =>
    [
      zone('z1', node('n1', two)),
      ...kept,
      cluster('acid-a', clusterWith({ cpu: '1', primaryBudget: 0 }), member('n1', 'primary')),
    ] as const;

  it('is restarted where the request says so', () => {
    expect(paidFor({ singleMember: 'restart' }, ...lone())).toMatchObject({ outages: 1, switchovers: 0 });
  });

  it('is relieved by a temporary member, in any zone that has room', () => {
    const more = { singleMember: 'scale-out', surge: { default: 0 } } as const;
    expect(paidFor(more, ...lone(zone('z2', node('k2'))))).toMatchObject({ outages: 0, switchovers: 1 });
  });

  it('is relieved for a time on a node that is drained later, where no other has room, and leads again', () => {
    const beside = clusterWith({ cpu: '1', antiAffinity: 'none' });
    const parts = [
      zone('z1', node('n1', { drain: true, cpu: '3' }), node('n2', { drain: true, cpu: '3' })),
      cluster('acid-a', beside, member('n1', 'primary')),
      cluster('acid-b', beside, member('n2', 'primary')),
    ] as const;
    const more = { singleMember: 'scale-out', surge: { default: 0 } } as const;
    expect(paidFor(more, ...parts)).toMatchObject({ outages: 0, switchovers: 3 });
    const lines = outline(planOf(fleetOf(...parts), drainRequest(more)));
    const parked = lines.find((line) => /^scale-out .* n[12]$/.test(line)) ?? 'nobody';
    const [, name = '', host = ''] = parked.split(' ');
    // Its fence is opened for the temporary member, which hands back before the node is emptied.
    expect(lines[lines.indexOf(parked) - 1]).toBe(`unfence ${host}`);
    expect(lines.indexOf(`scale-in ${name} ${host}`)).toBeLessThan(lines.indexOf(`release ${host}`));
    expect(lines).toContain(`scale-in ${name} ${host}`);
  });

  it('is restarted twice where it has to wait on a node that is drained later', () => {
    const parts = [
      zone('z1', node('n1', two), node('n2', two)),
      cluster('acid-a', clusterWith({ cpu: '1', primaryBudget: 0 }), member('n1', 'primary')),
      cluster('acid-b', clusterWith({ cpu: '1', primaryBudget: 0 }), member('n2', 'primary')),
    ] as const;
    const more = { singleMember: 'restart', surge: { default: 0 } } as const;
    expect(paidFor(more, ...parts)).toEqual({ outages: 3, switchovers: 0, parked: 1 });
    const plan = planOf(fleetOf(...parts), drainRequest(more));
    expect(plan.certificate.outages).toMatchObject({ bound: 3, value: 3, proved: true });
  });

  it('is never restarted instead: without room for the temporary member it is impossible', () => {
    const more = { singleMember: 'scale-out', surge: { default: 0 } } as const;
    expect(search(more, ...lone()).kind).toBe('impossible');
  });
});

describe('the waves of a search', () => {
  const nodes = ['n1', 'n2', 'n3', 'n4'] as const;
  const parts = [zone('z1', ...nodes.map((name) => node(name, two))), ...nodes.map(onOne)] as const;

  it('give back as many nodes of a zone at once as may be emptied together', () => {
    const found = search({ surge: { default: 4 }, ...atOnce(2) }, ...parts);
    expect(found.kind === 'solved' && releasesByWave(found.yard)).toEqual([2, 2]);
  });

  it('begin anew where a node can come only when another one is gone', () => {
    const found = search({ surge: { default: 1 }, parking: false, ...atOnce(4) }, ...parts);
    expect(found.kind === 'solved' && releasesByWave(found.yard)).toEqual([2, 2]);
  });

  it('give back nodes that were empty from the start within the same limit', () => {
    const empty = zone('z1', ...nodes.map((name) => node(name, two)));
    const found = search({ ...atOnce(1) }, empty, onOne('n4'));
    expect(found.kind === 'solved' && releasesByWave(found.yard)).toEqual([1, 1, 1, 1]);
  });
});

describe('what a search knows nothing about', () => {
  it('is a cluster in which only the synchronous standby may take over: who that is, Patroni decides', () => {
    const sync = clusterWith({ cpu: '1', synchronous: 'on' });
    const found = search(
      {},
      zone('z1', node('n1', two), node('n2', two), node('n3', two)),
      cluster('acid-a', sync, member('n1', 'primary'), member('n2', 'sync-standby'), member('n3')),
    );
    expect(found).toEqual({ kind: 'gave-up', states: 0 });
  });

  it('is a drain of more nodes than it looks at', () => {
    const many = Array.from({ length: 9 }, (_, index) => `n${index}`);
    const found = search({}, zone('z1', ...many.map((name) => node(name, two))));
    expect(found).toEqual({ kind: 'gave-up', states: 0 });
  });
});
