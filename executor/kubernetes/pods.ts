/**
 * Pods and what brings them back: read, and the wanted number of their owner.
 */
import { z } from 'zod';
import type { KubernetesPort, Ordinals, PodView } from '../ports.ts';
import { getObject, isMissing, listObjects } from './objects.ts';
import { type Rest, unexpected } from './rest.ts';
import { parseAs, toPodView } from './translate.ts';

type PodQuery = Parameters<KubernetesPort['listPods']>[0];
type ReplicasOwner = Parameters<KubernetesPort['getReplicas']>[0];
type StatefulSetScale = Parameters<KubernetesPort['scaleStatefulSet']>[0];

const replicasSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), deletionTimestamp: z.string().nullish() }),
  spec: z.object({
    replicas: z.number().int().nullish(),
    ordinals: z.object({ start: z.number().int().nullish() }).nullish(),
  }),
});

/** Returns one pod; undefined: there is none of that name. */
export async function getPod(rest: Rest, namespace: string, name: string): Promise<PodView | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const pod = await getObject(rest, path, name);
  return pod === undefined ? undefined : toPodView(pod);
}

/** Returns the pods that a query picks; an empty query picks all of them. */
export async function listPods(rest: Rest, query: PodQuery): Promise<readonly PodView[]> {
  const labels = Object.entries(query.labels ?? {});
  const pods = await listObjects(rest, {
    apiVersion: 'v1',
    kind: 'Pod',
    path:
      query.namespace === undefined
        ? '/api/v1/pods'
        : `/api/v1/namespaces/${encodeURIComponent(query.namespace)}/pods`,
    query: {
      ...(labels.length === 0 ? {} : { labelSelector: labels.map(([k, v]) => `${k}=${v}`).join(',') }),
      ...(query.node === undefined ? {} : { fieldSelector: `spec.nodeName=${query.node}` }),
    },
  });
  const views = pods.map(toPodView);
  const { namedAfter } = query;
  return namedAfter === undefined ? views : views.filter((pod) => ownerInName(pod) === namedAfter);
}

/** Returns the owner after which a pod's name was made up; undefined: it has a name of its own. */
export function ownerInName({
  name,
  ownerKind,
}: {
  readonly name: string;
  readonly ownerKind?: string | undefined;
}): string | undefined {
  return ownerKind === 'ReplicaSet' || ownerKind === 'Job' ? name.slice(0, name.lastIndexOf('-')) : undefined;
}

/** Returns the wanted replicas (1 where not written, as Kubernetes defaults it); undefined: no such owner, or it is being deleted. */
export async function getReplicas(rest: Rest, owner: ReplicasOwner): Promise<number | undefined> {
  const plural = owner.kind === 'ReplicaSet' ? 'replicasets' : 'statefulsets';
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(owner.namespace)}/${plural}/${encodeURIComponent(owner.name)}`;
  return (await getOwner(rest, path, owner.name))?.replicas;
}

/** Returns which members a StatefulSet wants (the first has ordinal 0 where nothing is written); undefined: as above. */
export async function getOrdinals(
  rest: Rest,
  { namespace, name }: Parameters<KubernetesPort['getOrdinals']>[0],
): Promise<Ordinals | undefined> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/statefulsets/${encodeURIComponent(name)}`;
  return getOwner(rest, path, name);
}

/**
 * One that is being deleted brings no pod back any more: its controller leaves it alone.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/statefulset/stateful_set_control.go (performUpdate, updateStatefulSet)
 */
async function getOwner(rest: Rest, path: string, name: string): Promise<Ordinals | undefined> {
  const found = await getObject(rest, path, name);
  if (found === undefined) return undefined;
  const { metadata, spec } = parseAs(replicasSchema, found);
  return metadata.deletionTimestamp ? undefined : ordinalsOf(spec);
}

function ordinalsOf({ replicas, ordinals }: z.infer<typeof replicasSchema>['spec']): Ordinals {
  return { first: ordinals?.start ?? 0, replicas: replicas ?? 1 };
}

/** Sets replicas and, if given, the first ordinal (stable since Kubernetes 1.31: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal). */
export async function scaleStatefulSet(
  rest: Rest,
  set: StatefulSetScale,
): Promise<'done' | 'conflict' | 'gone'> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(set.namespace)}/statefulsets/${encodeURIComponent(set.name)}`;
  const found = await getObject(rest, path, set.name);
  if (found === undefined) return 'gone';
  const { metadata, spec } = parseAs(replicasSchema, found);
  const { resourceVersion } = metadata;
  const { first, replicas } = ordinalsOf(spec);
  if (replicas !== (set.replicasBefore ?? replicas)) return 'conflict';
  if (first !== (set.firstOrdinalBefore ?? first)) return 'conflict';
  const ordinals = set.firstOrdinal === undefined ? {} : { ordinals: { start: set.firstOrdinal } };
  const answer = await rest.send({
    method: 'PATCH',
    path,
    body: { metadata: { resourceVersion }, spec: { replicas: set.replicas, ...ordinals } },
  });
  if (answer.status === 200) return 'done';
  if (answer.status === 409) return 'conflict';
  if (isMissing(answer, set.name)) return 'gone';
  throw unexpected(answer);
}
