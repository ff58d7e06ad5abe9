import { describe, expect, it } from 'vitest';
import { toPodView } from '../../executor/kubernetes/translate.ts';
import { podViews } from '../../simulations/pod-views.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';

const fleet = fleetObjects(
  zone('z1', node('n1')),
  zone('z2', node('n2')),
  cluster('acid-a', member('n1', 'primary'), member('n2')),
);

describe('views of pods that are remembered', () => {
  it('are the same as those made anew, after loops of Patroni, changes of notes and a failover', () => {
    const world = createWorld({ objects: fleet.items });
    const remembered = podViews();
    const versions = new Set<string>();
    const compare = (): void => {
      for (const pod of world.store.list('Pod')) {
        expect(remembered(pod)).toEqual(toPodView(pod));
        versions.add(`${pod.metadata.name} ${pod.metadata.resourceVersion}`);
      }
    };
    compare();
    for (let loop = 1; loop <= 5; loop += 1) {
      world.advanceTo(world.nowMs() + 11_000);
      compare();
    }
    world.store.updateNotes('Pod', 'default', 'acid-a-0', ({ annotations }) => ({
      annotations: { ...annotations, 'kubernetes.io/config.mirror': 'x' },
    }));
    compare();
    world.store.updateNotes('Pod', 'default', 'acid-a-0', ({ labels }) => ({
      labels: { ...labels, team: 'billing' },
    }));
    compare();
    world.failOver('default/acid-a', 'acid-a-1');
    for (let second = 1; second <= 30; second += 1) {
      world.advanceTo(world.nowMs() + 1_000);
      compare();
    }
    expect(versions.size).toBeGreaterThan(15);
  });
});
