/**
 * What pods of the simulated world look like to the executor, each version of a pod translated once. Patroni rewrites the position of every
 * member in every loop: such a version is seen as the one before, but for its resourceVersion.
 */
import { toPodView } from '../executor/kubernetes/translate.ts';
import type { PodView } from '../executor/ports.ts';
import type { StoredObject } from './world/object-store.ts';

type Seen = { readonly object: StoredObject; readonly view: PodView };

/** Returns a translation that remembers. A stored object never changes, so what it looks like is worked out once. */
export function podViews(): (pod: StoredObject) => PodView {
  /** By `spec`, which the versions of a pod share until somebody changes more than notes. */
  const latest = new WeakMap<object, Seen>();
  return (pod) => {
    const spec: object = pod.spec ?? pod;
    const before = latest.get(spec);
    if (before?.object === pod) return before.view;
    const view =
      before !== undefined && differsInPositionAlone(before.object, pod)
        ? { ...before.view, resourceVersion: pod.metadata.resourceVersion }
        : toPodView(pod);
    latest.set(spec, { object: pod, view });
    return view;
  };
}

function differsInPositionAlone(before: StoredObject, now: StoredObject): boolean {
  if (before.status !== now.status) return false;
  const [one, other] = [before.metadata, now.metadata];
  for (const field in other)
    if (field !== 'annotations' && field !== 'resourceVersion' && one[field] !== other[field]) return false;
  for (const field in one) if (!(field in other)) return false;
  return areSameButForPosition(one.annotations ?? {}, other.annotations ?? {});
}

function areSameButForPosition(one: Record<string, string>, other: Record<string, string>): boolean {
  const keys = Object.keys(other);
  if (Object.keys(one).length !== keys.length) return false;
  return keys.every((key) => {
    const [was, is] = [one[key], other[key]];
    return was === is || (key === 'status' && withoutPosition(was) === withoutPosition(is));
  });
}

function withoutPosition(status: string | undefined): string | undefined {
  return status?.replace(/"xlog_location":\d+/, '');
}
