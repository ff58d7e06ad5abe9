import { describe, expect, it } from 'vitest';
import { threeZones } from '../../../simulations/scenarios/three-zones.ts';
import type { Containers } from '../../../simulations/world/containers.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { StoredObject } from '../../../simulations/world/object-store.ts';
import { annotationsOf, isReady, isTerminating, labelsOf } from '../../../simulations/world/read-objects.ts';
import type { World } from '../../../simulations/world/world.ts';

type Run = { readonly uid: string; readonly probed: (ready: boolean) => void };

/** The containers of acid-a are run by somebody else, who tells what he was asked to do. */
function worldOf(stopped: (gone: () => void) => void): { world: World; started: Run[] } {
  const started: Run[] = [];
  const containers: Containers = {
    runs: (pod) => labelsOf(pod)['cluster-name'] === 'acid-a',
    start: ({ metadata: { uid } }, probed) => void started.push({ uid, probed }),
    stop: (_pod, gone) => stopped(gone),
  };
  return { world: createWorld({ objects: threeZones(), seed: 1, containers }), started };
}

const podOf = (world: World): StoredObject | undefined => world.store.get('Pod', 'default', 'acid-a-1');
const later = (world: World, seconds: number): void => world.advanceTo(world.nowMs() + seconds * 1_000);

describe('a pod whose containers are run by somebody else', () => {
  it('stays until he says that nothing of it runs any more, and its next pod is started by him too', () => {
    const waiting: (() => void)[] = [];
    const { world, started } = worldOf((gone) => waiting.push(gone));
    const before = podOf(world)?.metadata.uid;
    world.deletePod('default', 'acid-a-1');
    later(world, 600);
    expect(podOf(world)?.metadata.uid).toBe(before);
    expect(waiting).toHaveLength(1);
    expect(started).toEqual([]);
    world.store.update('Node', undefined, 'n2', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, 'lifecycle-status': 'ready' };
    });
    waiting[0]?.();
    later(world, 60);
    const pod = podOf(world);
    expect(pod?.metadata.uid).not.toBe(before);
    expect(started.map(({ uid }) => uid)).toEqual([pod?.metadata.uid]);
  });

  it('is as ready as he says', () => {
    const { world, started } = worldOf((gone) => gone());
    world.store.update('Node', undefined, 'n2', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, 'lifecycle-status': 'ready' };
    });
    world.deletePod('default', 'acid-a-1');
    later(world, 60);
    const ready = (): boolean => {
      const pod = podOf(world);
      return pod !== undefined && !isTerminating(pod) && isReady(pod);
    };
    expect(ready()).toBe(false);
    started[0]?.probed(true);
    expect(ready()).toBe(true);
    started[0]?.probed(false);
    expect(ready()).toBe(false);
  });

  it('is none of the simulated Patroni, which neither answers for it nor writes about it', () => {
    const { world } = worldOf((gone) => gone());
    const said = (name: string): string | undefined =>
      annotationsOf(world.store.get('Pod', 'default', name) ?? ({ metadata: {} } as StoredObject)).status;
    const before = [said('acid-a-0'), said('acid-b-0')];
    later(world, 60);
    expect([...world.clusters.keys()]).toEqual(['default/acid-b', 'default/acid-c']);
    expect(world.patroniRequest('default', 'acid-a-0', { method: 'GET', path: '/cluster' }).kind).toBe(
      'no-answer',
    );
    expect(said('acid-a-0')).toBe(before[0]);
    expect(said('acid-b-0')).not.toBe(before[1]);
  });
});
