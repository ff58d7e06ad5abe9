import { describe, expect, it } from 'vitest';
import { threeZones } from '../../../simulations/scenarios/three-zones.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';

function namesOf(world: World, cluster: string): readonly string[] {
  return [...world.pods.labelled('cluster-name', cluster)].map((pod) => pod.metadata.name).sort();
}

describe('pods by label', () => {
  it('are found as they are now: after pods came, went, and changed their labels', () => {
    const world = createWorld({ objects: threeZones() });
    expect(namesOf(world, 'acid-a')).toEqual(['acid-a-0', 'acid-a-1', 'acid-a-2']);
    world.store.remove('Pod', 'default', 'acid-a-2');
    world.store.update('Pod', 'default', 'acid-a-1', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, 'cluster-name': 'acid-x' };
    });
    expect(namesOf(world, 'acid-a')).toEqual(['acid-a-0']);
    expect(namesOf(world, 'acid-x')).toEqual(['acid-a-1']);
    world.advanceTo(world.nowMs() + 60_000);
    expect(namesOf(world, 'acid-a')).toEqual(['acid-a-0', 'acid-a-2']);
    expect(namesOf(world, 'nobody')).toEqual([]);
  });
});

describe('pods that a selector picks', () => {
  it('are found by the label that tells them apart, and are the same as by any other', () => {
    const world = createWorld({ objects: threeZones() });
    const matchLabels = { application: 'spilo', 'cluster-name': 'acid-a' };
    const picked = world.pods.selected('default', { matchLabels });
    expect(picked.map((pod) => pod.metadata.name)).toEqual(['acid-a-0', 'acid-a-1', 'acid-a-2']);
    expect(world.pods.selected(undefined, undefined)).toEqual([]);
    expect(world.pods.selected('default', {}).length).toBe(world.store.list('Pod', 'default').length);
  });
});
