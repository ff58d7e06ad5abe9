/**
 * POST pods/binding: the one way in which a pod gets its node.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/storage.go (BindingREST)
 */
import { assignNode } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject } from './json.ts';
import { readObject } from './read-body.ts';
import type { Target } from './resources.ts';
import { badRequest, cannotBind, notFound } from './status.ts';

/** 201 once the pod has its node; 404, or 409 for a pod that has one already or is being deleted. */
export function bindPod(world: World, { type, namespace, name }: Target, request: HttpRequest): Answer {
  const asked = readObject({ ...type, kind: 'Binding' }, request.body);
  if (asked.kind === 'refused') return asked.answer;
  const node = isJsonObject(asked.object.target) ? asked.object.target.name : undefined;
  if (typeof node !== 'string' || node === '') return badRequest('target.name: Required value');
  const pod = world.store.get('Pod', namespace, name);
  if (pod === undefined) return notFound(type, name);
  if (pod.metadata.deletionTimestamp !== undefined)
    return cannotBind(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName !== undefined)
    return cannotBind(name, `pod ${name} is already assigned to node "${String(pod.spec.nodeName)}"`);
  assignNode(world, pod, node);
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}
