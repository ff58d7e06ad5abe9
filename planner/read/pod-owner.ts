import type { Owner } from '../model.ts';
import { asObject, isObject, type JsonObject, listIn, textIn } from './raw-json.ts';
import type { Draft } from './reading.ts';

type SetOwner = Draft<Extract<Owner, { readonly kind: 'StatefulSet' }>>;

/** Owners of a reading, each one object for all of its pods. */
export type ReadOwner = {
  readonly byIdentity: Map<string, Owner>;
  readonly sets: { readonly key: string; readonly owner: SetOwner }[];
  /** The owner read last: pods of one workload follow each other in a dump. */
  before: (Reference & { readonly owner: Owner }) | undefined;
};

type Reference = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
};

/** No owner seen yet. */
export function newOwners(): ReadOwner {
  return { byIdentity: new Map(), sets: [], before: undefined };
}

const mirror: Owner = Object.freeze({ kind: 'mirror' });
const nobody: Owner = Object.freeze({ kind: 'none' });

/**
 * The controller among the ownerReferences, as `kubectl drain` looks for it; the annotation marks static pods of the kubelet.
 * Whether a StatefulSet keeps an order is settled by `settleOrders`, when all sets have been seen.
 */
export function readOwner(metadata: JsonObject, namespace: string, owners: ReadOwner): Owner {
  const { annotations } = metadata;
  if (isObject(annotations) && Object.hasOwn(annotations, 'kubernetes.io/config.mirror')) return mirror;
  const controller = listIn(metadata, 'ownerReferences').find((each) => asObject(each).controller === true);
  if (controller === undefined) return nobody;
  const reference = asObject(controller);
  const kind = textIn(reference, 'kind') ?? '';
  if (kind === 'Node') return mirror;
  const name = textIn(reference, 'name') ?? '';
  const uid = textIn(reference, 'uid') ?? '';
  const { before } = owners;
  if (before?.uid === uid && before.kind === kind && before.name === name && before.namespace === namespace)
    return before.owner;
  const owner = sharedOwner(owners, { namespace, kind, name, uid });
  owners.before = { namespace, kind, name, uid, owner };
  return owner;
}

function sharedOwner(owners: ReadOwner, { namespace, kind, name, uid }: Reference): Owner {
  const identity = JSON.stringify([namespace, kind, name, uid]);
  const known = owners.byIdentity.get(identity);
  if (known !== undefined) return known;
  const owner = ownerOf(kind, name, uid);
  owners.byIdentity.set(identity, owner);
  if (owner.kind === 'StatefulSet') owners.sets.push({ key: `${namespace}/${name}`, owner });
  return owner;
}

function ownerOf(kind: string, name: string, uid: string): Owner {
  switch (kind) {
    case 'StatefulSet':
      return { kind, name, uid, orderedReady: true };
    case 'ReplicaSet':
    case 'Job':
    case 'DaemonSet':
      return { kind, name, uid };
    default:
      return { kind: 'other', name, uid, ownerKind: kind };
  }
}

/** A set that is not in the snapshot is taken for OrderedReady, the careful guess. */
export function settleOrders(owners: ReadOwner, orderedReady: ReadonlyMap<string, boolean>): void {
  for (const { key, owner } of owners.sets) owner.orderedReady = orderedReady.get(key) ?? true;
}
