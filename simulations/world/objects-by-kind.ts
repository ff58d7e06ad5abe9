/** Objects by kind, then by namespace and name: of a dump, and as the store holds them, so that a large fleet is put in order once. */
import { keyOf, type StoredObject } from './object-store.ts';

export class ObjectsByKind {
  /** By kind, then by key, in the order in which these came. */
  readonly maps = new Map<string, Map<string, StoredObject>>();

  get(kind: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.maps.get(kind)?.get(keyOf(namespace, name));
  }

  has(kind: string): boolean {
    return this.maps.has(kind);
  }

  /** In place of the one of that name. */
  put(object: StoredObject): void {
    this.#ofKind(object.kind).set(keyOf(object.metadata.namespace, object.metadata.name), object);
  }

  /** Unless there is one of that name. */
  add(object: StoredObject): void {
    const objects = this.#ofKind(object.kind);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (!objects.has(key)) objects.set(key, object);
  }

  #ofKind(kind: string): Map<string, StoredObject> {
    const known = this.maps.get(kind);
    if (known !== undefined) return known;
    const created = new Map<string, StoredObject>();
    this.maps.set(kind, created);
    return created;
  }
}
