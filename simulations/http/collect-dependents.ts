/**
 * The garbage collector: what an object owned goes after it, pods gracefully.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
 */
import { controllerOf } from '../world/read-objects.ts';
import type { World } from '../world/world.ts';

/** Removes what the owner of that UID, which is gone, controlled. */
export function collectDependents(world: World, uid: string): void {
  for (const pod of world.pods.ownedBy(uid)) world.deletePod(pod.metadata.namespace ?? '', pod.metadata.name);
  for (const set of world.store.list('ReplicaSet')) {
    if (controllerOf(set)?.uid !== uid) continue;
    world.store.remove('ReplicaSet', set.metadata.namespace, set.metadata.name);
    collectDependents(world, set.metadata.uid);
  }
}
