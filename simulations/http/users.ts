/**
 * Who asks: bearer tokens, service accounts, anonymous, and who speaks in another's name.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 */

import type { World } from '../world/world.ts';
import type { Answer, HttpRequest } from './answer.ts';
import { decide, mastersGroup, type User } from './rights.ts';
import { readServiceAccountToken, serviceAccountGroups } from './service-account-tokens.ts';
import { forbidden, unauthorized } from './status.ts';

/** One line of a token file: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file */
export type TokenUser = User & { readonly token: string };

/**
 * Everyone, where no users are set up: as with --authorization-mode=AlwaysAllow. Tokens are not looked at then, so that a
 * client can be pointed at a simulated fleet as it is.
 */
const everyone: User = { name: 'system:anonymous', groups: [mastersGroup, 'system:unauthenticated'] };

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export type Asking =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** Who sends `request`: 401 for a token that is nobody's, 403 for speaking as somebody else without the right to. */
export function whoAsks(world: World, users: readonly TokenUser[] | undefined, request: HttpRequest): Asking {
  const bearer = /^bearer +(\S+)/i.exec(request.headers.authorization ?? '')?.[1];
  const user =
    users === undefined ? everyone : bearer === undefined ? anonymous : userOfToken(world, users, bearer);
  if (user === undefined) return { kind: 'refused', answer: unauthorized() };
  const wanted = request.headers['impersonate-user'];
  return wanted === undefined ? { kind: 'user', user } : speakAs(world, user, wanted, request);
}

/** The user of a bearer token, undefined when it is nobody's. */
export function userOfToken(world: World, users: readonly TokenUser[], token: string): User | undefined {
  const found = users.find((user) => user.token === token);
  if (found === undefined) return readServiceAccountToken(world, token);
  const { token: _token, ...user } = found;
  return { ...user, groups: withAuthenticated(user.groups) };
}

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
}

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
function speakAs(world: World, user: User, name: string, request: HttpRequest): Asking {
  const named = request.headers['impersonate-group'];
  const groups = named === undefined ? [] : named.split(', ');
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const asked = [
    account === null
      ? { resource: 'users', namespace: '', name }
      : { resource: 'serviceaccounts', namespace: account[1] ?? '', name: account[2] ?? '' },
    ...groups.map((group) => ({ resource: 'groups', namespace: '', name: group })),
  ];
  for (const one of asked) {
    const attributes = {
      kind: 'resource',
      verb: 'impersonate',
      group: '',
      version: 'v1',
      subresource: '',
      ...one,
    } as const;
    const decision = decide(world, user, attributes);
    if (!decision.allowed)
      return { kind: 'refused', answer: forbidden(user.name, attributes, decision.reason) };
  }
  if (name === anonymous.name) return { kind: 'user', user: anonymous };
  const own = account === null || groups.length > 0 ? groups : serviceAccountGroups(account[1] ?? '');
  return { kind: 'user', user: { name, groups: withAuthenticated(own) } };
}
