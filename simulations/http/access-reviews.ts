/**
 * Who am I, what may I do: the kinds that are posted as a question and answered with the same object and a status.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
import { kubernetesTime } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { readObject } from './read-body.ts';
import type { Attributes } from './request-attributes.ts';
import { groupVersion, type ResourceType } from './resources.ts';
import { decide, type Rule, rulesFor, type User } from './rights.ts';
import { badRequest, invalid } from './status.ts';
import { type TokenUser, userOfToken } from './users.ts';

/** What a review needs besides the request. */
export type Reviewing = {
  readonly world: World;
  readonly users: readonly TokenUser[] | undefined;
  readonly user: User;
};

/** 201 with the review and its status; 400 or 422 for a question that cannot be read. */
export function answerReview(
  reviewing: Reviewing,
  type: ResourceType,
  namespace: string | undefined,
  request: HttpRequest,
): Answer {
  const body = readObject(type, request.body);
  if (body.kind === 'refused') return body.answer;
  const spec = isJsonObject(body.object.spec) ? body.object.spec : {};
  switch (type.kind) {
    case 'SelfSubjectReview':
      return reviewed(type, { creationTimestamp: kubernetesTime(reviewing.world.nowMs()) }, undefined, {
        userInfo: shownUser(reviewing.user),
      });
    case 'TokenReview':
      return reviewed(type, {}, { token: spec.token }, tokenStatus(reviewing, spec.token));
    case 'SelfSubjectRulesReview':
      return typeof spec.namespace === 'string' && spec.namespace !== ''
        ? reviewed(type, {}, {}, rulesStatus(rulesFor(reviewing.world, reviewing.user, spec.namespace)))
        : badRequest('no namespace on request');
    case 'SelfSubjectAccessReview':
      return answerAccess(reviewing.world, type, reviewing.user, spec);
    case 'LocalSubjectAccessReview':
      return answerLocal(reviewing.world, type, namespace, spec);
    default:
      return answerSubject(reviewing.world, type, spec);
  }
}

function reviewed(
  type: ResourceType,
  metadata: JsonObject,
  spec: JsonObject | undefined,
  status: JsonObject,
): Answer {
  return jsonAnswer(201, {
    kind: type.kind,
    apiVersion: groupVersion(type),
    metadata,
    ...(spec === undefined ? {} : { spec }),
    status,
  });
}

function shownUser({ name, uid, groups, extra }: User): JsonObject {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}

function tokenStatus({ world, users }: Reviewing, token: unknown): JsonObject {
  const user = userOfToken(world, users ?? [], String(token));
  return user === undefined
    ? { user: {}, error: 'invalid bearer token' }
    : { authenticated: true, user: shownUser(user), audiences: ['https://kubernetes.default.svc'] };
}

/** Rules of paths apart from rules of resources, each without the lists that do not concern it. */
function rulesStatus(rules: readonly Rule[]): JsonObject {
  return {
    resourceRules: rules
      .filter((rule) => rule.resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames.length === 0 ? {} : { resourceNames }),
      })),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function answerLocal(
  world: World,
  type: ResourceType,
  namespace: string | undefined,
  spec: JsonObject,
): Answer {
  const asked = isJsonObject(spec.resourceAttributes) ? spec.resourceAttributes : {};
  if (asked.namespace === namespace) return answerSubject(world, type, spec);
  const message = `Invalid value: ${JSON.stringify(asked.namespace ?? '')}: must match metadata.namespace`;
  return refusedSpec(type, 'spec.resourceAttributes.namespace', message);
}

function answerSubject(world: World, type: ResourceType, spec: JsonObject): Answer {
  const groups = Array.isArray(spec.groups) ? spec.groups.map(String) : [];
  const name = String(spec.user ?? '');
  if (name === '' && groups.length === 0)
    return refusedSpec(
      type,
      'spec.user',
      'Invalid value: "": at least one of user or group must be specified',
    );
  return answerAccess(world, type, { name, groups }, spec);
}

function answerAccess(world: World, type: ResourceType, user: User, spec: JsonObject): Answer {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isJsonObject(resource) && isJsonObject(path))
    return refusedSpec(
      type,
      'spec.nonResourceAttributes',
      `Invalid value: ${JSON.stringify(path)}: cannot be specified in combination with resourceAttributes`,
    );
  const attributes = isJsonObject(resource)
    ? resourceAsked(resource)
    : isJsonObject(path)
      ? pathAsked(path)
      : undefined;
  if (attributes === undefined)
    return refusedSpec(
      type,
      'spec.resourceAttributes',
      'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  const { allowed, reason } = decide(world, user, attributes);
  const shown = Object.entries(spec).map(([field, value]) => [
    field,
    isJsonObject(value) ? withoutEmpty(value) : value,
  ]);
  return reviewed(type, {}, Object.fromEntries(shown), { allowed, ...(reason === '' ? {} : { reason }) });
}

function refusedSpec(type: ResourceType, field: string, message: string): Answer {
  return invalid(type, '', [{ reason: 'FieldValueInvalid', message, field }], type.kind);
}

function resourceAsked(asked: JsonObject): Attributes {
  const text = (field: string) => String(asked[field] ?? '');
  return {
    kind: 'resource',
    verb: text('verb'),
    group: text('group'),
    version: text('version'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
  };
}

function pathAsked(asked: JsonObject): Attributes {
  return { kind: 'path', verb: String(asked.verb ?? ''), path: String(asked.path ?? '') };
}

/** Go leaves out fields that are empty. */
function withoutEmpty(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}
