/**
 * The attach-detach controller: a volume has to leave the old node before it can reach the new one, and both take time.
 * https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import type { StoredObject } from './object-store.ts';
import { hashText } from './random.ts';
import { claimNamesOf, hasEnded, nodeNameOf, phaseOf } from './read-objects.ts';
import type { World } from './world.ts';

/** Attaches and detaches volumes as pods come and go. */
export function startVolumes(world: World): void {
  world.store.onChange((event) => {
    if (event.object.kind !== 'Pod') return;
    const node = nodeNameOf(event.object);
    if (node === undefined || claimNamesOf(event.object).length === 0) return;
    if (event.type === 'DELETED') {
      for (const volume of volumesOf(world, event.object)) releaseVolume(world, volume, node);
      return;
    }
    if (!hasEnded(event.object))
      for (const volume of volumesOf(world, event.object)) attach(world, volume, node);
  });
  for (const pod of world.store.all('Pod')) noteWaiting(world, pod);
}

/** A dump may be of a moment at which a volume had not left the node where its pod stood before. */
function noteWaiting(world: World, pod: StoredObject): void {
  const node = nodeNameOf(pod);
  if (node === undefined || phaseOf(pod) !== 'Pending') return;
  for (const volume of volumesOf(world, pod))
    if (world.attachments.holdersOf(volume).length > 0) world.attachments.wait(volume, node);
}

/** Names of the bound volumes of a pod. */
export function volumesOf(world: World, pod: StoredObject): readonly string[] {
  return claimNamesOf(pod).flatMap((claim) => {
    const name = world.store.get('PersistentVolumeClaim', pod.metadata.namespace, claim)?.spec?.volumeName;
    return typeof name === 'string' ? [name] : [];
  });
}

/** True when every volume of the pod is attached to its node. */
export function volumesAttached(world: World, pod: StoredObject): boolean {
  const node = nodeNameOf(pod) ?? '';
  return volumesOf(world, pod).every(
    (volume) =>
      world.store.get('VolumeAttachment', undefined, world.attachments.of(volume, node) ?? '')?.status
        ?.attached === true,
  );
}

function attach(world: World, volume: string, node: string): void {
  const holders = world.attachments.holdersOf(volume);
  // ReadWriteOnce: nobody else may hold it. Its release calls back here.
  if (holders.length > 0) {
    if (!holders.includes(node)) world.attachments.wait(volume, node);
    return;
  }
  const name = `csi-${hashText(`${volume}@${node}`).toString(16).padStart(8, '0')}${volume.slice(-12)}`;
  const created = world.store.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name },
    spec: { attacher: 'ebs.csi.aws.com', nodeName: node, source: { persistentVolumeName: volume } },
    status: { attached: false },
  });
  if (created.kind === 'exists') return;
  const seconds = world.faults.volumeAttachSeconds ?? world.durations.volumeAttachSeconds;
  world.clock.after(world.takesMs(seconds, `attach:${created.object.metadata.uid}`), () =>
    world.store.updateStatus('VolumeAttachment', undefined, name, (draft) => {
      draft.status = { attached: true };
    }),
  );
}

/** Detaches after a while, unless a pod that uses the volume came back to the same node meanwhile. */
function releaseVolume(world: World, volume: string, node: string): void {
  const seconds = world.faults.volumeDetachSeconds ?? world.durations.volumeDetachSeconds;
  const detach = `detach:${volume}@${node}`;
  world.clock.once(detach, world.takesMs(seconds, detach), () => {
    if (isUsedOn(world, volume, node)) return;
    const attachment = world.attachments.of(volume, node);
    if (attachment !== undefined) world.store.remove('VolumeAttachment', undefined, attachment);
    for (const waiting of world.attachments.nodesWaitingFor(volume)) {
      world.attachments.waitNoMore(volume, waiting);
      if (!isUsedOn(world, volume, waiting)) continue;
      attach(world, volume, waiting);
      break;
    }
  });
}

function isUsedOn(world: World, volume: string, node: string): boolean {
  for (const pod of world.pods.boundTo(node)) {
    if (!hasEnded(pod) && volumesOf(world, pod).includes(volume)) return true;
  }
  return false;
}
