/**
 * DELETE of all objects of a kind that selectors pick.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-deletion
 */

import type { World } from '../world/world.ts';
import type { Answer, HttpRequest } from './answer.ts';
import { deleteObject } from './delete-object.ts';
import { type ListPages, listObjects } from './read-objects.ts';
import type { ResourceType } from './resources.ts';
import { methodNotAllowed } from './status.ts';

type Listed = { readonly items: readonly { readonly metadata: { readonly name: string } }[] };

/**
 * Deletes each as if it alone were asked for, by the same options, and answers with the list as it was before. The first that cannot be
 * deleted ends it with its answer; those before it are deleted then. Without a namespace there is no such request where objects have one.
 */
export function deleteCollection(
  world: World,
  pages: ListPages,
  type: ResourceType,
  namespace: string | undefined,
  request: HttpRequest,
): Answer {
  const isScoped = type.namespaced === (namespace !== undefined);
  if (!isScoped || !type.verbs.includes('deletecollection')) return methodNotAllowed();
  const listed = listObjects(world, pages, type, namespace, request.query);
  if (listed.status !== 200) return listed;
  for (const { metadata } of (listed.body as Listed).items) {
    const deleted = deleteObject(world, { type, namespace, name: metadata.name }, request);
    if (deleted.status >= 400 && deleted.status !== 404) return deleted;
  }
  return listed;
}
