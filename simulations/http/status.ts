/**
 * Status objects as the API server of Kubernetes 1.36 writes them, field by field and in its words.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go
 */
import { type Answer, jsonAnswer } from './answer.ts';
import type { Attributes } from './request-attributes.ts';
import type { ResourceType } from './resources.ts';

export type StatusCause = { readonly reason: string; readonly message: string; readonly field?: string };

type Failure = {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The body of a failure, also used as the object of a watch's ERROR line. */
export function failureStatus(failure: Failure): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: failure.message,
    ...(failure.reason === undefined ? {} : { reason: failure.reason }),
    ...(failure.details === undefined ? {} : { details: failure.details }),
    code: failure.code,
  };
}

function failureAnswer(failure: Failure): Answer {
  return jsonAnswer(failure.code, failureStatus(failure), failure.headers);
}

/** What a resource is named by. */
type Named = Pick<ResourceType, 'group' | 'plural'>;

/** `coordination.k8s.io` resources are named with their group, core ones without. */
function qualified(type: Named): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

function detailsOf({ group, plural }: Named, name: string): Record<string, unknown> {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}

/** 401 for a token that is nobody's. */
export function unauthorized(): Answer {
  return failureAnswer({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

/** 403 for what `user` may not do; `why` is the authorizer's reason, '' where it has none. */
export function forbidden(user: string, asked: Attributes, why: string): Answer {
  const what = `User "${user}" cannot ${asked.verb} ${forbiddenThing(asked)}${why === '' ? '' : `: ${why}`}`;
  const headers = { 'x-content-type-options': 'nosniff' };
  if (asked.kind === 'path')
    return failureAnswer({
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: ${what}`,
      details: {},
      headers,
    });
  const { group, resource, name } = asked;
  const shown = `${group === '' ? resource : `${resource}.${group}`}${name === '' ? '' : ` "${name}"`}`;
  const details = {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  };
  return failureAnswer({
    code: 403,
    reason: 'Forbidden',
    message: `${shown} is forbidden: ${what}`,
    details,
    headers,
  });
}

function forbiddenThing(asked: Attributes): string {
  if (asked.kind === 'path') return `path "${asked.path}"`;
  const { resource, subresource, group, namespace } = asked;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  return `resource "${full}" in API group "${group}" ${where}`;
}

/** 404 for an object that is not there. */
export function notFound(type: ResourceType, name: string): Answer {
  return failureAnswer({
    code: 404,
    reason: 'NotFound',
    message: `${qualified(type)} "${name}" not found`,
    details: detailsOf(type, name),
  });
}

/** 404 for a resource, subresource or version that is not served. */
export function resourceNotFound(): Answer {
  return failureAnswer({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

/** 409 for a stale resourceVersion. */
export function modified(type: ResourceType, name: string): Answer {
  return failureAnswer({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(type)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    details: detailsOf(type, name),
  });
}

/** 409 for a pod that cannot get a node. */
export function cannotBind(name: string, why: string): Answer {
  return failureAnswer({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on pods/binding "${name}": ${why}`,
    details: { name, kind: 'pods/binding' },
  });
}

/** 409 for a precondition of DELETE (UID or resourceVersion) that does not hold. `kind` is the object's kind here. */
export function preconditionFailed(
  type: ResourceType,
  name: string,
  what: 'UID' | 'ResourceVersion',
  wanted: string,
  found: string,
): Answer {
  const after =
    what === 'UID'
      ? 'The object might have been deleted and then recreated'
      : 'The object might have been modified';
  return failureAnswer({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${type.kind} "${name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). ${after}`,
    details: { name, kind: type.kind },
  });
}

/** 409 for a POST of a name that is taken. */
export function alreadyExists(type: ResourceType, name: string): Answer {
  return failureAnswer({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualified(type)} "${name}" already exists`,
    details: detailsOf(type, name),
  });
}

/** 422 with its causes. `shownKind`: this answer names some types by kind and some by plural. */
export function invalid(
  type: Named,
  name: string,
  causes: readonly (StatusCause & { readonly field: string })[],
  shownKind: string = type.plural,
): Answer {
  const named = type.group === '' ? shownKind : `${shownKind}.${type.group}`;
  return failureAnswer({
    code: 422,
    reason: 'Invalid',
    message: `${named} "${name}" is invalid: ${causes.map((cause) => `${cause.field}: ${cause.message}`).join(', ')}`,
    details: { ...detailsOf(type, name), kind: shownKind, causes },
  });
}

/** 422 for a patch whose outcome cannot be read; `shown` is the outcome, or the patch. */
export function invalidPatch(shown: string, complaint: string): Answer {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${complaint}`;
  return failureAnswer({
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: patch: ${message}`,
    details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] },
  });
}

/** 500, without a reason, for an applied object with fields that its kind does not have. */
export function untypedApply(where: string, complaint: string): Answer {
  return failureAnswer({
    code: 500,
    message: `failed to create typed patch object (${where}): ${complaint}`,
  });
}

/** 409 of server-side apply: every field that others own, by owner. */
export function applyConflict(
  conflicts: readonly { readonly owner: string; readonly field: string }[],
): Answer {
  const causes = conflicts.map(({ owner, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${owner}`,
    field,
  }));
  return failureAnswer({
    code: 409,
    reason: 'Conflict',
    message: conflictMessage(conflicts),
    details: { causes },
  });
}

function conflictMessage(conflicts: readonly { readonly owner: string; readonly field: string }[]): string {
  const [first, ...more] = conflicts;
  if (first !== undefined && more.length === 0)
    return `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.field}`;
  const owners = [...new Set(conflicts.map(({ owner }) => owner))].sort();
  const lines = owners.flatMap((owner) => [
    `conflicts with ${owner}:`,
    ...conflicts.filter((one) => one.owner === owner).map(({ field }) => `- ${field}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

/** 422 as a failing JSON patch gets it: without a word about what failed. */
export function unprocessablePatch(): Answer {
  return failureAnswer({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
}

/** 400 with its sentence. */
export function badRequest(message: string): Answer {
  return failureAnswer({ code: 400, reason: 'BadRequest', message });
}

/** 405 for a verb that a resource does not have. */
export function methodNotAllowed(): Answer {
  return failureAnswer({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

/** 501 for what a real server could do, with the reason why this one cannot. */
export function notImplemented(message: string): Answer {
  return failureAnswer({ code: 501, reason: 'NotImplemented', message });
}

/** 415 for a PATCH whose content type names no kind of patch. */
export function unsupportedMediaType(): Answer {
  return failureAnswer({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

/** 410 for a list that can no longer be continued or served at the wanted version. */
export function expired(message: string, continueToken?: string): Answer {
  const body = failureStatus({ code: 410, reason: 'Expired', message });
  if (continueToken !== undefined) body.metadata = { continue: continueToken };
  return jsonAnswer(410, body);
}

/** 504 for a list at a resourceVersion that is not there yet. */
export function versionTooLarge(wanted: number, current: number): Answer {
  return failureAnswer({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
    headers: { 'retry-after': '1' },
  });
}

/** 200 for a DELETE that took effect at once. */
export function deletedStatus(type: ResourceType, name: string, uid: string): Answer {
  return jsonAnswer(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(type, name), uid },
  });
}
