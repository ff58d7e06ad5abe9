/**
 * POST, PUT and PATCH of objects and of their status.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#api-verbs
 */
import { kubernetesTime, type StoredObject } from '../world/object-store.ts';
import { nextNameSuffix, type Random } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, type Reply, withWarning } from './answer.ts';
import { applyPatch } from './apply-patch.ts';
import { decodeObject } from './decode-object.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { afterUpdate, type Writer } from './managed-fields.ts';
import { readDecoded, readPatch } from './read-body.ts';
import { shownObject } from './read-objects.ts';
import { groupVersion, type ResourceType, type Target, type WrittenPart } from './resources.ts';
import { badRequest, invalidPatch, notFound, unprocessablePatch } from './status.ts';
import { storeChange } from './store-change.ts';
import { storeFirst } from './store-first.ts';
import { isApplyPatch, readWriteOptions, type WriteOptions } from './write-options.ts';

/** POST: 201 with the object as stored, 409 when the name is taken. generateName gets five letters from `names`. */
export function createObject(
  world: World,
  names: Random,
  type: ResourceType,
  namespace: string | undefined,
  request: HttpRequest,
): Reply {
  const read = readWriteOptions(request);
  if (read.kind === 'refused') return read.answer;
  const body = readDecoded(type, request.body, undefined, read.options.fieldValidation);
  if (body.kind === 'refused') return body.answer;
  const given = isJsonObject(body.object.metadata) ? body.object.metadata : {};
  const prefix = typeof given.generateName === 'string' ? given.generateName : undefined;
  const name =
    typeof given.name === 'string' && given.name !== ''
      ? given.name
      : prefix && prefix + nextNameSuffix(names);
  if (name === undefined) return badRequest('name or generateName is required');
  if (given.namespace !== undefined && given.namespace !== namespace)
    return badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  const wanted = {
    ...body.object,
    // What nobody has seen yet is pending, as the registry says of it.
    ...(type.kind === 'Pod' && !hasPhase(body.object) ? { status: { phase: 'Pending' } } : {}),
    apiVersion: groupVersion(type),
    kind: type.kind,
    metadata: { ...withoutServerFields(given), name, ...(namespace === undefined ? {} : { namespace }) },
  };
  const target = { type, namespace, name };
  const writer = writerOf(type, 'object', read.options);
  const owned = afterUpdate(undefined, wanted, writer, kubernetesTime(world.nowMs()));
  return warned(storeFirst(world, target, wanted, owned, read.options.dryRun), body.warnings);
}

function hasPhase({ status }: JsonObject): boolean {
  return isJsonObject(status) && status.phase !== undefined;
}

function withoutServerFields(metadata: JsonObject): JsonObject {
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _created,
    managedFields: _owned,
    ...kept
  } = metadata;
  return kept;
}

/** PUT: 409 for a stale resourceVersion, 422 where one is needed and missing. */
export function replaceObject(world: World, target: Target, part: WrittenPart, request: HttpRequest): Reply {
  const { type, name } = target;
  const read = readWriteOptions(request);
  if (read.kind === 'refused') return read.answer;
  const current = world.store.get(type.kind, target.namespace, name);
  const body = readDecoded(type, request.body, current, read.options.fieldValidation);
  if (body.kind === 'refused') return body.answer;
  const metadata = isJsonObject(body.object.metadata) ? body.object.metadata : {};
  if (metadata.name !== name)
    return badRequest(
      `the name of the object (${String(metadata.name ?? '')}) does not match the name on the URL (${name})`,
    );
  if (current === undefined) return notFound(type, name);
  return warned(storeUpdate(world, target, part, current, body.object, read.options), body.warnings);
}

/** PATCH by any of the kinds of patch that the content type names. */
export function patchObject(world: World, target: Target, part: WrittenPart, request: HttpRequest): Reply {
  const read = readWriteOptions(request);
  if (read.kind === 'refused') return read.answer;
  if (isApplyPatch(request)) {
    const writer = writerOf(target.type, part, read.options, 'Apply');
    return applyPatch({ world, target, part, writer, options: read.options }, request.body);
  }
  const patch = readPatch(request);
  if (patch.kind === 'refused') return patch.answer;
  const { type, name } = target;
  const current = world.store.get(type.kind, target.namespace, name);
  if (current === undefined) return notFound(type, name);
  const patched = patch.apply(shownObject(type, current));
  if (patched.kind === 'not-applicable' || !isJsonObject(patched.value)) return unprocessablePatch();
  const decoded = decodeObject(type.kind, patched.value, current, read.options.fieldValidation);
  if (decoded.kind === 'refused')
    return invalidPatch(patch.shown ?? JSON.stringify(patched.value), decoded.complaint);
  return warned(storeUpdate(world, target, part, current, decoded.object, read.options), decoded.warnings);
}

function storeUpdate(
  world: World,
  target: Target,
  part: WrittenPart,
  current: StoredObject,
  wanted: JsonObject,
  options: WriteOptions,
): Answer {
  const writer = writerOf(target.type, part, options);
  const time = kubernetesTime(world.nowMs());
  return storeChange(world, {
    target,
    part,
    current,
    wanted,
    dryRun: options.dryRun,
    ownershipsOf: (next) => afterUpdate(current, next, writer, time),
  });
}

function writerOf(
  type: ResourceType,
  part: WrittenPart,
  options: WriteOptions,
  operation: Writer['operation'] = 'Update',
): Writer {
  return {
    manager: options.fieldManager,
    operation,
    apiVersion: groupVersion(type),
    subresource: part === 'status' ? 'status' : '',
  };
}

/** The answer with a header for each field that was dropped; a refusal has none, for nothing was. */
function warned(answer: Answer, warnings: readonly string[]): Reply {
  if (answer.status >= 400) return answer;
  return warnings.reduce<Reply>(withWarning, answer);
}
