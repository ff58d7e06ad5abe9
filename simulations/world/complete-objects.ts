/**
 * A dump holds what planning needs, not all that makes a fleet move. This adds what is missing: owners that bring pods back,
 * claims and volumes in the zone where their pod stands, and the attachments of those volumes.
 */
import { copyJson } from './copy-json.ts';
import type { StoredObject } from './object-store.ts';
import { ObjectsByKind } from './objects-by-kind.ts';
import { hashText } from './random.ts';
import { claimNamesOf, controllerOf, hasEnded, nodeNameOf, zoneOf } from './read-objects.ts';
import { zoneTerm } from './scheduler.ts';

/**
 * Returns the objects of a dump (Lists flattened), of one name the last one, with uid and resourceVersion where a hand-written one lacks them. What needs
 * nothing is returned as it is: nothing stored ever changes, and a copy of a large fleet is a second one in memory.
 * `roleLabel`: the fleet's own, if it has one.
 */
export function completeObjects(dumped: readonly unknown[], roleLabel?: string): ObjectsByKind {
  const objects: StoredObject[] = [];
  for (const one of dumped) flattenInto(objects, one);
  const known = new ObjectsByKind();
  for (const object of objects) known.put(object);
  const pods = objects.filter((object) => object.kind === 'Pod');
  for (const owner of missingOwners(pods, known, roleLabel)) known.add(owner);
  const areAttachmentsKnown = known.has('VolumeAttachment');
  for (const pod of pods) {
    const node = known.get('Node', undefined, nodeNameOf(pod) ?? '');
    for (const claim of claimNamesOf(pod)) {
      const volume = addMissingVolume(pod, claim, node, known);
      if (volume !== undefined && !areAttachmentsKnown) addAttachment(pod, volume, known);
    }
  }
  return known;
}

function flattenInto(objects: StoredObject[], object: unknown): void {
  const one = object as StoredObject & { items?: unknown[] };
  if (one.kind !== 'List') objects.push(withIdentity(one));
  else for (const each of one.items ?? []) flattenInto(objects, each);
}

function withIdentity(object: StoredObject): StoredObject {
  const { uid, resourceVersion, creationTimestamp } = object.metadata;
  if (isSet(uid) && isSet(resourceVersion) && isSet(creationTimestamp)) return object;
  const hash = hashText(keyOf(object)).toString(16).padStart(8, '0');
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: uid ?? `${hash}-0000-4000-8000-000000000000`,
      resourceVersion: resourceVersion ?? '1',
      creationTimestamp: creationTimestamp ?? '2026-11-22T00:00:00Z',
    },
  };
}

/** Files written by hand may say null. */
function isSet(text: string | null | undefined): boolean {
  return text !== undefined && text !== null;
}

function keyOf(object: StoredObject): string {
  return keyText(object.kind, object.metadata.namespace, object.metadata.name);
}

function keyText(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** An owner that is not in the dump wants as many pods as it has, each like the first of them. */
function missingOwners(
  pods: readonly StoredObject[],
  known: ObjectsByKind,
  roleLabel: string | undefined,
): readonly StoredObject[] {
  const groups = new Map<string, StoredObject[]>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined || !OWNER_KINDS.has(owner.kind) || hasEnded(pod)) continue;
    if (known.get(owner.kind, pod.metadata.namespace, owner.name) !== undefined) continue;
    const key = keyText(owner.kind, pod.metadata.namespace, owner.name);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pod]);
    else group.push(pod);
  }
  return [...groups.values()].flatMap((group) => {
    const pod = group[0];
    const owner = pod === undefined ? undefined : controllerOf(pod);
    return pod === undefined || owner === undefined ? [] : [ownerLike(pod, owner, group.length, roleLabel)];
  });
}

const OWNER_KINDS: ReadonlySet<string> = new Set(['StatefulSet', 'ReplicaSet', 'DaemonSet', 'Job']);

/** Labels that belong to one pod and not to its template. */
const OWN_LABELS: ReadonlySet<string> = new Set([
  'apps.kubernetes.io/pod-index',
  'statefulset.kubernetes.io/pod-name',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'spilo-role',
  'role',
]);

