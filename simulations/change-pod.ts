/** Holds of pods as ports.ts names them, on the store: the patch is the real adapter's. */
import { holdPatch } from '../executor/kubernetes/holds.ts';
import type { KubernetesPort, PodChangeAnswer } from '../executor/ports.ts';
import { annotationsOf, labelsOf } from './world/read-objects.ts';
import type { World } from './world/world.ts';

type Change = Parameters<KubernetesPort['changePod']>;

/** 'gone': no pod of this UID. 'conflict': it changed since it was looked at. Already so: 'done'. */
export function changePod(world: World, pod: Change[0], change: Change[1]): PodChangeAnswer {
  const stored = world.store.get('Pod', pod.namespace, pod.name);
  if (stored === undefined || stored.metadata.uid !== pod.uid) return { kind: 'gone' };
  const { resourceVersion } = stored.metadata;
  if (pod.resourceVersion !== undefined && pod.resourceVersion !== resourceVersion)
    return { kind: 'conflict' };
  const patch = holdPatch({ labels: labelsOf(stored), annotations: annotationsOf(stored) }, change);
  if (patch === 'already-so') return { kind: 'done' };
  world.store.update('Pod', pod.namespace, pod.name, (draft) => {
    draft.metadata.labels = merged(labelsOf(draft), patch.labels);
    draft.metadata.annotations = merged(annotationsOf(draft), patch.annotations);
  });
  return { kind: 'done' };
}

function merged(
  texts: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const kept = { ...texts };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete kept[key];
    else kept[key] = value;
  }
  return kept;
}
