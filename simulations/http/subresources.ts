/** The subresources that are more than a part of their object: pods/eviction and scale. */
import { kubernetesTime, type StoredObject } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import { afterUpdate, type Writer } from './managed-fields.ts';
import { readPatch } from './read-body.ts';
import { groupVersion, type Target } from './resources.ts';
import { badRequest, modified, notFound, unprocessablePatch } from './status.ts';
import { readWriteOptions } from './write-options.ts';

/** POST pods/eviction; the world decides. https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
export function evictPod(world: World, target: Target, request: HttpRequest): Answer {
  const parsed = parseJson(request.body);
  const body = parsed?.value;
  if (!isJsonObject(body))
    return badRequest(
      'the object provided is unrecognized (must be of type Eviction): unexpected end of JSON input',
    );
  if (body.kind !== undefined && body.kind !== 'Eviction')
    return badRequest(
      `${String(body.kind)} in version "v1" cannot be handled as a Eviction: no kind "${String(body.kind)}" is registered for version "${String(body.apiVersion)}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  if (metadata.name !== undefined && metadata.name !== target.name)
    return badRequest('name in URL does not match name in Eviction object');
  const dryRun = request.query.get('dryRun');
  const query = dryRun === null ? {} : { dryRun };
  const answer = world.evict(target.namespace ?? 'default', target.name, body, query);
  return jsonAnswer(answer.status, answer.body, answer.headers);
}

/** GET of `scale`: an autoscaling/v1 Scale made from the object. */
export function getScale(world: World, target: Target): Answer {
  const object = world.store.get(target.type.kind, target.namespace, target.name);
  return object === undefined ? notFound(target.type, target.name) : jsonAnswer(200, scaleOf(object));
}

/** PUT or PATCH of `scale`: writes spec.replicas, with the object's resourceVersion as precondition when one is given. */
export function writeScale(world: World, target: Target, request: HttpRequest): Answer {
  const object = world.store.get(target.type.kind, target.namespace, target.name);
  if (object === undefined) return notFound(target.type, target.name);
  const read = readWriteOptions(request);
  if (read.kind === 'refused') return read.answer;
  const wanted = readScale(object, request);
  if (wanted.kind === 'refused') return wanted.answer;
  const { version, replicas } = wanted;
  if (version !== undefined && version !== '' && version !== object.metadata.resourceVersion)
    return modified(target.type, target.name);
  const { options } = read;
  if (options.dryRun) return jsonAnswer(200, scaleOf(object));
  const writer: Writer = {
    manager: options.fieldManager,
    operation: 'Update',
    apiVersion: groupVersion(target.type),
    subresource: 'scale',
  };
  const stored = world.store.update(target.type.kind, target.namespace, target.name, (draft) => {
    if (draft.spec?.replicas === replicas) return;
    draft.spec = { ...draft.spec, replicas };
    if (draft.metadata.generation !== undefined) draft.metadata.generation += 1;
    draft.metadata.managedFields = afterUpdate(object, draft, writer, kubernetesTime(world.nowMs()));
  });
  return stored === undefined ? notFound(target.type, target.name) : jsonAnswer(200, scaleOf(stored));
}

type WantedScale =
  | { readonly kind: 'wanted'; readonly version: string | undefined; readonly replicas: number }
  | { readonly kind: 'refused'; readonly answer: Answer };

function readScale(object: StoredObject, request: HttpRequest): WantedScale {
  const scale = request.method === 'PATCH' ? patchedScale(object, request) : putScale(request);
  if (scale.kind === 'refused') return scale;
  const { metadata, spec } = scale.scale;
  const replicas = isJsonObject(spec) ? (spec.replicas ?? 0) : 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)
    return { kind: 'refused', answer: badRequest('spec.replicas: must be greater than or equal to 0') };
  const version = isJsonObject(metadata) ? metadata.resourceVersion : undefined;
  return { kind: 'wanted', version: typeof version === 'string' ? version : undefined, replicas };
}

type ScaleBody =
  | { readonly kind: 'scale'; readonly scale: JsonObject }
  | { readonly kind: 'refused'; readonly answer: Answer };

function patchedScale(object: StoredObject, request: HttpRequest): ScaleBody {
  const patch = readPatch(request);
  if (patch.kind === 'refused') return patch;
  const patched = patch.apply(scaleOf(object));
  if (patched.kind === 'not-applicable' || !isJsonObject(patched.value))
    return { kind: 'refused', answer: unprocessablePatch() };
  return { kind: 'scale', scale: patched.value };
}

function putScale(request: HttpRequest): ScaleBody {
  const body = parseJson(request.body)?.value;
  return isJsonObject(body)
    ? { kind: 'scale', scale: body }
    : { kind: 'refused', answer: badRequest('the object provided is unrecognized (must be of type Scale)') };
}

function scaleOf(object: StoredObject): Record<string, unknown> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const matchLabels: unknown = object.spec?.selector?.matchLabels;
  const selector = isJsonObject(matchLabels)
    ? Object.entries(matchLabels)
        .map(([key, value]) => `${key}=${String(value)}`)
        .sort()
        .join(',')
    : undefined;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.replicas ?? 1 },
    status: { replicas: object.status?.replicas ?? 0, ...(selector === undefined ? {} : { selector }) },
  };
}
