/** A dump for planning has no Namespaces, and a real server has no object outside of one: they are made when somebody first asks for one. */

import type { World } from '../world/world.ts';

const found = new WeakSet<World>();

/** A Namespace that is Active for every one that an object of the world names, and for `default`. */
export function findNamespaces(world: World): void {
  if (found.has(world)) return;
  found.add(world);
  const names = new Set(['default']);
  for (const kind of world.store.kinds())
    for (const { metadata } of world.store.all(kind))
      if (metadata.namespace !== undefined) names.add(metadata.namespace);
  for (const name of [...names].sort())
    world.store.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
}
