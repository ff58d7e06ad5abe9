import { describe, expect, it } from 'vitest';
import { requestForRest } from '../../executor/rest-of-fleet.ts';
import type { DrainRequest } from '../../planner/plan.ts';
import { drainRequest, fleetObjects, node, zone } from '../fixtures/fleet.ts';
import { readList } from '../fixtures/read.ts';

/** One node more than at the start in z1, one less in z2. */
const fleet = readList(
  fleetObjects(
    zone('z1', node('n1'), node('n2'), node('x1')),
    zone('z2', node('n3')),
    zone('z3', node('n4')),
  ),
);
const liveByZone = new Map([
  ['z1', 2],
  ['z2', 2],
  ['z3', 1],
]);
const restOf = (request: Partial<DrainRequest>, more: Partial<Parameters<typeof requestForRest>[2]> = {}) =>
  requestForRest(drainRequest(request), ['n1'], { liveByZone, ...more }, fleet);

describe('the request for what is left of a run', () => {
  it('asks for the surge that is left, by zone and in total: extra nodes count, missing ones may come back', () => {
    expect(restOf({ surge: { default: 2, total: 3 } }).surge).toMatchObject({
      perZone: { z1: 1, z2: 3, z3: 2 },
      total: 3,
    });
    expect(restOf({ surge: { default: 0 } }).surge?.perZone).toEqual({ z1: 0, z2: 1, z3: 0 });
  });

  it('counts nodes that were asked for and may still come as if they were there', () => {
    const awaited = new Map([['z3', 1]]);
    expect(restOf({ surge: { default: 1 } }, { awaited }).surge?.perZone).toEqual({ z1: 0, z2: 2, z3: 0 });
  });

  it('allows as many new nodes as are left of the limit for the whole run', () => {
    const brought = new Map([
      ['z1', 2],
      ['z2', 5],
    ]);
    const awaited = new Map([['z3', 1]]);
    const left = (maxNewNodesPerZone: NonNullable<DrainRequest['limits']>['maxNewNodesPerZone']) =>
      restOf({ limits: { maxNewNodesPerZone } }, { brought, awaited }).limits?.maxNewNodesPerZone;
    expect(left(3)).toEqual({ z1: 1, z2: 0, z3: 2 });
    expect(left({ z1: 3 })).toEqual({ z1: 1 });
    expect(left(null)).toBe(null);
    expect(restOf({}).limits).toEqual(drainRequest({}).limits);
  });
});
