/**
 * Tokens of service accounts: asked for with serviceaccounts/token, and the user that such a token stands for.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
import { createHmac } from 'node:crypto';
import { kubernetesTime } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import { readObject } from './read-body.ts';
import type { Target } from './resources.ts';
import type { User } from './rights.ts';
import { invalid, notFound } from './status.ts';

/** No secret: whoever reaches the simulated server may do with it what they like. It tells its tokens from other texts. */
const signingKey = 'tokens of a simulated fleet';

const usualSeconds = 3600;
const leastSeconds = 600;

/** The groups of every service account of a namespace. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}

/** POST serviceaccounts/token: 201 with a token that lasts for spec.expirationSeconds of the world's time; 404, 422 below ten minutes. */
export function createToken(world: World, target: Target, request: HttpRequest): Answer {
  const asked = readObject({ ...target.type, kind: 'TokenRequest' }, request.body);
  if (asked.kind === 'refused') return asked.answer;
  const { namespace = 'default', name } = target;
  const account = world.store.get('ServiceAccount', namespace, name);
  if (account === undefined) return notFound(target.type, name);
  const spec = isJsonObject(asked.object.spec) ? asked.object.spec : {};
  const seconds = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : usualSeconds;
  if (seconds < leastSeconds) return tooShort(target, seconds);
  const nowSeconds = Math.floor(world.nowMs() / 1000);
  const claims = {
    aud: Array.isArray(spec.audiences) ? spec.audiences : ['https://kubernetes.default.svc'],
    exp: nowSeconds + seconds,
    iat: nowSeconds,
    iss: 'https://kubernetes.default.svc',
    'kubernetes.io': { namespace, serviceaccount: { name, uid: account.metadata.uid } },
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  return jsonAnswer(201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: kubernetesTime(world.nowMs()) },
    spec: { audiences: claims.aud, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token: sign(claims), expirationTimestamp: kubernetesTime(claims.exp * 1000) },
  });
}

function tooShort(target: Target, seconds: number): Answer {
  const type = { ...target.type, group: 'authentication.k8s.io', kind: 'TokenRequest' };
  const message = `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`;
  const cause = { reason: 'FieldValueInvalid', message, field: 'spec.expirationSeconds' };
  return invalid(type, target.name, [cause], type.kind);
}

function sign(claims: JsonObject): string {
  const head = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const text = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${text}.${signatureOf(text)}`;
}

function signatureOf(text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('base64url');
}

/** The service account of a token, undefined when it is none of ours, when its time is over or the account is another or gone. */
export function readServiceAccountToken(world: World, token: string): User | undefined {
  const [head, payload, signature] = token.split('.');
  if (payload === undefined || signature !== signatureOf(`${head}.${payload}`)) return undefined;
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'))?.value;
  if (!isJsonObject(claims) || typeof claims.exp !== 'number' || claims.exp * 1000 < world.nowMs())
    return undefined;
  const about = claims['kubernetes.io'];
  if (!isJsonObject(about) || !isJsonObject(about.serviceaccount)) return undefined;
  const namespace = String(about.namespace);
  const account = world.store.get('ServiceAccount', namespace, String(about.serviceaccount.name));
  if (account === undefined || account.metadata.uid !== about.serviceaccount.uid) return undefined;
  return { name: String(claims.sub), uid: account.metadata.uid, groups: serviceAccountGroups(namespace) };
}
