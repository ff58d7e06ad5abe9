/**
 * Volumes attached to nodes. https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import { z } from 'zod';
import type { KubernetesObject } from '../ports.ts';
import { listObjects } from './objects.ts';
import type { Rest } from './rest.ts';
import { parseAs } from './translate.ts';

const attachmentSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    nodeName: z.string(),
    source: z.object({ persistentVolumeName: z.string().nullish() }),
  }),
});

/** Returns the volumes of one node. The API server can pick attachments by name only, so all are asked for. */
export async function listAttachedVolumes(rest: Rest, node: string): Promise<readonly string[]> {
  const list = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    path: '/apis/storage.k8s.io/v1/volumeattachments',
  };
  return volumesOn(await listObjects(rest, list), node);
}

/** Pure: the volumes that these VolumeAttachments hold on the node, by name; an inline volume goes by its attachment. */
export function volumesOn(attachments: readonly KubernetesObject[], node: string): readonly string[] {
  return attachments
    .map((each) => parseAs(attachmentSchema, each))
    .filter(({ spec }) => spec.nodeName === node)
    .map(({ metadata, spec }) => spec.source.persistentVolumeName ?? metadata.name)
    .toSorted();
}
