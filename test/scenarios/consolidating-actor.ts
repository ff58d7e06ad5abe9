/**
 * Consolidation as Karpenter does it: a node that is not closed by others and on which no pod asks not to be disrupted is tainted, and
 * its pods are evicted. Here it has its eye on one node. https://karpenter.sh/docs/concepts/disruption/#consolidation
 */

import type { World } from '../../simulations/world/world.ts';

const LOOKS_EVERY_MS = 1_000;

/** Starts it once `isTime` says so; returns the nodes that it has disrupted. */
export function startConsolidation(world: World, node: string, isTime: () => boolean): readonly string[] {
  const disrupted: string[] = [];
  const look = (): void => {
    if (isTime() && !disrupted.includes(node) && isFree(world, node)) {
      disrupted.push(node);
      world.store.update('Node', undefined, node, (draft) => {
        draft.spec.taints = [
          ...(draft.spec.taints ?? []),
          { key: 'karpenter.sh/disrupted', effect: 'NoSchedule' },
        ];
      });
      for (const { metadata } of world.pods.onNode(node))
        world.evict(metadata.namespace ?? '', metadata.name, {});
    }
    world.clock.after(LOOKS_EVERY_MS, look);
  };
  look();
  return disrupted;
}

function isFree(world: World, node: string): boolean {
  return [...world.pods.onNode(node)].every(
    ({ metadata }) => metadata.annotations?.['karpenter.sh/do-not-disrupt'] !== 'true',
  );
}
