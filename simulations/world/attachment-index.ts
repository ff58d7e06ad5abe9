/**
 * Which node each volume is attached to, kept up to date from the store's events, and who waits for it.
 */
import type { ObjectStore, StoredObject } from './object-store.ts';

export type Attached = { readonly node: string; readonly name: string };

/** VolumeAttachments by volume, kept up to date from the store's events. */
export class AttachmentIndex {
  /** Nearly always one, of tens of thousands of volumes. */
  readonly #byVolume = new Map<string, readonly Attached[]>();
  /** Nodes whose pods wait until a volume has left another one, in the order in which they came. */
  readonly #waiting = new Map<string, Set<string>>();

  constructor(store: ObjectStore) {
    for (const attachment of store.all('VolumeAttachment')) this.#put(attachment);
    store.onChange(({ type, object }) => {
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

  /** A pod on this node waits for a volume that another node holds. */
  wait(volume: string, node: string): void {
    const nodes = this.#waiting.get(volume);
    if (nodes === undefined) this.#waiting.set(volume, new Set([node]));
    else nodes.add(node);
  }

  nodesWaitingFor(volume: string): readonly string[] {
    return [...(this.#waiting.get(volume) ?? [])];
  }

  waitNoMore(volume: string, node: string): void {
    const nodes = this.#waiting.get(volume);
    nodes?.delete(node);
    if (nodes?.size === 0) this.#waiting.delete(volume);
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
