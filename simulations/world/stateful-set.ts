/**
 * The StatefulSet controller: ordinals from spec.ordinals.start on; with OrderedReady nothing is created above a member
 * that is missing or not ready.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-management-policies
 */
import type { StoredObject } from './object-store.ts';
import { podFromTemplate } from './pod-template.ts';
import { hasEnded, isReady, isTerminating } from './read-objects.ts';
import type { World } from './world.ts';

/** Creates what is missing and removes what is too much, as far as the order allows now. */
export function reconcileStatefulSet(world: World, set: StoredObject): void {
  const first = Number(set.spec?.ordinals?.start ?? 0);
  const replicas = Number(set.spec?.replicas ?? 1);
  const ordered = (set.spec?.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady';
  const pods = new Map(world.pods.ownedBy(set.metadata.uid).map((pod) => [pod.metadata.name, pod]));
  for (let ordinal = first; ordinal < first + replicas; ordinal += 1) {
    const name = `${set.metadata.name}-${ordinal}`;
    const pod = pods.get(name);
    pods.delete(name);
    if (pod === undefined) {
      createMember(world, set, name, ordinal);
      if (ordered) break;
    } else if (hasEnded(pod) && !isTerminating(pod)) {
      world.deletePod(pod.metadata.namespace ?? '', name);
      if (ordered) break;
    } else if (ordered && (isTerminating(pod) || !isReady(pod))) break;
  }
  removeSurplus(world, set, first, replicas);
  writeStatus(world, set);
}

/** Pods outside the wanted ordinals go, the highest first and one at a time. */
function removeSurplus(world: World, set: StoredObject, first: number, replicas: number): void {
  const surplus = world.pods
    .ownedBy(set.metadata.uid)
    .map((pod) => ({ pod, ordinal: Number(pod.metadata.name.slice(set.metadata.name.length + 1)) }))
    .filter(({ ordinal }) => ordinal < first || ordinal >= first + replicas)
    .sort((one, other) => other.ordinal - one.ordinal)[0];
  if (surplus !== undefined && !isTerminating(surplus.pod)) {
    world.deletePod(surplus.pod.metadata.namespace ?? '', surplus.pod.metadata.name);
  }
}

function createMember(world: World, set: StoredObject, name: string, ordinal: number): void {
  const namespace = set.metadata.namespace ?? '';
  // A pod of that name that belongs to somebody else, or is still going, has to be gone first.
  if (world.store.get('Pod', namespace, name) !== undefined) return;
  const templates: readonly StoredObject[] = set.spec?.volumeClaimTemplates ?? [];
  const pod = podFromTemplate(set, name, {
    generateName: `${set.metadata.name}-`,
    labels: {
      'apps.kubernetes.io/pod-index': String(ordinal),
      'statefulset.kubernetes.io/pod-name': name,
      ...(set.status?.updateRevision === undefined
        ? {}
        : { 'controller-revision-hash': String(set.status.updateRevision) }),
    },
  });
  const claims = templates.map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: `${template.metadata.name}-${name}` },
  }));
  const others: readonly { name: string }[] = pod.spec.volumes ?? [];
  const kept = others.filter((volume) => !claims.some((claim) => claim.name === volume.name));
  pod.spec = { ...pod.spec, hostname: name, subdomain: set.spec?.serviceName, volumes: [...claims, ...kept] };
  for (const template of templates) createClaim(world, set, template, `${template.metadata.name}-${name}`);
  world.store.create(pod);
}

/** Claims outlive their pods: only a missing one is created. */
function createClaim(world: World, set: StoredObject, template: StoredObject, name: string): void {
  world.store.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: set.metadata.namespace ?? '',
      labels: { ...set.spec?.selector?.matchLabels, ...template.metadata.labels },
    },
    spec: { ...template.spec },
    status: { phase: 'Pending' },
  });
}

function writeStatus(world: World, set: StoredObject): void {
  const pods = world.pods.ownedBy(set.metadata.uid);
  const ready = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length;
  const { replicas, readyReplicas } = set.status ?? {};
  if (replicas === pods.length && readyReplicas === ready) return;
  world.store.updateStatus('StatefulSet', set.metadata.namespace, set.metadata.name, (draft) => {
    draft.status = {
      ...draft.status,
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: pods.length,
      updatedReplicas: pods.length,
    };
  });
}
