/** A Patroni cluster as Zalando's postgres-operator and Spilo leave it in Kubernetes. */
import {
  budget,
  container,
  type FleetObject,
  meta,
  owner,
  podIpOf,
  runningPod,
  uidOf,
} from './build-fleet.ts';

export type SpiloCluster = {
  readonly name: string;
  /** Node of each member by ordinal. */
  readonly members: readonly { readonly node: string; readonly zone: string }[];
  /** Ordinal of the primary. */
  readonly primary: number;
  readonly podManagementPolicy?: 'OrderedReady' | 'Parallel';
  readonly synchronous?: boolean;
  /** Members carry a required node affinity on lifecycle-status=ready, as the operator's node_readiness_label sets it. */
  readonly onReadyNodesOnly?: boolean;
};

const WAL_BYTES = 67_108_960;

/** StatefulSet, pods, claims, volumes, both budgets, and Patroni's Endpoints. */
export function spiloCluster(cluster: SpiloCluster): readonly FleetObject[] {
  const { name, members } = cluster;
  return [
    statefulSet(cluster),
    ...members.flatMap((member, ordinal) => [
      memberPod(cluster, ordinal, member),
      ...memberVolume(cluster, ordinal, member.zone),
    ]),
    budget(`postgres-${name}-pdb`, { ...labelsOf(name), 'spilo-role': 'master' }, 1, {
      expected: 1,
      healthy: 1,
    }),
    budget(
      `postgres-${name}-critical-op-pdb`,
      { ...labelsOf(name), 'critical-operation': 'true' },
      members.length,
      {
        expected: 0,
        healthy: 0,
      },
    ),
    ...endpoints(cluster),
  ];
}

function labelsOf(name: string): Readonly<Record<string, string>> {
  return { application: 'spilo', 'cluster-name': name };
}

function setOf(name: string): { apiVersion: string; kind: string; name: string; uid: string } {
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: uidOf(`StatefulSet/${name}`) };
}

function podSpec(cluster: SpiloCluster): {
  readonly containers: readonly unknown[];
  readonly [field: string]: unknown;
} {
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'lifecycle-status', operator: 'In', values: ['ready'] }] },
      ],
    },
  };
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        labelSelector: { matchLabels: { 'cluster-name': cluster.name } },
        topologyKey: 'topology.kubernetes.io/zone',
      },
    ],
  };
  return {
    affinity: { ...(cluster.onReadyNodesOnly === false ? {} : { nodeAffinity }), podAntiAffinity },
    containers: [container('postgres', 'spilo-15:3.0', { cpu: '100m', memory: '256Mi' })],
    terminationGracePeriodSeconds: 300,
  };
}

function statefulSet(cluster: SpiloCluster): FleetObject {
  const labels = labelsOf(cluster.name);
  const replicas = cluster.members.length;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...meta('StatefulSet', cluster.name, 'default'), generation: 1, labels },
    spec: {
      podManagementPolicy: cluster.podManagementPolicy ?? 'OrderedReady',
      replicas,
      selector: { matchLabels: labels },
      serviceName: cluster.name,
      template: { metadata: { labels }, spec: podSpec(cluster) },
      updateStrategy: { type: 'OnDelete' },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'pgdata' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '10Gi' } },
            storageClassName: 'gp3',
            volumeMode: 'Filesystem',
          },
        },
      ],
    },
    status: { replicas, readyReplicas: replicas, availableReplicas: replicas, observedGeneration: 1 },
  };
}

function memberPod(
  cluster: SpiloCluster,
  ordinal: number,
  member: { node: string; zone: string },
): FleetObject {
  const pod = `${cluster.name}-${ordinal}`;
  const ip = podIpOf(pod);
  const leads = ordinal === cluster.primary;
  const status = {
    conn_url: `postgres://${ip}:5432/postgres`,
    api_url: `http://${ip}:8008/patroni`,
    state: 'running',
    role: leads ? 'master' : 'replica',
    version: '3.0.2',
    xlog_location: WAL_BYTES,
    timeline: 1,
  };
  return runningPod(pod, member.node, {
    labels: {
      ...labelsOf(cluster.name),
      'apps.kubernetes.io/pod-index': String(ordinal),
      'statefulset.kubernetes.io/pod-name': pod,
      'spilo-role': leads ? 'master' : 'replica',
      'topology.kubernetes.io/zone': member.zone,
    },
    annotations: { status: JSON.stringify(status) },
    ownerReferences: [owner(setOf(cluster.name))],
    spec: {
      ...podSpec(cluster),
      hostname: pod,
      subdomain: cluster.name,
      volumes: [{ name: 'pgdata', persistentVolumeClaim: { claimName: `pgdata-${pod}` } }],
    },
    // OrderedReady starts one member after the other.
    laterSeconds: 10 * (ordinal + 1),
    ip,
  });
}

function memberVolume(cluster: SpiloCluster, ordinal: number, zone: string): readonly FleetObject[] {
  const claim = `pgdata-${cluster.name}-${ordinal}`;
  const volume = `pvc-${uidOf(`PersistentVolumeClaim/${claim}`)}`;
  const size = { storage: '10Gi' };
  const common = { accessModes: ['ReadWriteOnce'], storageClassName: 'gp3', volumeMode: 'Filesystem' };
  const term = { key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...meta('PersistentVolumeClaim', claim, 'default'), labels: labelsOf(cluster.name) },
      spec: { ...common, resources: { requests: size }, volumeName: volume },
      status: { phase: 'Bound', capacity: size, accessModes: ['ReadWriteOnce'] },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: meta('PersistentVolume', volume),
      spec: {
        ...common,
        capacity: size,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default', name: claim },
        csi: { driver: 'ebs.csi.aws.com', fsType: 'ext4', volumeHandle: `vol-${volume.slice(4, 12)}` },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [term] }] } },
        persistentVolumeReclaimPolicy: 'Delete',
      },
      status: { phase: 'Bound' },
    },
  ];
}

function endpoints(cluster: SpiloCluster): readonly FleetObject[] {
  const { name, members, primary } = cluster;
  const leader = `${name}-${primary}`;
  const time = '2026-11-22T08:00:40.000000+00:00';
  const settings = {
    ttl: 30,
    loop_wait: 10,
    retry_timeout: 10,
    maximum_lag_on_failover: 33_554_432,
    ...(cluster.synchronous === true ? { synchronous_mode: true } : {}),
    postgresql: { use_pg_rewind: true, use_slots: true },
  };
  const noted = (
    suffix: string,
    annotations: Readonly<Record<string, string>>,
    subsets?: unknown,
  ): FleetObject => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...meta('Endpoints', `${name}${suffix}`, 'default'), labels: labelsOf(name), annotations },
    ...(subsets === undefined ? {} : { subsets }),
  });
  const address = {
    hostname: leader,
    ip: podIpOf(leader),
    nodeName: members[primary]?.node,
    targetRef: { kind: 'Pod', name: leader, namespace: 'default', uid: uidOf(`Pod/${leader}`) },
  };
  const standby = members.findIndex((_, ordinal) => ordinal !== primary);
  return [
    noted(
      '',
      { acquireTime: time, leader, optime: String(WAL_BYTES), renewTime: time, transitions: '0', ttl: '30' },
      [{ addresses: [address], ports: [{ name: 'postgresql', port: 5432, protocol: 'TCP' }] }],
    ),
    noted('-config', { config: JSON.stringify(settings), initialize: '7711124793190188887' }),
    ...(cluster.synchronous === true ? [noted('-sync', { leader, sync_standby: `${name}-${standby}` })] : []),
  ];
}
