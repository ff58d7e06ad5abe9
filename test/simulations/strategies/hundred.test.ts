import { expect, it } from 'vitest';
import { simulate } from '../../../simulations/simulate.ts';
import { loadSnapshot } from '../../fixtures/load.ts';

it('a fleet of a hundred nodes and 400 clusters is replaced with one switchover a cluster', {
  // Half an hour of a hundred nodes takes some fifteen seconds of an idle machine.
  timeout: 300_000,
}, async () => {
  const { fleet, request } = loadSnapshot('hundred');
  const [planned] = await simulate({ objects: [fleet], request, strategies: ['planned'] });
  expect(planned).toMatchObject({
    finished: true,
    switchovers: 400,
    failovers: 0,
    outages: 0,
    evictions: 1230,
    violations: [],
  });
  expect(new Set(Object.values(planned?.roleChanges ?? {}))).toEqual(new Set([1]));
});
