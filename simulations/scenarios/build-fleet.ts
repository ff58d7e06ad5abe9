/**
 * Builds small fleets as the objects that kubectl prints: nodes, Patroni clusters as Zalando's operator sets them up, and the
 * usual neighbours. Everything follows from the arguments.
 */
import { kubernetesTime } from '../world/object-store.ts';
import { hashText } from '../world/random.ts';

export type FleetObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
};

/** All fleets of scenarios were created at this moment, a day before their simulations begin. */
const CREATED_MS = Date.UTC(2026, 10, 22, 8);

export type NodeWanted = {
  readonly name: string;
  readonly zone: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly memory?: string;
};

/** A Ready node with 16 CPUs and 64 GiB unless said otherwise, and its CSINode. */
export function node(wanted: NodeWanted): readonly FleetObject[] {
  const allocatable = {
    cpu: wanted.cpu ?? '16',
    'ephemeral-storage': '100Gi',
    memory: wanted.memory ?? '64Gi',
    pods: '110',
  };
  const uid = uidOf(`Node/${wanted.name}`);
  return [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        ...meta('Node', wanted.name),
        labels: {
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': wanted.name,
          'kubernetes.io/os': 'linux',
          'topology.kubernetes.io/region': 'eu-central-1',
          'topology.kubernetes.io/zone': wanted.zone,
          ...wanted.labels,
        },
        annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      },
      spec: { providerID: `sim:///${wanted.zone}/${wanted.name}` },
      status: {
        addresses: [
          { type: 'InternalIP', address: `198.19.0.${(hashText(wanted.name) % 250) + 1}` },
          { type: 'Hostname', address: wanted.name },
        ],
        allocatable,
        capacity: allocatable,
        conditions: [condition('Ready', 'True', 'KubeletReady')],
        nodeInfo: {
          kubeletVersion: 'v1.36.2',
          osImage: 'simulated',
          architecture: 'amd64',
          operatingSystem: 'linux',
        },
      },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: {
        ...meta('CSINode', wanted.name),
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: wanted.name, uid }],
      },
      spec: {
        drivers: [
          { name: 'ebs.csi.aws.com', nodeID: wanted.name, topologyKeys: ['topology.kubernetes.io/zone'] },
        ],
      },
    },
  ];
}

/** A Deployment of three small pods, one on each of the given nodes, with a budget that lets one go. */
export function webDeployment(nodes: readonly string[]): readonly FleetObject[] {
  const hash = '696976dc46';
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: uidOf('Deployment/web') };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: `web-${hash}`,
    uid: uidOf('ReplicaSet/web'),
  };
  const spec = {
    containers: [container('app', 'app:1', { cpu: '50m', memory: '64Mi' })],
    terminationGracePeriodSeconds: 10,
  };
  const labels = { app: 'web', 'pod-template-hash': hash };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...meta('Deployment', 'web', 'default'), labels: { app: 'web' } },
      spec: {
        replicas: nodes.length,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec },
      },
      status: { replicas: nodes.length, readyReplicas: nodes.length, availableReplicas: nodes.length },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        ...meta('ReplicaSet', set.name, 'default'),
        uid: set.uid,
        labels,
        ownerReferences: [owner(deployment)],
      },
      spec: {
        replicas: nodes.length,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
      status: { replicas: nodes.length, readyReplicas: nodes.length, availableReplicas: nodes.length },
    },
    ...nodes.map((nodeName, index) =>
      runningPod(`web-${hash}-${'bcdfg'.charAt(index % 5)}x${index}`, nodeName, {
        labels,
        ownerReferences: [owner(set)],
        spec,
      }),
    ),
    budget('web', { app: 'web' }, Math.max(1, nodes.length - 1), {
      expected: nodes.length,
      healthy: nodes.length,
    }),
  ];
}

/** A DaemonSet with a pod on each node. */
export function nodeAgents(nodes: readonly string[]): readonly FleetObject[] {
  const set = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name: 'node-agent',
    uid: uidOf('DaemonSet/node-agent'),
  };
  const spec = {
    containers: [container('agent', 'agent:1', {})],
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 30,
  };
  const labels = { ds: 'node-agent' };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { ...meta('DaemonSet', set.name, 'default'), uid: set.uid },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      status: { desiredNumberScheduled: nodes.length, numberReady: nodes.length },
    },
    ...nodes.map((nodeName) =>
      runningPod(`node-agent-${nodeName}`, nodeName, {
        labels,
        ownerReferences: [owner(set)],
        spec: {
          ...spec,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] },
                ],
              },
            },
          },
        },
      }),
    ),
  ];
}

/** A budget over the pods with these labels, its status as its controller has written it. */
export function budget(
  name: string,
  matchLabels: Readonly<Record<string, string>>,
  minAvailable: number,
  seen: { readonly expected: number; readonly healthy: number },
): FleetObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { ...meta('PodDisruptionBudget', name, 'default'), generation: 1 },
    spec: { minAvailable, selector: { matchLabels } },
    status: {
      currentHealthy: seen.healthy,
      desiredHealthy: minAvailable,
      disruptionsAllowed: Math.max(0, seen.healthy - minAvailable),
      expectedPods: seen.expected,
      observedGeneration: 1,
    },
  };
}

/** A pod that runs and is ready since the fleet was made, `laterSeconds` after its beginning. */
export function runningPod(
  name: string,
  nodeName: string,
  pod: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly unknown[];
    readonly spec: Readonly<Record<string, unknown>> & { readonly containers: readonly unknown[] };
    readonly laterSeconds?: number;
    readonly ip?: string;
  },
): FleetObject {
  const at = kubernetesTime(CREATED_MS + (pod.laterSeconds ?? 0) * 1000);
  const ip = pod.ip ?? podIpOf(name);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...meta('Pod', name, 'default'),
      creationTimestamp: at,
      labels: pod.labels,
      ...(pod.annotations === undefined ? {} : { annotations: pod.annotations }),
      ownerReferences: pod.ownerReferences,
    },
    spec: { schedulerName: 'default-scheduler', restartPolicy: 'Always', ...pod.spec, nodeName },
    status: {
      phase: 'Running',
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) =>
        condition(type, 'True', undefined, at),
      ),
      podIP: ip,
      podIPs: [{ ip }],
      startTime: at,
    },
  };
}

/** The address of a pod, which follows from its name. */
export function podIpOf(name: string): string {
  const hash = hashText(`ip:${name}`);
  return `198.18.${(hash >> 8) & 255}.${(hash % 250) + 1}`;
}

/** A container with its requests. */
export function container(
  name: string,
  image: string,
  requests: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return { name, image, resources: { requests } };
}

/** An ownerReference of a controller. */
export function owner(of: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}): Readonly<Record<string, unknown>> {
  return { ...of, controller: true, blockOwnerDeletion: true };
}

/** Metadata of an object that was made with the fleet. */
export function meta(kind: string, name: string, namespace?: string): Readonly<Record<string, string>> {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: uidOf(`${kind}/${name}`),
    resourceVersion: '1',
    creationTimestamp: kubernetesTime(CREATED_MS),
  };
}

/** A UID that follows from a text. */
export function uidOf(text: string): string {
  const digits = [0, 1, 2, 3]
    .map((part) => hashText(`${part}:${text}`).toString(16).padStart(8, '0'))
    .join('');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20)}`;
}

function condition(type: string, status: string, reason?: string, at = kubernetesTime(CREATED_MS)): unknown {
  return {
    type,
    status,
    ...(reason === undefined ? {} : { reason, message: reason }),
    lastTransitionTime: at,
  };
}
