/** The objects that the recorded requests speak of, under their recorded names and UIDs, as far as the answers depend on them. */
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { recorded } from './recordings.ts';

type Fields = { readonly [field: string]: unknown };

/** Virtual time of the recordings. */
export const recordedAtMs = Date.UTC(2026, 10, 22, 22, 3, 0);
const created = '2026-11-22T22:00:00Z';

function object(apiVersion: string, kind: string, name: string, rest: Fields & { metadata?: Fields }) {
  const { metadata, ...fields } = rest;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: 'rec',
      uid: `uid-of-${kind}-${name}`.toLowerCase(),
      resourceVersion: '1900',
      creationTimestamp: created,
      ...metadata,
    },
    ...fields,
  };
}

function pod(
  name: string,
  app: string,
  options: { uid?: string; ready?: boolean; phase?: string; extra?: string } = {},
) {
  const ready = options.ready ?? true;
  const labels = { app, ...(options.extra === undefined ? {} : { also: options.extra }) };
  return object('v1', 'Pod', name, {
    metadata: {
      labels,
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      resourceVersion: '1874',
    },
    spec: {
      containers: [{ name: 'main', image: 'none' }],
      terminationGracePeriodSeconds: 2,
      ...(options.phase === 'Pending' ? {} : { nodeName: 'old-z1' }),
    },
    status: {
      phase: options.phase ?? 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  });
}

type BudgetNumbers = {
  minAvailable: number;
  healthy: number;
  expected: number;
  labels: Fields;
  policy?: string;
};

function budget(name: string, numbers: BudgetNumbers, generation = 1) {
  const { minAvailable, healthy, expected, labels, policy } = numbers;
  return object('policy/v1', 'PodDisruptionBudget', name, {
    metadata: { generation },
    spec: {
      minAvailable,
      selector: { matchLabels: labels },
      ...(policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy }),
    },
    status: {
      observedGeneration: 1,
      disruptionsAllowed: Math.max(0, healthy - minAvailable),
      currentHealthy: healthy,
      desiredHealthy: minAvailable,
      expectedPods: expected,
      conditions: [],
    },
  });
}

/** Every object of the recordings' namespace `rec`, the node old-z1 and one StatefulSet with its primary. */
export function recordedObjects(): Fields[] {
  const app = (name: string) => ({ app: name });
  return [
    recorded('kubernetes/029-node-get').response.body as Fields,
    pod('free-86969874-76shx', 'free', { uid: '33a7624c-ce82-4dd6-b483-e11ed77c639e' }),
    pod('free-86969874-7lrrw', 'free', { uid: '8b76db31-9a4c-4ab5-b005-8dfa1fa6d0cc' }),
    pod('free-86969874-fn7bz', 'free'),
    pod('free-86969874-hqljt', 'free', { uid: '4c6c5703-8ce5-4b98-ae75-121c539d76b3' }),
    ...['49htq', '5h7jg', 'j5fqk'].map((end) => pod(`tight-6857975884-${end}`, 'tight')),
    budget('tight', { minAvailable: 3, healthy: 3, expected: 3, labels: app('tight') }),
    ...['589r2', 'sxbbq', 'zzzzz'].map((end) => pod(`roomy-b7bfc578-${end}`, 'roomy')),
    budget('roomy', { minAvailable: 2, healthy: 3, expected: 3, labels: app('roomy') }),
    pod('twice-6b897c87b-2hxjx', 'twice', { extra: 'yes' }),
    budget('twice-a', { minAvailable: 0, healthy: 1, expected: 1, labels: app('twice') }),
    budget('twice-b', { minAvailable: 0, healthy: 1, expected: 1, labels: { also: 'yes' } }),
    pod('sick-default-754ccc5647-cjszd', 'sick-default', { ready: false }),
    budget('sick-default', { minAvailable: 1, healthy: 0, expected: 1, labels: app('sick-default') }),
    pod('sick-always-57fbb475c-qpxjm', 'sick-always', { ready: false }),
    budget('sick-always', {
      minAvailable: 1,
      healthy: 0,
      expected: 1,
      labels: app('sick-always'),
      policy: 'AlwaysAllow',
    }),
    pod('sick-budget-ok-7c7b5548cd-6scgf', 'sick-budget-ok', { ready: false }),
    budget('sick-budget-ok', {
      minAvailable: 0,
      healthy: 0,
      expected: 1,
      labels: app('sick-budget-ok'),
      policy: 'IfHealthyBudget',
    }),
    pod('mixed-sick-bccb5c997-jmvkz', 'mixed', { ready: false }),
    ...['a', 'b'].map((end) => pod(`mixed-ok-d44c4c87b-${end}`, 'mixed')),
    budget('mixed', { minAvailable: 2, healthy: 2, expected: 3, labels: app('mixed') }),
    pod('pending', 'pending', { phase: 'Pending', ready: false }),
    ...acid(),
    ...drainersRights(),
  ];
}

function acid(): Fields[] {
  const labels = { application: 'spilo', 'cluster-name': 'acid-a' };
  const inDefault = (one: ReturnType<typeof object>) => ({
    ...one,
    metadata: { ...one.metadata, namespace: 'default' },
  });
  const primary = pod('acid-a-0', 'acid');
  const primaryLabels = { ...labels, 'spilo-role': 'master' };
  return [
    inDefault(
      object('apps/v1', 'StatefulSet', 'acid-a', {
        metadata: { generation: 1 },
        spec: {
          replicas: 3,
          selector: { matchLabels: labels },
          serviceName: 'acid-a',
          template: { metadata: { labels } },
        },
        status: { replicas: 3, readyReplicas: 3 },
      }),
    ),
    inDefault({ ...primary, metadata: { ...primary.metadata, labels: primaryLabels } } as ReturnType<
      typeof object
    >),
    inDefault(
      budget('postgres-acid-a-pdb', { minAvailable: 1, healthy: 1, expected: 1, labels: primaryLabels }),
    ),
  ];
}

/** What the recorded drainer may do: the rules of its own that the server told it, without those that everybody has. */
function drainersRights(): Fields[] {
  type Rules = { status: { resourceRules: { apiGroups: string[] }[] } };
  const told = recorded('kubernetes/025-ssrr-drainer').response.body as Rules;
  const rules = told.status.resourceRules.filter(({ apiGroups }) => !/^auth/.test(String(apiGroups)));
  const group = 'rbac.authorization.k8s.io';
  return [
    object(`${group}/v1`, 'ClusterRole', 'lab-drainer', { metadata: { namespace: undefined }, rules }),
    object(`${group}/v1`, 'ClusterRoleBinding', 'lab-drainer', {
      metadata: { namespace: undefined },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'lab-drainer' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'drainer' }],
    }),
  ];
}

/** The lease of the recordings, as it stood at that version. */
export function recordedLease(resourceVersion: string): Fields {
  return object('coordination.k8s.io/v1', 'Lease', 'steering', {
    metadata: { resourceVersion },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
  });
}

/** A world of the recorded objects, with `change` made to them first. */
export function recordedWorld(change: (objects: Fields[]) => Fields[] = (objects) => objects): World {
  return createWorld({ objects: change(recordedObjects()), startMs: recordedAtMs });
}
