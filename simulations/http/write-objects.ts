/**
 * POST, PUT, PATCH and DELETE of objects and of their status and scale.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#api-verbs
 */
import type { StoredObject } from '../world/object-store.ts';
import { nextNameSuffix, type Random } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject, parseJson, sameJson } from './json.ts';
import { jsonPatch, mergePatch, type Patched, strategicMergePatch } from './patch.ts';
import { shownObject } from './read-objects.ts';
import { groupVersion, type ResourceType } from './resources.ts';
import {
  alreadyExists,
  badRequest,
  deletedStatus,
  modified,
  notFound,
  preconditionFailed,
  unprocessablePatch,
  unsupportedMediaType,
} from './status.ts';
import { validate } from './validate.ts';

/** One object that a request addresses. */
export type Target = {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
};

/** Which part of an object a request may write: everything but status, or only it. */
export type WrittenPart = 'object' | 'status';

function isDryRun(request: HttpRequest): boolean {
  return request.query.getAll('dryRun').includes('All');
}

/** POST: 201 with the object as stored, 409 when the name is taken. generateName gets five letters from `names`. */
export function createObject(
  world: World,
  names: Random,
  type: ResourceType,
  namespace: string | undefined,
  request: HttpRequest,
): Answer {
  const body = readObject(type, request.body);
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
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...kept } = given;
  const wanted = {
    ...body.object,
    apiVersion: groupVersion(type),
    kind: type.kind,
    metadata: { ...kept, name, ...(namespace === undefined ? {} : { namespace }) },
  };
  const refusal = validate(type, name, wanted);
  if (refusal !== undefined) return refusal;
  if (isDryRun(request)) {
    const taken = world.store.get(type.kind, namespace, name) !== undefined;
    return taken ? alreadyExists(type, name) : jsonAnswer(201, wanted);
  }
  const created = world.store.create(wanted);
  return created.kind === 'exists'
    ? alreadyExists(type, name)
    : jsonAnswer(201, shownObject(type, created.object));
}

/** PUT: 409 for a stale resourceVersion, 422 where one is needed and missing. */
export function replaceObject(world: World, target: Target, part: WrittenPart, request: HttpRequest): Answer {
  const body = readObject(target.type, request.body);
  if (body.kind === 'refused') return body.answer;
  const metadata = isJsonObject(body.object.metadata) ? body.object.metadata : {};
  if (metadata.name !== target.name)
    return badRequest(
      `the name of the object (${String(metadata.name ?? '')}) does not match the name on the URL (${target.name})`,
    );
  const current = world.store.get(target.type.kind, target.namespace, target.name);
  if (current === undefined) return notFound(target.type, target.name);
  return storeChange(world, target, part, current, body.object, request);
}

/** PATCH by any of the three kinds of patch that the content type names. */
export function patchObject(world: World, target: Target, part: WrittenPart, request: HttpRequest): Answer {
  const patch = readPatch(request);
  if (patch.kind === 'refused') return patch.answer;
  const current = world.store.get(target.type.kind, target.namespace, target.name);
  if (current === undefined) return notFound(target.type, target.name);
  const patched = patch.apply(shownObject(target.type, current));
  if (patched.kind === 'not-applicable' || !isJsonObject(patched.value)) return unprocessablePatch();
  return storeChange(world, target, part, current, patched.value, request);
}

type ReadPatch =
  | { readonly kind: 'patch'; readonly apply: (object: unknown) => Patched }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** The patch of a request, by its content type. Server-side apply is not spoken yet and answered as an unknown type. */
export function readPatch(request: HttpRequest): ReadPatch {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  const apply = patchKind(contentType);
  if (apply === undefined) return { kind: 'refused', answer: unsupportedMediaType() };
  const body = parseJson(request.body);
  if (body === undefined)
    return { kind: 'refused', answer: badRequest(`error decoding patch: ${jsonComplaint(request.body)}`) };
  return { kind: 'patch', apply: (object) => apply(object, body.value) };
}

