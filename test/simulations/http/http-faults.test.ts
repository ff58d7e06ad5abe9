import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpFaults, type HttpFault } from '../../../simulations/http/http-faults.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { fleetObjects, node, zone } from '../../fixtures/fleet.ts';
import { manualClock } from './manual-clock.ts';

describe('the faults that are on', () => {
  it('strike only the requests that they name', () => {
    const faults = createHttpFaults(1, manualClock());
    faults.add({
      server: 'kubernetes',
      method: 'PATCH',
      path: '^/api/v1/nodes/',
      effect: { kind: 'close-after' },
    });
    expect(faults.strike('kubernetes', 'GET', '/api/v1/nodes/n1')).toBeUndefined();
    expect(faults.strike('patroni', 'PATCH', '/api/v1/nodes/n1')).toBeUndefined();
    expect(faults.strike('kubernetes', 'PATCH', '/api/v1/pods/n1')).toBeUndefined();
    expect(faults.strike('kubernetes', 'PATCH', '/api/v1/nodes/n1')).toEqual({ kind: 'close-after' });
  });

  it('end after so many requests', () => {
    const faults = createHttpFaults(1, manualClock());
    faults.add({ times: 2, effect: { kind: 'close-before' } });
    const struck = [1, 2, 3].map(() => faults.strike('kubernetes', 'GET', '/') !== undefined);
    expect(struck).toEqual([true, true, false]);
    expect(faults.list()).toEqual([]);
  });

  it('end after a while', () => {
    const clock = manualClock();
    const faults = createHttpFaults(1, clock);
    faults.add({ forMs: 1_000, effect: { kind: 'close-before' } });
    clock.advance(999);
    expect(faults.strike('kubernetes', 'GET', '/')).toBeDefined();
    clock.advance(1);
    expect(faults.strike('kubernetes', 'GET', '/')).toBeUndefined();
  });

  it('end when they are removed', () => {
    const faults = createHttpFaults(1, manualClock());
    const number = faults.add({ effect: { kind: 'close-before' } });
    faults.remove(number);
    expect(faults.strike('kubernetes', 'GET', '/')).toBeUndefined();
  });

  it('strike the same requests for the same seed, and about as often as their chance says', () => {
    const draw = (seed: number) => {
      const faults = createHttpFaults(seed, manualClock());
      faults.add({ probability: 0.3, effect: { kind: 'close-before' } });
      return Array.from({ length: 300 }, () => faults.strike('kubernetes', 'GET', '/') !== undefined);
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const struck = draw(7).filter(Boolean).length;
    expect(struck).toBeGreaterThan(60);
    expect(struck).toBeLessThan(120);
  });
});

describe('a served world under faults', () => {
  let world: World;
  let served: ServedWorld;
  beforeEach(async () => {
    world = createWorld({ objects: fleetObjects(zone('z1', node('n1'))).items });
    served = await serveWorld(world, { speed: 0 });
  });
  afterEach(async () => {
    await served.close();
  });
  const cordon = (signal?: AbortSignal) =>
    fetch(`${served.kubernetesUrl}/api/v1/nodes/n1`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: { unschedulable: true } }),
      ...(signal === undefined ? {} : { signal }),
    });
  const cordoned = () => world.store.get('Node', undefined, 'n1')?.spec.unschedulable === true;
  const add = (fault: Omit<HttpFault, 'times'>) => served.faults.add({ times: 1, ...fault });

  it('throttles with Retry-After and names no disruption budget', async () => {
    add({ effect: { kind: 'answer', status: 429, retryAfterSeconds: 3 } });
    const answer = await cordon();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('3');
    expect(await answer.text()).not.toContain('DisruptionBudget');
    expect(cordoned()).toBe(false);
  });

  it('throttles without Retry-After', async () => {
    add({ effect: { kind: 'answer', status: 429 } });
    const answer = await cordon();
    expect(answer.headers.has('retry-after')).toBe(false);
  });

  it.each([500, 503] as const)('fails with %i and does nothing', async (status) => {
    add({ effect: { kind: 'answer', status } });
    expect((await cordon()).status).toBe(status);
    expect(cordoned()).toBe(false);
  });

  it('closes before anything is done', async () => {
    add({ effect: { kind: 'close-before' } });
    await expect(cordon()).rejects.toThrow();
    expect(cordoned()).toBe(false);
  });

  it('closes after it is done: the answer is lost, the change is not', async () => {
    add({ effect: { kind: 'close-after' } });
    await expect(cordon()).rejects.toThrow();
    expect(cordoned()).toBe(true);
  });

  it('hangs and does nothing', async () => {
    add({ effect: { kind: 'hang', ms: 60_000 } });
    await expect(cordon(AbortSignal.timeout(100))).rejects.toThrow();
    expect(cordoned()).toBe(false);
    expect((await cordon()).status).toBe(200);
  });

  it('answers slowly what it has done at once', async () => {
    add({ effect: { kind: 'slow', ms: 150 } });
    const answer = cordon();
    await expect.poll(cordoned).toBe(true);
    expect((await answer).status).toBe(200);
  });

  it('takes faults from another process, and its side door is never struck', async () => {
    const door = `${served.simulationUrl}/simulation/faults`;
    const posted = await fetch(door, {
      method: 'POST',
      body: JSON.stringify({ effect: { kind: 'close-before' } }),
    });
    expect(posted.status).toBe(201);
    await expect(cordon()).rejects.toThrow();
    expect((await fetch(door, { method: 'DELETE' })).status).toBe(200);
    expect((await cordon()).status).toBe(200);
  });

  it.each([
    { effect: { kind: 'explode' } },
    { effect: { kind: 'close-before' }, path: '(' },
    { effect: { kind: 'close-before' }, probability: 2 },
    { effect: { kind: 'close-before' }, unknown: 1 },
    'nonsense',
  ])('refuses the fault %j', async (fault) => {
    const answer = await fetch(`${served.simulationUrl}/simulation/faults`, {
      method: 'POST',
      body: JSON.stringify(fault),
    });
    expect(answer.status).toBe(400);
    expect(served.faults.list()).toEqual([]);
  });
});
