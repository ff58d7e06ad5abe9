import { describe, expect, it } from 'vitest';
import {
  isWell,
  leaderOf,
  recordLeaders,
  syncStandbyOf,
} from '../../../simulations/real-postgres/leader-lock.ts';
import { wantedClusters } from '../../../simulations/real-postgres/starting-objects.ts';
import { threeZones } from '../../../simulations/scenarios/three-zones.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';

const [acidA] = wantedClusters();
if (acidA === undefined) throw new Error('the demo has clusters');

/** Nobody but the test writes about the clusters, as Patroni would. */
function worldOf(): World {
  const containers = { runs: () => true, start: () => {}, stop: (_: unknown, gone: () => void) => gone() };
  return createWorld({ objects: threeZones({ synchronous: true }), seed: 1, containers });
}

function note(world: World, name: string, notes: Readonly<Record<string, string>>): void {
  const written = world.store.update('Endpoints', 'default', name, (draft) => {
    draft.metadata.annotations = notes;
  });
  if (written === undefined)
    world.store.create({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace: 'default', annotations: notes },
    });
}

describe('the record of leaders', () => {
  it('counts who takes over, and neither the first lock nor one that is renewed or taken back', () => {
    const world = worldOf();
    const { changes, outages } = recordLeaders(world, [acidA]);
    for (const leader of ['acid-a-0', 'acid-a-0', undefined, 'acid-a-0', undefined, 'acid-a-1'])
      note(world, 'acid-a', leader === undefined ? {} : { leader });
    expect(changes).toMatchObject([
      { cluster: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-1', kind: 'failover' },
    ]);
    expect(outages()).toBe(0);
  });

  it('calls it a switchover where one was asked for, and looks at no other cluster', () => {
    const world = worldOf();
    const { changes } = recordLeaders(world, [acidA]);
    note(world, 'acid-a', { leader: 'acid-a-0' });
    note(world, 'acid-a-failover', { leader: 'acid-a-0', member: 'acid-a-2' });
    note(world, 'acid-b', { leader: 'acid-b-2' });
    note(world, 'acid-a', { leader: 'acid-a-2' });
    expect(changes).toMatchObject([{ from: 'acid-a-0', to: 'acid-a-2', kind: 'switchover' }]);
  });

  it('says who leads, who is synchronous, and that a cluster without either is not well', () => {
    const world = worldOf();
    expect([leaderOf(world, acidA), syncStandbyOf(world, acidA), isWell(world, acidA)]).toEqual([
      'acid-a-0',
      'acid-a-1',
      true,
    ]);
    note(world, 'acid-a-sync', { leader: 'acid-a-0', sync_standby: '' });
    expect([syncStandbyOf(world, acidA), isWell(world, acidA)]).toEqual([undefined, false]);
    // The word of who led before, which stands until the new leader has its own standby.
    note(world, 'acid-a-sync', { leader: 'acid-a-1', sync_standby: 'acid-a-0' });
    expect([syncStandbyOf(world, acidA), isWell(world, acidA)]).toEqual([undefined, false]);
    note(world, 'acid-a-sync', { leader: 'acid-a-0', sync_standby: 'acid-a-2' });
    note(world, 'acid-a', {});
    expect([leaderOf(world, acidA), isWell(world, acidA)]).toEqual([undefined, false]);
  });
});
