/**
 * All objects that planning reads, as a dump by kubectl would have them, without what must not leave the cluster:
 * no env values of containers, no contents of ConfigMaps. Secrets are never asked for.
 */
import type { KubernetesObject } from '../ports.ts';
import { listPages } from './objects.ts';
import type { Rest } from './rest.ts';

/**
 * Those on which Patroni writes where its leader stands come before the pods, on which the members write where they stand: read the other
 * way round, all that was written in between (a large fleet takes half a minute) would look like lag.
 */
const kinds = [
  { apiVersion: 'v1', kind: 'Endpoints', path: '/api/v1/endpoints' },
  { apiVersion: 'v1', kind: 'ConfigMap', path: '/api/v1/configmaps' },
  { apiVersion: 'v1', kind: 'Node', path: '/api/v1/nodes' },
  { apiVersion: 'v1', kind: 'Pod', path: '/api/v1/pods' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', path: '/api/v1/persistentvolumeclaims' },
  { apiVersion: 'v1', kind: 'PersistentVolume', path: '/api/v1/persistentvolumes' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', path: '/apis/policy/v1/poddisruptionbudgets' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', path: '/apis/apps/v1/statefulsets' },
  { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', path: '/apis/storage.k8s.io/v1/csinodes' },
] as const;

/**
 * Returns the objects of all kinds, or gives them to `take` page by page and returns none; throws OutsideError when one kind cannot be
 * listed. A kind left out because of missing rights would look like a fleet without budgets or volumes.
 */
export async function listFleetObjects(
  rest: Rest,
  take?: (page: readonly KubernetesObject[]) => void,
): Promise<readonly KubernetesObject[]> {
  const kept: KubernetesObject[] = [];
  const takePage = take ?? ((page: readonly KubernetesObject[]) => void kept.push(...page));
  // One kind after the other: the answers of all at once would be there together, and the rate limit is the same for both.
  for (const kind of kinds) {
    for await (const page of listPages(rest, kind)) takePage(page.objects.map(withoutContents));
  }
  return kept;
}

/** Pure: the object without managedFields, ConfigMap contents and env values. */
export function withoutContents(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  if (object.kind === 'ConfigMap') {
    const { data: _contents, binaryData: _binary, ...rest } = object;
    return { ...rest, metadata };
  }
  if (object.kind === 'Pod') return { ...object, metadata, spec: withoutEnv(object.spec) };
  if (object.kind === 'StatefulSet') {
    const spec = isRecord(object.spec) ? object.spec : {};
    const template = isRecord(spec.template) ? spec.template : {};
    return {
      ...object,
      metadata,
      spec: { ...spec, template: { ...template, spec: withoutEnv(template.spec) } },
    };
  }
  return { ...object, metadata };
}

function withoutEnv(spec: unknown): unknown {
  if (!isRecord(spec)) return spec;
  const cut: Record<string, unknown> = { ...spec };
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    const containers = spec[list];
    if (!Array.isArray(containers)) continue;
    cut[list] = containers.map((container: unknown) => {
      if (!isRecord(container)) return container;
      const { env: _env, envFrom: _envFrom, ...rest } = container;
      return rest;
    });
  }
  return cut;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
