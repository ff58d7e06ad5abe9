import { describe, expect, it } from 'vitest';
import { threeZones, threeZonesRequest } from '../../../simulations/scenarios/three-zones.ts';
import { simulate } from '../../../simulations/simulate.ts';
import { loadSnapshot } from '../../fixtures/load.ts';

const example = { objects: threeZones(), request: threeZonesRequest };

describe("the talk's example", () => {
  it('fails over 3, 2 and 2 times when its nodes are decommissioned one after another', async () => {
    const [naive] = await simulate({ ...example, strategies: ['naive'] });
    expect(naive).toMatchObject({
      finished: true,
      roleChanges: { 'default/acid-a': 3, 'default/acid-b': 2, 'default/acid-c': 2 },
      failovers: 7,
      outages: 0,
    });
  });

  it('costs one switchover each when the plan is carried out, and breaks no rule', async () => {
    const [planned] = await simulate({ ...example, strategies: ['planned'] });
    expect(planned).toMatchObject({
      finished: true,
      roleChanges: { 'default/acid-a': 1, 'default/acid-b': 1, 'default/acid-c': 1 },
      switchovers: 3,
      failovers: 0,
      outages: 0,
      violations: [],
    });
  });

  it('never comes to an end with kubectl drain: the primaries stay where they are', async () => {
    const [drained] = await simulate({ ...example, strategies: ['kubectl-drain'] });
    expect(drained).toMatchObject({ finished: false, stuck: 'n1 still holds acid-a-0, acid-b-0' });
  });

  it('comes out the same from the same seed', async () => {
    const twice = await Promise.all([simulate({ ...example, seed: 5 }), simulate({ ...example, seed: 5 })]);
    expect(twice[0]).toEqual(twice[1]);
  });
});

describe('a dump of a real fleet', () => {
  it.each(['three-zones', 'twelve'] as const)(
    '%s is carried out with one switchover a cluster',
    async (name) => {
      const { fleet, request } = loadSnapshot(name);
      const [planned] = await simulate({ objects: [fleet], request, strategies: ['planned'] });
      expect(planned).toMatchObject({ finished: true, failovers: 0, outages: 0, violations: [] });
      expect(new Set(Object.values(planned?.roleChanges ?? {}))).toEqual(new Set([1]));
    },
  );
});
