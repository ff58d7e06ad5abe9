import { expect, it } from 'vitest';
import { generateFleet } from '../../../simulations/generate-fleet.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';

it('a volume reaches the node where its pod has come, also one that does not say which claim it is bound to', () => {
  const { list } = generateFleet({ seed: 1, nodes: 6, clusters: 6, utilisation: 0.3, drained: 0 });
  // Without sets: the world works out from the pods what brings them back.
  const world = createWorld({ objects: list.items.filter(({ kind }) => kind !== 'StatefulSet') });
  expect(world.store.list('PersistentVolume').some(({ spec }) => spec?.claimRef !== undefined)).toBe(false);
  world.advanceTo(world.nowMs() + 2_000);
  const cluster = [...world.clusters.values()].find(({ members }) => members.size > 1);
  const replica = [...(cluster?.members.values() ?? [])].find(({ name }) => name !== cluster?.leader);
  if (replica === undefined) throw new Error('no replica');
  const before = world.store.get('Pod', replica.namespace, replica.name);
  const node = String(before?.spec?.nodeName);
  world.store.update('Node', undefined, node, (draft) => {
    draft.spec = { ...draft.spec, unschedulable: true };
  });
  world.deletePod(replica.namespace, replica.name);
  world.advanceTo(world.nowMs() + 120_000);
  const after = world.store.get('Pod', replica.namespace, replica.name);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  expect(after?.spec?.nodeName).not.toBe(node);
  expect(after?.status?.phase).toBe('Running');
});
