/**
 * The world of the recordings before the first of them: the objects of recorded-fleet.ts with all replicas and their owners, so that
 * budgets count as they did. What was made later (a replacement, the pod that cannot be scheduled) comes later.
 */
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { recordedAtMs, recordedObjects } from './recorded-fleet.ts';
import type { Json } from './recorded-shapes.ts';
import { recorded } from './recordings.ts';

type Named = Json & { readonly kind: string; readonly metadata: Json & { readonly name: string } };
type Pod = Named & { readonly spec: Json; readonly status: Json };

export const evictedMeanwhile = 'free-86969874-nfx9g';
export const replacement = 'free-86969874-hqljt';

const later: readonly string[] = ['pending', 'free-86969874-fn7bz'];

/** Pods that recorded-fleet.ts has under no recorded name, or under the name of the one that replaced them. */
const renamed: Readonly<Record<string, string>> = {
  [replacement]: evictedMeanwhile,
  'roomy-b7bfc578-zzzzz': 'roomy-b7bfc578-vvw92',
  'mixed-ok-d44c4c87b-a': 'mixed-ok-d44c4c87b-cq5ns',
  'mixed-ok-d44c4c87b-b': 'mixed-ok-d44c4c87b-wxzhl',
};
const twins: Readonly<Record<string, string>> = {
  'sick-default-754ccc5647-cjszd': 'sick-default-754ccc5647-twin1',
};

/** Opens it. Nobody replaces pods by themselves: their names would be others than the recorded ones. */
export function recordedBeginning(): World {
  const objects = (recordedObjects() as Named[]).filter(({ metadata }) => !later.includes(metadata.name));
  const pods = objects.filter((one): one is Pod => one.kind === 'Pod' && one.metadata.namespace === 'rec');
  const others = objects.filter((one) => !pods.some((pod) => pod === one)).map(asRecorded);
  const all = pods.flatMap((pod) => replicasOf(pod)).map(withOwner);
  const sets = new Map(all.map((pod) => [setOf(pod), pod]));
  return createWorld({
    objects: [
      ...others,
      ...otherNodes(),
      ...all,
      ...[...sets].map(([name, pod]) => replicaSet(name, pod, all)),
    ],
    controllers: ['nodes', 'scheduler', 'budgets', 'kubelets'],
    startMs: recordedAtMs,
  });
}

function replicasOf(pod: Pod): readonly Pod[] {
  const { name } = pod.metadata;
  const twin = twins[name];
  const own = named(pod, renamed[name] ?? name);
  return twin === undefined ? [own] : [own, named(pod, twin)];
}

function named(pod: Pod, name: string): Pod {
  const isOther = name !== pod.metadata.name;
  return { ...pod, metadata: { ...pod.metadata, name, ...(isOther ? { uid: `uid-of-pod-${name}` } : {}) } };
}

function setOf({ metadata }: Named): string {
  return metadata.name.replace(/-[^-]+$/, '');
}

/** Also of pods that come later. */
export function ownedBy(name: string): Json {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name,
    uid: `uid-of-replicaset-${name}`,
    controller: true,
  };
}

function withOwner(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [ownedBy(setOf(pod))] } };
}

function replicaSet(name: string, { metadata }: Pod, all: readonly Pod[]): Json {
  const replicas = all.filter((pod) => setOf(pod) === name).length;
  const { labels } = metadata;
  const own = { name, namespace: 'rec', uid: `uid-of-replicaset-${name}`, resourceVersion: '1800' };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: own,
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels } } },
  };
}

/** Budgets as they were written; recorded-fleet.ts writes all of them with minAvailable, and two under other names. */
function asRecorded(object: Named): Named {
  if (object.kind !== 'PodDisruptionBudget') return object;
  const name = object.metadata.name.replace(/^twice-a$/, 'twice-1').replace(/^twice-b$/, 'twice-2');
  const { minAvailable: _least, ...spec } = object.spec as Json;
  return {
    ...object,
    metadata: { ...object.metadata, name },
    ...(name === 'roomy' ? { spec: { ...spec, maxUnavailable: 1 } } : {}),
  };
}

function otherNodes(): readonly Json[] {
  const { metadata, ...node } = recorded('kubernetes/029-node-get').response.body as Named;
  return ['old-z2', 'old-z3'].map((name) => ({
    ...node,
    metadata: { ...metadata, name, uid: `uid-of-node-${name}` },
  }));
}
