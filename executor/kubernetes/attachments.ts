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

/** Pure: the volumes that these VolumeAttachments hold on the node, by name. */
export function volumesOn(attachments: readonly KubernetesObject[], node: string): readonly string[] {
  return attachments
    .filter(({ spec }) => !isElsewhere(spec, node))
    .map(attachmentOf)
    .filter((each) => each.node === node)
    .map((each) => each.volume)
    .toSorted();
}

/** A fleet of a thousand nodes has tens of thousands, and only those of one node are looked at closely. */
function isElsewhere(spec: unknown, node: string): boolean {
  const there: unknown =
    typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'nodeName') : undefined;
  return typeof there === 'string' && there !== node;
}

/** Pure: what a VolumeAttachment attaches, and where; an inline volume goes by the attachment's own name. */
export function attachmentOf(object: KubernetesObject): {
  readonly key: string;
  readonly node: string;
  readonly volume: string;
} {
  const { metadata, spec } = parseAs(attachmentSchema, object);
  const { name } = metadata;
  return { key: name, node: spec.nodeName, volume: spec.source.persistentVolumeName ?? name };
}
