/**
 * The end of a deletion: an object is gone once nobody holds it by a finalizer any more.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
 */
import { kubernetesTime, type StoredObject } from './object-store.ts';
import type { World } from './world.ts';

/** Removes the object, or marks it as deleted and leaves it to those whose finalizers it bears: nothing of it runs any more. */
export function finishDeletion(world: World, { kind, metadata }: StoredObject): void {
  const { namespace, name } = metadata;
  const stored = world.store.get(kind, namespace, name);
  if (stored === undefined) return;
  if (!isHeld(stored)) {
    world.store.remove(kind, namespace, name);
    return;
  }
  world.store.update(kind, namespace, name, (draft) => {
    draft.metadata.deletionTimestamp ??= kubernetesTime(world.nowMs());
    draft.metadata.deletionGracePeriodSeconds = 0;
  });
}

/** True of what is stored no more with this change: it was deleted before, nothing of it runs, and its last finalizer is taken off. */
export function isLetGo(next: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = next.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && !isHeld(next);
}

/** Finalizers that controllers of a real cluster take off by themselves within moments; here nobody needs to wait for that. */
const shortLived: ReadonlySet<string> = new Set([
  'kubernetes.io/pv-protection',
  'kubernetes.io/pvc-protection',
  'batch.kubernetes.io/job-tracking',
]);

function isHeld({ metadata }: StoredObject): boolean {
  const finalizers: readonly string[] = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
  return finalizers.some((finalizer) => !shortLived.has(finalizer));
}
