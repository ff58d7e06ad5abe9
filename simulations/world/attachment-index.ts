/**
 * Which node each volume is attached to, kept up to date from the store's events.
 */
import type { ObjectStore, StoredObject } from './object-store.ts';

export type Attached = { readonly node: string; readonly name: string };

/** VolumeAttachments by volume, kept up to date from the store's events. */
export class AttachmentIndex {
  /** Nearly always one, of tens of thousands of volumes. */
  readonly #byVolume = new Map<string, readonly Attached[]>();

  constructor(store: ObjectStore) {
    for (const attachment of store.all('VolumeAttachment')) this.#put(attachment);
    store.onEvent(({ type, object }) => {
      if (object.kind !== 'VolumeAttachment') return;
      if (type === 'DELETED') this.#remove(object);
      else this.#put(object);
    });
  }

  /** Name of the attachment of that volume to that node. */
  of(volume: string, node: string): string | undefined {
    return this.#byVolume.get(volume)?.find((attached) => attached.node === node)?.name;
  }

  /** Nodes to which the volume is attached or being attached. */
  holdersOf(volume: string): readonly string[] {
    return (this.#byVolume.get(volume) ?? []).map(({ node }) => node);
  }

  #put(attachment: StoredObject): void {
    const attached = { node: nodeOf(attachment), name: attachment.metadata.name };
    this.#byVolume.set(volumeOf(attachment), [...this.#toOtherNodes(attachment), attached]);
  }

  #remove(attachment: StoredObject): void {
    this.#byVolume.set(volumeOf(attachment), this.#toOtherNodes(attachment));
  }

  #toOtherNodes(attachment: StoredObject): readonly Attached[] {
    const all = this.#byVolume.get(volumeOf(attachment)) ?? [];
    return all.filter(({ node }) => node !== nodeOf(attachment));
  }
}

function nodeOf(attachment: StoredObject): string {
  return String(attachment.spec?.nodeName);
}

function volumeOf(attachment: StoredObject): string {
  return String(attachment.spec?.source?.persistentVolumeName ?? '');
}
