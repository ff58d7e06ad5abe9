/**
 * DELETE of one object, with its preconditions.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-deletion
 */
import { finishDeletion } from '../world/finish-deletion.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { collectDependents } from './collect-dependents.ts';
import { isJsonObject, parseJson } from './json.ts';
import { shownObject } from './read-objects.ts';
import type { Target } from './resources.ts';
import { deletedStatus, notFound, preconditionFailed } from './status.ts';

/** DELETE: UID and resourceVersion preconditions; pods go gracefully (the object is answered), all others at once, unless a finalizer holds them. */
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
  const dryRun =
    request.query.getAll('dryRun').includes('All') ||
    (Array.isArray(options.dryRun) && options.dryRun.includes('All'));
  if (dryRun) return deletedStatus(type, name, uid);
  finishDeletion(world, current);
  const held = world.store.get(type.kind, namespace, name);
  if (held !== undefined) return jsonAnswer(200, shownObject(type, held));
  const isLeft = options.propagationPolicy === 'Orphan' || options.orphanDependents === true;
  if (!isLeft && type.group === 'apps') collectDependents(world, uid);
  return deletedStatus(type, name, uid);
}
