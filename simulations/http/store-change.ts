/**
 * The last step of PUT, PATCH and apply: what a request may write goes into the store, the rest stays.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import { isLetGo } from '../world/finish-deletion.ts';
import type { StoredObject } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject, sameJson } from './json.ts';
import { shownObject } from './read-objects.ts';
import type { ResourceType, Target, WrittenPart } from './resources.ts';
import { modified, notFound, preconditionFailed } from './status.ts';
import { validate } from './validate.ts';
import { withDefaults } from './with-defaults.ts';

/** Fields of metadata that only the server writes. */
const serverFields = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
];

export type Change = {
  readonly target: Target;
  readonly part: WrittenPart;
  readonly current: StoredObject;
  readonly wanted: JsonObject;
  readonly dryRun: boolean;
  /** managedFields of what is about to be stored; undefined: they stay as they are. */
  readonly ownershipsOf: (next: StoredObject) => readonly JsonObject[] | undefined;
};

/** Stores what the request may write of `wanted`: 409 for a stale version or UID, 422 where the object is not valid. */
export function storeChange(world: World, change: Change): Answer {
  const { target, part, current, wanted, dryRun } = change;
  const { type, name } = target;
  const metadata = isJsonObject(wanted.metadata) ? wanted.metadata : {};
  const version = metadata.resourceVersion;
  if (typeof version === 'string' && version !== '' && version !== current.metadata.resourceVersion)
    return modified(type, name);
  if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== current.metadata.uid)
    return preconditionFailed(type, name, 'UID', String(metadata.uid), current.metadata.uid);
  const next = withDefaults(takeOver(type, part, current, wanted, metadata));
  const refusal = validate(type, name, {
    ...next,
    metadata: { ...next.metadata, resourceVersion: version ?? '' },
  });
  if (refusal !== undefined) return refusal;
  const managedFields = change.ownershipsOf(next) ?? current.metadata.managedFields;
  if (managedFields === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = managedFields;
  if (sameJson(next, current)) return jsonAnswer(200, shownObject(type, current));
  if (dryRun) return jsonAnswer(200, shownObject(type, next));
  if (isLetGo(next)) {
    world.store.remove(type.kind, current.metadata.namespace, name);
    return jsonAnswer(200, shownObject(type, next));
  }
  const replaced = world.store.replace(next);
  if (replaced.kind === 'gone') return notFound(type, name);
  if (replaced.kind === 'conflict') return modified(type, name);
  return jsonAnswer(200, shownObject(type, replaced.object));
}

/** The object to store: what the request may write from `wanted`, the rest from `current`. */
function takeOver(
  type: ResourceType,
  part: WrittenPart,
  current: StoredObject,
  wanted: JsonObject,
  metadata: JsonObject,
): StoredObject {
  const hasStatus = type.subresources.includes('status');
  // A client that sends no managedFields does not mean to take them away.
  const kept: JsonObject = { managedFields: current.metadata.managedFields, ...metadata };
  if (kept.managedFields === undefined) delete kept.managedFields;
  for (const field of serverFields) {
    if (current.metadata[field] === undefined) delete kept[field];
    else kept[field] = current.metadata[field];
  }
  const next: StoredObject = {
    ...(part === 'status' ? current : wanted),
    apiVersion: current.apiVersion,
    kind: current.kind,
    metadata: {
      ...(part === 'status' ? current.metadata : kept),
      ...(part === 'status' ? {} : { namespace: current.metadata.namespace }),
      name: current.metadata.name,
      uid: current.metadata.uid,
      creationTimestamp: current.metadata.creationTimestamp,
      resourceVersion: current.metadata.resourceVersion,
    },
  };
  if (next.metadata.namespace === undefined) delete next.metadata.namespace;
  if (part === 'status') next.status = wanted.status;
  else if (hasStatus) next.status = current.status;
  if (next.status === undefined) delete next.status;
  if (
    part === 'object' &&
    hasStatus &&
    next.metadata.generation !== undefined &&
    !sameJson(next.spec, current.spec)
  )
    next.metadata.generation = (current.metadata.generation ?? 0) + 1;
  return next;
}
