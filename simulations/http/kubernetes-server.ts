/** The world as a Kubernetes API server: one request in, one reply out. Sends nothing itself (listen.ts does). */

import { createRandom, type Random } from '../world/random.ts';
import type { World } from '../world/world.ts';
import type { HttpRequest, Reply } from './answer.ts';
import { documentAt, unknownPath } from './discovery.ts';
import type { WallClock } from './pacer.ts';
import { type Address, readPath } from './paths.ts';
import { createListPages, getObject, type ListPages, listObjects } from './read-objects.ts';
import { methodNotAllowed, resourceNotFound } from './status.ts';
import { evictPod, getScale, writeScale } from './subresources.ts';
import { watchObjects } from './watch.ts';
import { createObject, deleteObject, patchObject, replaceObject } from './write-objects.ts';

type Served = {
  readonly world: World;
  readonly clock: WallClock;
  readonly pages: ListPages;
  readonly names: Random;
};

/** Returns the function that answers requests of the Kubernetes API on `world`. */
export function kubernetesServer(world: World, clock: WallClock): (request: HttpRequest) => Reply {
  const served: Served = {
    world,
    clock,
    pages: createListPages(),
    // Of their own, so that a posted object changes nothing else in a seeded world.
    names: createRandom(1).fork('names of posted objects'),
  };
  return (request) => {
    const address = readPath(request.path);
    switch (address.kind) {
      case 'document':
        return request.method === 'GET'
          ? documentAt(address.path, request.query.has('verbose'))
          : methodNotAllowed();
      case 'unknown-path':
        return unknownPath();
      case 'unknown-resource':
        return resourceNotFound();
      case 'collection':
        return answerCollection(served, address, request);
      case 'object':
        return address.subresource === undefined
          ? answerObject(served, address, request)
          : answerSubresource(served, address, request);
    }
  };
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
      const watch = request.query.get('watch');
      return watch === '1' || watch === 'true'
        ? watchObjects(world, clock, type, namespace, request.query)
        : listObjects(world, pages, type, namespace, request.query);
    }
    case 'POST':
      return type.namespaced && namespace === undefined
        ? methodNotAllowed()
        : createObject(world, names, type, namespace, request);
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
    case 'POST eviction':
      return evictPod(world, address, request);
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
      return subresource === undefined ? resourceNotFound() : methodNotAllowed();
  }
}
