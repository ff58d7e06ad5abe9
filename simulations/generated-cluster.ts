/** One cluster of a generated fleet as kubectl prints it: no more than a plan reads. */
import {
  budget,
  container,
  type FleetObject,
  meta,
  owner,
  runningPod,
  uidOf,
} from './scenarios/build-fleet.ts';

export type ClusterWanted = {
  readonly name: string;
  /** CPU of each member; memory goes with it, 2 MiB a millicore. */
  readonly milliCpu: number;
  /** Node of each member by ordinal. */
  readonly places: readonly { readonly name: string; readonly zone: string }[];
  /** Ordinal of the primary. */
  readonly primary: number;
  /** Ordinals that must never lead. */
  readonly nofailover: readonly number[];
  readonly synchronous: boolean;
};

const walBytes = 67_108_960;

/** Returns StatefulSet, pods, claims, volumes, the budget of the primary, and Patroni's Endpoints. */
export function generatedCluster(wanted: ClusterWanted): readonly FleetObject[] {
  const { name, places } = wanted;
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta('StatefulSet', name, 'default'),
      spec: { podManagementPolicy: 'OrderedReady', replicas: places.length },
    },
    ...places.flatMap(({ name: node, zone }, ordinal) => [
      memberPod(wanted, ordinal, node),
      ...memberVolume(`pgdata-${name}-${ordinal}`, zone),
    ]),
    budget(
      `postgres-${name}-pdb`,
      { ...labelsOf(name), 'spilo-role': 'master' },
      canHandOver(wanted) ? 1 : 0,
      {
        expected: 1,
        healthy: 1,
      },
    ),
    ...endpoints(wanted),
  ];
}

/** Where nobody can take over a budget would forbid every drain: the operator, or whoever runs it, has opened it. */
function canHandOver({ places, primary, nofailover }: ClusterWanted): boolean {
  return places.some((_, ordinal) => ordinal !== primary && !nofailover.includes(ordinal));
}

function labelsOf(name: string): Readonly<Record<string, string>> {
  return { application: 'spilo', 'cluster-name': name };
}

/** Members ask for nodes that stay, and for a node of their own. */
function affinityOf(name: string): unknown {
  const ready = { matchExpressions: [{ key: 'lifecycle-status', operator: 'In', values: ['ready'] }] };
  const sibling = {
    labelSelector: { matchLabels: { 'cluster-name': name } },
    topologyKey: 'kubernetes.io/hostname',
  };
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [ready] } },
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [sibling] },
  };
}

function memberPod(wanted: ClusterWanted, ordinal: number, node: string): FleetObject {
  const { name, milliCpu, primary, nofailover } = wanted;
  const role = ordinal === primary ? 'master' : 'replica';
  const status = {
    state: 'running',
    role,
    xlog_location: walBytes,
    timeline: 1,
    ...(nofailover.includes(ordinal) ? { tags: { nofailover: true } } : {}),
  };
  const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: uidOf(`StatefulSet/${name}`) };
  return runningPod(`${name}-${ordinal}`, node, {
    labels: { ...labelsOf(name), 'spilo-role': role },
    annotations: { status: JSON.stringify(status) },
    ownerReferences: [owner(set)],
    spec: {
      affinity: affinityOf(name),
      containers: [
        container('postgres', 'spilo-17:4.0', { cpu: `${milliCpu}m`, memory: `${milliCpu * 2}Mi` }),
      ],
      volumes: [{ name: 'pgdata', persistentVolumeClaim: { claimName: `pgdata-${name}-${ordinal}` } }],
    },
  });
}

function memberVolume(claim: string, zone: string): readonly FleetObject[] {
  const volume = `pvc-${uidOf(`PersistentVolumeClaim/${claim}`)}`;
  const term = { key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] };
  const capacity = { storage: '20Gi' };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: meta('PersistentVolumeClaim', claim, 'default'),
      spec: { resources: { requests: capacity }, volumeName: volume },
      status: { phase: 'Bound', capacity },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: meta('PersistentVolume', volume),
      spec: {
        capacity,
        csi: { driver: 'ebs.csi.aws.com', volumeHandle: volume },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [term] }] } },
      },
      status: { phase: 'Bound' },
    },
  ];
}

function endpoints({
  name,
  places,
  primary,
  nofailover,
  synchronous,
}: ClusterWanted): readonly FleetObject[] {
  const leader = `${name}-${primary}`;
  const time = '2026-11-22T08:00:40.000000+00:00';
  const standby = places.findIndex((_, ordinal) => ordinal !== primary && !nofailover.includes(ordinal));
  const settings = {
    maximum_lag_on_failover: 33_554_432,
    ...(synchronous ? { synchronous_mode: true } : {}),
  };
  const noted = (suffix: string, annotations: Readonly<Record<string, string>>): FleetObject => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...meta('Endpoints', `${name}${suffix}`, 'default'), annotations },
  });
  return [
    noted('', { acquireTime: time, leader, optime: String(walBytes), renewTime: time, ttl: '30' }),
    noted('-config', { config: JSON.stringify(settings) }),
    ...(synchronous && standby >= 0 ? [noted('-sync', { leader, sync_standby: `${name}-${standby}` })] : []),
  ];
}
