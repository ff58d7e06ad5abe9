/** The world as a Kubernetes API server: one request in, one reply out. Sends nothing itself (listen.ts does). */

import { createRandom, type Random } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { answerReview } from './access-reviews.ts';
import { type HttpRequest, type Reply, withWarning } from './answer.ts';
import { bindPod } from './bind-pod.ts';
import { createDefaultRights } from './default-rights.ts';
import { deleteCollection } from './delete-collection.ts';
import { deleteObject } from './delete-object.ts';
import { documentAt, unknownPath } from './discovery.ts';
import { keepEndpointSlices } from './endpoint-slices.ts';
import { findNamespaces } from './find-namespaces.ts';
import { keepRollouts, rolledOutKinds } from './keep-rollouts.ts';
import type { WallClock } from './pacer.ts';
import { type Address, readPath } from './paths.ts';
import { withJsonBody } from './protobuf-body.ts';
import { isFlagOn } from './query-flag.ts';
import { createListPages, getObject, type ListPages, listObjects } from './read-objects.ts';
import { attributesOf } from './request-attributes.ts';
import { decide, type User } from './rights.ts';
import { createToken } from './service-account-tokens.ts';
import { shownAs } from './shown-as.ts';
import { badRequest, forbidden, methodNotAllowed, resourceNotFound } from './status.ts';
import { evictPod, getScale, writeScale } from './subresources.ts';
import { type TokenUser, whoAsks } from './users.ts';
import { watchObjects } from './watch.ts';
import { refuseContainers } from './without-containers.ts';
import { createObject, patchObject, replaceObject } from './write-objects.ts';

type Served = {
  readonly world: World;
  readonly clock: WallClock;
  readonly pages: ListPages;
  readonly names: Random;
  readonly users: readonly TokenUser[] | undefined;
};

/**
 * Returns the function that answers requests of the Kubernetes API on `world`. With `users`, a request is let through by the
 * roles and bindings of the world alone (the default ones are added to it); without, everybody may do everything, as with
 * --authorization-mode=AlwaysAllow, and tokens are not looked at.
 */
export function kubernetesServer(
  world: World,
  clock: WallClock,
  users?: readonly TokenUser[],
): (request: HttpRequest) => Reply {
  if (users !== undefined) createDefaultRights(world);
  const served: Served = {
    world,
    clock,
    pages: createListPages(),
    // Of their own, so that a posted object changes nothing else in a seeded world.
    names: createRandom(1).fork('names of posted objects'),
    users,
  };
  return (sent) => {
    const request = withJsonBody(sent);
    if (request === undefined) return badRequest('the body is no protobuf of a kind that is served');
    const asking = whoAsks(world, users, request);
    if (asking.kind === 'refused') return asking.answer;
    const attributes = attributesOf(request);
    const decision = decide(world, asking.user, attributes);
    return decision.allowed
      ? answerRequest(served, asking.user, request)
      : forbidden(asking.user.name, attributes, decision.reason);
  };
}

function answerRequest(served: Served, user: User, request: HttpRequest): Reply {
  const address = readPath(request.path);
  switch (address.kind) {
    case 'document':
      return request.method === 'GET'
        ? documentAt(address.path, request.query.has('verbose'), request.headers.accept ?? '')
        : methodNotAllowed();
    case 'unknown-path':
      return unknownPath();
    case 'unknown-resource':
      return resourceNotFound();
    case 'collection':
    case 'object': {
      const { deprecation } = address.type;
      const plain = answerResource(served, user, address, request);
      const reply =
        plain.kind === 'answer' && request.method === 'GET'
          ? shownAs(plain, address.type.kind, served.world.nowMs(), request)
          : plain;
      return deprecation === undefined ? reply : withWarning(reply, deprecation);
    }
  }
}

function answerResource(
  served: Served,
  user: User,
  address: Extract<Address, { kind: 'collection' | 'object' }>,
  request: HttpRequest,
): Reply {
  if (address.type.kind === 'EndpointSlice') keepEndpointSlices(served.world);
  if (address.type.kind === 'Namespace') findNamespaces(served.world);
  if (rolledOutKinds.has(address.type.kind)) keepRollouts(served.world);
  if (address.kind === 'object')
    return address.subresource === undefined
      ? answerObject(served, address, request)
      : answerSubresource(served, address, request);
  return address.type.verbs.includes('list')
    ? answerCollection(served, address, request)
    : answerQuestion(served, user, address, request);
}

function answerQuestion(
  { world, users }: Served,
  user: User,
  { type, namespace }: Extract<Address, { kind: 'collection' }>,
  request: HttpRequest,
): Reply {
  if (request.method !== 'POST' || type.namespaced !== (namespace !== undefined)) return methodNotAllowed();
  return answerReview({ world, users, user }, type, namespace, request);
}

function answerCollection(
  served: Served,
  address: Extract<Address, { kind: 'collection' }>,
  request: HttpRequest,
): Reply {
  const { world, clock, pages, names } = served;
  const { type, namespace } = address;
  switch (request.method) {
    case 'GET': {
      return isFlagOn(request.query.get('watch'))
        ? watchObjects(world, clock, type, namespace, request)
        : listObjects(world, pages, type, namespace, request.query);
    }
    case 'POST':
      return type.namespaced && namespace === undefined
        ? methodNotAllowed()
        : createObject(world, names, type, namespace, request);
    case 'DELETE':
      return deleteCollection(world, pages, type, namespace, request);
    default:
      return methodNotAllowed();
  }
}

function answerObject(
  served: Served,
  address: Extract<Address, { kind: 'object' }>,
  request: HttpRequest,
): Reply {
  switch (request.method) {
    case 'GET':
      return getObject(served.world, address.type, address.namespace, address.name);
    case 'PUT':
      return replaceObject(served.world, address, 'object', request);
    case 'PATCH':
      return patchObject(served.world, address, 'object', request);
    case 'DELETE':
      return deleteObject(served.world, address, request);
    default:
      return methodNotAllowed();
  }
}

function answerSubresource(
  served: Served,
  address: Extract<Address, { kind: 'object' }>,
  request: HttpRequest,
): Reply {
  const { world } = served;
  const subresource = address.type.subresources.find((one) => one === address.subresource);
  const asked = `${request.method} ${subresource ?? ''}`;
  switch (asked) {
    case 'POST binding':
      return bindPod(world, address, request);
    case 'POST eviction':
      return evictPod(world, address, request);
    case 'POST token':
      return createToken(world, address, request);
    case 'GET scale':
      return getScale(world, address);
    case 'PUT scale':
    case 'PATCH scale':
      return writeScale(world, address, request);
    case 'GET status':
      return getObject(world, address.type, address.namespace, address.name);
    case 'PUT status':
      return replaceObject(world, address, 'status', request);
    case 'PATCH status':
      return patchObject(world, address, 'status', request);
    default:
      return subresource === undefined
        ? (refuseContainers(world, address) ?? resourceNotFound())
        : methodNotAllowed();
  }
}