function patchKind(
  contentType: string | undefined,
): ((object: unknown, patch: unknown) => Patched) | undefined {
  switch (contentType) {
    case 'application/merge-patch+json':
      return (object, patch) => ({ kind: 'patched', value: mergePatch(object, patch) });
    case 'application/strategic-merge-patch+json':
      return (object, patch) => ({ kind: 'patched', value: strategicMergePatch(object, patch) });
    case 'application/json-patch+json':
      return jsonPatch;
    default:
      return undefined;
  }
}

/** Go's words for JSON that ends too early; the most frequent complaint. */
function jsonComplaint(text: string): string {
  return text.trim() === '' || !/[}\]]\s*$/.test(text)
    ? 'unexpected end of JSON input'
    : `invalid character '${text.trim().charAt(0)}' looking for beginning of value`;
}

/** Fields of metadata that only the server writes. */
const serverFields = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
];

function storeChange(
  world: World,
  target: Target,
  part: WrittenPart,
  current: StoredObject,
  wanted: JsonObject,
  request: HttpRequest,
): Answer {
  const { type, name } = target;
  const metadata = isJsonObject(wanted.metadata) ? wanted.metadata : {};
  const version = metadata.resourceVersion;
  if (typeof version === 'string' && version !== '' && version !== current.metadata.resourceVersion)
    return modified(type, name);
  if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== current.metadata.uid)
    return preconditionFailed(type, name, 'UID', String(metadata.uid), current.metadata.uid);
  const next = takeOver(type, part, current, wanted, metadata);
  const refusal = validate(type, name, {
    ...next,
    metadata: { ...next.metadata, resourceVersion: version ?? '' },
  });
  if (refusal !== undefined) return refusal;
  if (sameJson(next, current)) return jsonAnswer(200, shownObject(type, current));
  if (isDryRun(request)) return jsonAnswer(200, shownObject(type, next));
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
  const kept: JsonObject = { ...metadata };
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

type ReadObject =
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** The object in a request's body; 400 when it is no JSON or of another kind. */
export function readObject(type: ResourceType, body: string): ReadObject {
  const parsed = parseJson(body);
  if (parsed === undefined || !isJsonObject(parsed.value)) {
    const message = `the object provided is unrecognized (must be of type ${type.kind}): ${jsonComplaint(body)}`;
    return { kind: 'refused', answer: badRequest(message) };
  }
  const kind = parsed.value.kind;
  if (kind !== undefined && kind !== type.kind) {
    const message = `${String(kind)} in version "${type.version}" cannot be handled as a ${type.kind}: no kind "${String(kind)}" is registered for version "${String(parsed.value.apiVersion)}" in scheme "pkg/api/legacyscheme/scheme.go:30"`;
    return { kind: 'refused', answer: badRequest(message) };
  }
  return { kind: 'object', object: parsed.value };
}

/** DELETE: UID and resourceVersion preconditions; pods go gracefully (the object is answered), all others at once. */
export function deleteObject(world: World, target: Target, request: HttpRequest): Answer {
  const { type, namespace, name } = target;
  const parsed = request.body === '' ? undefined : parseJson(request.body)?.value;
  const options = isJsonObject(parsed) ? parsed : {};
  if (type.kind === 'Pod') {
    const answer = world.deletePod(namespace ?? 'default', name, options);
    return jsonAnswer(answer.status, answer.body, answer.headers);
  }
  const current = world.store.get(type.kind, namespace, name);
  if (current === undefined) return notFound(type, name);
  const wanted = isJsonObject(options.preconditions) ? options.preconditions : {};
  const { uid, resourceVersion } = current.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid)
    return preconditionFailed(type, name, 'UID', String(wanted.uid), uid);
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion)
    return preconditionFailed(type, name, 'ResourceVersion', String(wanted.resourceVersion), resourceVersion);
  const dryRun = isDryRun(request) || (Array.isArray(options.dryRun) && options.dryRun.includes('All'));
  if (!dryRun) world.store.remove(type.kind, namespace, name);
  return deletedStatus(type, name, uid);
}
