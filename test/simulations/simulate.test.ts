import { describe, expect, it } from 'vitest';
import { threeZones, threeZonesRequest } from '../../simulations/scenarios/three-zones.ts';
import { openWorld, simulate } from '../../simulations/simulate.ts';
import { drawFactor } from '../../simulations/world/durations.ts';
import { createRandom } from '../../simulations/world/random.ts';

const example = { objects: threeZones(), request: threeZonesRequest };

describe('rehearsals with different seeds', () => {
  it('take different times and cost the same role changes, and the same seed takes the same time again', async () => {
    const runs = await simulate({ ...example, strategies: ['planned'], runs: 4 });
    expect(new Set(runs.map(({ seconds }) => seconds)).size).toBeGreaterThan(1);
    for (const run of runs) expect(run).toMatchObject({ finished: true, switchovers: 3, failovers: 0 });
    const [again] = await simulate({ ...example, strategies: ['planned'], seed: 3 });
    expect(again).toEqual(runs[2]);
  });
});

describe('the chance in a duration', () => {
  it('leaves half of all cases below the usual time, one in twenty beyond 1.6 times, none beyond 2.2', () => {
    const random = createRandom(7);
    const factors = Array.from({ length: 2_000 }, () => drawFactor(random, 0.3)).sort((a, b) => a - b);
    expect(factors[1_000]).toBeGreaterThan(0.95);
    expect(factors[1_000]).toBeLessThan(1.05);
    expect(factors[1_900]).toBeGreaterThan(1.5);
    expect(factors[1_900]).toBeLessThan(1.75);
    expect(factors.at(-1)).toBeLessThan(2.2);
    expect(factors[0]).toBeGreaterThan(0.45);
  });

  it('depends on seed and case alone, not on what else was drawn', () => {
    const [one, other] = [openWorld(example, 1), openWorld(example, 1)];
    other.takesMs(10, 'boot:elsewhere');
    expect(other.takesMs(10, 'boot:x')).toBe(one.takesMs(10, 'boot:x'));
    expect(openWorld(example, 2).takesMs(10, 'boot:x')).not.toBe(one.takesMs(10, 'boot:x'));
  });

  it('can be taken out', () => {
    for (const seed of [1, 2]) {
      expect(openWorld({ ...example, durations: { spread: 0 } }, seed).takesMs(10, 'boot:x')).toBe(10_000);
    }
  });
});

describe('a node that comes', () => {
  it('has the size that the request gives its zone, and else that of the nodes there', () => {
    const replacement = { memory: '128Gi', perZone: { z1: { cpu: '32' } } };
    const world = openWorld({ ...example, request: { ...threeZonesRequest, replacement } }, 1);
    const before = new Set(world.store.list('Node').map((node) => node.metadata.name));
    for (const zone of ['z1', 'z2']) world.wantNode({ key: zone, zone, labels: {} });
    world.advanceTo(world.nowMs() + 600_000);
    const came = world.store.list('Node').filter((node) => !before.has(node.metadata.name));
    const usual = world.store.list('Node').find((node) => before.has(node.metadata.name))?.status
      ?.allocatable.cpu;
    expect(usual).not.toBe('32');
    expect(came.map(({ status }) => [status.allocatable.cpu, status.allocatable.memory])).toEqual([
      ['32', '128Gi'],
      [usual, '128Gi'],
    ]);
  });
});