function ownerLike(
  pod: StoredObject,
  owner: { kind: string; name: string; uid: string; apiVersion: string },
  count: number,
  roleLabel: string | undefined,
): StoredObject {
  const labels = Object.fromEntries(
    Object.entries(pod.metadata.labels ?? {}).filter(([key]) => !OWN_LABELS.has(key) && key !== roleLabel),
  );
  const { nodeName: _node, hostname: _hostname, affinity, ...spec } = copyJson(pod.spec ?? {});
  const { nodeAffinity: _pinned, ...otherAffinity } = affinity ?? {};
  return {
    apiVersion: owner.apiVersion ?? 'apps/v1',
    kind: owner.kind,
    metadata: {
      name: owner.name,
      ...(pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace }),
      uid: owner.uid,
      resourceVersion: '1',
      creationTimestamp: pod.metadata.creationTimestamp,
      generation: 1,
    },
    spec: {
      replicas: count,
      ...(owner.kind === 'Job' ? { parallelism: count, completions: count } : {}),
      selector: { matchLabels: labels },
      // A DaemonSet pod is pinned to its node by its affinity; its template is not.
      template: {
        metadata: { labels },
        spec: {
          ...spec,
          affinity: owner.kind === 'DaemonSet' ? otherAffinity : (affinity ?? {}),
          volumes: (spec.volumes ?? []).filter(
            (volume: { persistentVolumeClaim?: unknown }) =>
              owner.kind !== 'StatefulSet' || volume.persistentVolumeClaim === undefined,
          ),
        },
      },
      ...(owner.kind === 'StatefulSet'
        ? {
            podManagementPolicy: 'OrderedReady',
            serviceName: owner.name,
            volumeClaimTemplates: claimTemplatesOf(pod),
          }
        : {}),
    },
    status: { replicas: count, readyReplicas: count },
  };
}

/** Claims named <template>-<pod> come from a template of the set. */
function claimTemplatesOf(pod: StoredObject): unknown[] {
  return claimNamesOf(pod)
    .filter((claim) => claim.endsWith(`-${pod.metadata.name}`))
    .map((claim) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim.slice(0, -pod.metadata.name.length - 1) },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
    }));
}

// Nothing stored ever changes: what is the same in tens of thousands of objects is one.
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } };
const capacity = { storage: '10Gi' };
const bound = { phase: 'Bound' };
const attached = { attached: true };
const affinities = new Map<string, unknown>();

function affinityTo(zone: string): unknown {
  const known = affinities.get(zone) ?? { required: zoneTerm(zone) };
  affinities.set(zone, known);
  return known;
}

/** A claim or volume that is not in the dump stands where its pod stands. Returns the name of the volume, if the claim is bound. */
function addMissingVolume(
  pod: StoredObject,
  claim: string,
  node: StoredObject | undefined,
  known: ObjectsByKind,
): string | undefined {
  const namespace = pod.metadata.namespace ?? '';
  const stored = known.get('PersistentVolumeClaim', namespace, claim);
  const volumeName: unknown = stored === undefined ? `pv-${namespace}-${claim}` : stored.spec?.volumeName;
  if (volumeName === undefined || volumeName === null) return undefined;
  const volume = String(volumeName);
  const common = { resourceVersion: '1', creationTimestamp: pod.metadata.creationTimestamp };
  if (stored === undefined)
    known.add({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace, uid: uidFrom(`claim:${namespace}/${claim}`), ...common },
      spec: { ...claimSpec, volumeName: volume },
      status: bound,
    });
  if (node !== undefined && known.get('PersistentVolume', undefined, volume) === undefined)
    known.add({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume, uid: uidFrom(`volume:${volume}`), ...common },
      spec: {
        claimRef: { kind: 'PersistentVolumeClaim', namespace, name: claim },
        capacity,
        nodeAffinity: affinityTo(zoneOf(node)),
      },
      status: bound,
    });
  return volume;
}

function addAttachment(pod: StoredObject, volume: string, known: ObjectsByKind): void {
  const node = nodeNameOf(pod);
  if (node === undefined || hasEnded(pod)) return;
  known.add({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: {
      name: `csi-${hashText(`${volume}@${node}`).toString(16)}-${volume}`,
      uid: uidFrom(`attachment:${volume}@${node}`),
      resourceVersion: '1',
      creationTimestamp: pod.metadata.creationTimestamp,
    },
    spec: { attacher: 'ebs.csi.aws.com', nodeName: node, source: { persistentVolumeName: volume } },
    status: attached,
  });
}

function uidFrom(text: string): string {
  const [one, two, three, four] = [
    hexadecimal(text, 0),
    hexadecimal(text, 1),
    hexadecimal(text, 2),
    hexadecimal(text, 3),
  ];
  return `${one}-${two.slice(0, 4)}-4${two.slice(5)}-8${three.slice(1, 4)}-${three.slice(4)}${four}`;
}

const partBegins = [0, 1, 2, 3].map((part) => hashText(`${part}:`));

/** Eight digits that follow from `part:text`. */
function hexadecimal(text: string, part: number): string {
  return hashText(text, partBegins[part]).toString(16).padStart(8, '0');
}
