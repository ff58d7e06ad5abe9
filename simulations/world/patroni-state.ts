/** The simulated Patroni clusters: their state, how it is read from a dump, and where their WAL stands. */
import type { OwnLabels } from '../../planner/read/member-presets.ts';
import type { StoredObject } from './object-store.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { annotationsOf, controllerOf, isReady, isTerminating, labelsOf, nodeNameOf } from './read-objects.ts';
import type { World } from './world.ts';

/** All clusters found in the world's pods, by key; not those whose containers somebody else runs. */
export function readClusters(world: World): Map<string, ClusterState> {
  const groups = new Map<string, StoredObject[]>();
  for (const pod of world.store.list('Pod')) {
    const scope = scopeOf(pod, world.ownLabels);
    if (scope === undefined || world.containers?.runs(pod) === true) continue;
    const key = `${pod.metadata.namespace}/${scope}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pod]);
    else group.push(pod);
  }
  return new Map([...groups].map(([key, pods]) => [key, readCluster(world, key, pods)] as const));
}

/** The Patroni scope of a pod by its labels (the fleet's own, Spilo's, or plain Patroni's with a role label); undefined: no member. */
export function scopeOf(pod: StoredObject, own?: OwnLabels): string | undefined {
  const labels = labelsOf(pod);
  // A member that starts anew has no role yet; a pooler has none ever.
  if (own !== undefined && (labels[own.roleLabel] !== undefined || controllerOf(pod)?.kind === 'StatefulSet'))
    return labels[own.scopeLabel];
  const scope = labels['cluster-name'];
  if (scope === undefined) return undefined;
  if (labels.application === 'spilo' || labels.application === 'patroni') return scope;
  return labels['spilo-role'] !== undefined || labels.role !== undefined ? scope : undefined;
}

/** Members that have no role yet are taken for Spilo's. */
function roleLabelOf(pods: readonly StoredObject[], own: OwnLabels | undefined): string {
  const known = [...(own === undefined ? [] : [own.roleLabel]), 'spilo-role', 'role'];
  const used = known.find((label) => pods.some((pod) => labelsOf(pod)[label] !== undefined));
  return used ?? 'spilo-role';
}

function readCluster(world: World, key: string, pods: readonly StoredObject[]): ClusterState {
  const namespace = key.slice(0, key.indexOf('/'));
  const scope = key.slice(key.indexOf('/') + 1);
  const store =
    world.store.get('ConfigMap', namespace, `${scope}-config`) === undefined ? 'Endpoints' : 'ConfigMap';
  const config = annotationsAt(world, store, namespace, `${scope}-config`);
  const leaderNotes = annotationsAt(world, store, namespace, leaderObjectName(store, scope));
  const roleLabel = roleLabelOf(pods, world.ownLabels);
  const primaries = pods.filter((pod) => isPrimaryValue(labelsOf(pod)[roleLabel]));
  const leader = leaderNotes.leader ?? primaries[0]?.metadata.name;
  const statuses = new Map(pods.map((pod) => [pod.metadata.name, statusOf(pod)]));
  const optime = Number(leaderNotes.optime ?? statuses.get(leader ?? '')?.xlog_location ?? 67_108_864);
  const settings = readJson(config.config);
  const cluster: ClusterState = {
    key,
    namespace,
    scope,
    members: new Map(),
    leader,
    lastLeader: leader,
    timeline: Number(statuses.get(leader ?? '')?.timeline ?? 1),
    history: Array.isArray(readJson(config.history))
      ? (readJson(config.history) as ClusterState['history'])
      : [],
    config: isRecord(settings)
      ? settings
      : { ttl: 30, loop_wait: 10, retry_timeout: 10, maximum_lag_on_failover: 33_554_432 },
    walBytes: optime,
    walAtMs: world.nowMs(),
    writing: leader !== undefined,
    publishedBytes: optime,
    acquiredMs: Date.parse(leaderNotes.acquireTime ?? '') || world.nowMs(),
    transitions: Number(leaderNotes.transitions ?? 0),
    syncStandbys: (annotationsAt(world, store, namespace, `${scope}-sync`).sync_standby ?? '')
      .split(',')
      .filter((one) => one !== ''),
    switchover: undefined,
    leaderlessSinceMs: leader === undefined ? world.nowMs() : undefined,
    disks: new Map(),
    tags: new Map(),
    roleLabel,
    primaryValue:
      labelsOf(primaries[0] ?? ({ metadata: {} } as StoredObject))[roleLabel] ??
      (roleLabel === 'spilo-role' ? 'master' : 'primary'),
    version: String(
      [...statuses.values()].find((status) => status.version !== undefined)?.version ?? '3.0.2',
    ),
    store,
    systemId: config.initialize ?? '7711124793190188887',
  };
  for (const pod of pods) {
    if (!isTerminating(pod) && nodeNameOf(pod) !== undefined) {
      cluster.members.set(
        pod.metadata.name,
        readMember(world, cluster, pod, statuses.get(pod.metadata.name) ?? {}),
      );
    }
  }
  return cluster;
}

function readMember(
  world: World,
  cluster: ClusterState,
  pod: StoredObject,
  status: Readonly<Record<string, unknown>>,
): MemberState {
  const isLeader = cluster.leader === pod.metadata.name;
  const up = isReady(pod);
  const state = up ? 'running' : 'starting';
  // A running PostgreSQL has a timeline, also where a dump left it out.
  const unwritten = up ? cluster.timeline : undefined;
  const timeline = status.timeline === undefined ? unwritten : Number(status.timeline);
  const positionBytes = Number(status.xlog_location ?? cluster.walBytes);
  const role = !up ? 'uninitialized' : isLeader ? 'primary' : 'replica';
  return {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    uid: pod.metadata.uid,
    ip: String(pod.status?.podIP ?? ''),
    state,
    role,
    timeline,
    startedMs: Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp),
    ready: up,
    streamsSinceMs: up && !isLeader ? world.nowMs() : undefined,
    positionBytes,
    positionAtMs: world.nowMs(),
    tags: isRecord(status.tags) ? status.tags : {},
    published: {
      state: String(status.state ?? (up ? 'running' : 'stopped')),
      role,
      ...(timeline === undefined ? {} : { timeline }),
      ...(status.xlog_location === undefined ? {} : { positionBytes }),
    },
    roleLabel: labelsOf(pod)[cluster.roleLabel],
  };
}

/** The StatefulSet a member belongs to, for its later pods. */
export function ownerUidOf(pod: StoredObject): string | undefined {
  return controllerOf(pod)?.uid;
}

/**
 * Bytes of WAL that the cluster has written by `nowMs`. Where a synchronous standby receives nothing, commits wait for it and so do
 * the clients that would write more. https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION
 */
export function walAt(world: World, cluster: ClusterState, nowMs: number): number {
  const since = cluster.writing ? nowMs - cluster.walAtMs : 0;
  const written = cluster.walBytes + 8 * Math.floor((since * world.durations.walBytesPerSecond) / 8000);
  if (!cluster.config.synchronous_mode) return written;
  const confirmed = cluster.syncStandbys.map((name) => receivedAt(world, cluster.members.get(name), nowMs));
  return Math.max(cluster.walBytes, Math.min(written, ...confirmed));
}

/** As much as the member can have received by then; one that is gone is named no longer in a moment. */
function receivedAt(world: World, member: MemberState | undefined, nowMs: number): number {
  if (member === undefined) return Number.POSITIVE_INFINITY;
  if (!receives(world, member, nowMs)) return member.positionBytes;
  const caughtUp = ((nowMs - member.positionAtMs) * world.durations.catchUpBytesPerSecond) / 1000;
  return Math.floor(member.positionBytes + caughtUp);
}

function receives(world: World, member: MemberState, nowMs: number): boolean {
  const { namespace, name, streamsSinceMs } = member;
  return (
    streamsSinceMs !== undefined &&
    streamsSinceMs <= nowMs &&
    !world.faults.frozenReplicas.has(`${namespace}/${name}`)
  );
}

/** Keeps what is written by now; call before `writing` changes. */
export function settleWal(world: World, cluster: ClusterState): void {
  cluster.walBytes = walAt(world, cluster, world.nowMs());
  cluster.walAtMs = world.nowMs();
}

/** Bytes that a member has by now. */
export function positionOf(world: World, cluster: ClusterState, member: MemberState): number {
  const nowMs = world.nowMs();
  if (member.role === 'primary' && cluster.leader === member.name) return walAt(world, cluster, nowMs);
  if (!receives(world, member, nowMs)) return member.positionBytes;
  return Math.min(walAt(world, cluster, nowMs), receivedAt(world, member, nowMs));
}

/** Keeps the member's position as of now; call before it starts or stops streaming. */
export function settlePosition(world: World, cluster: ClusterState, member: MemberState): void {
  member.positionBytes = positionOf(world, cluster, member);
  member.positionAtMs = world.nowMs();
}

/** True when the leader lists the member as streaming now. */
export function isStreaming(world: World, member: MemberState): boolean {
  return member.state === 'running' && receives(world, member, world.nowMs());
}

/** Running, and either the leader or streaming from it. */
export function isAvailable(world: World, cluster: ClusterState, member: MemberState): boolean {
  if (member.state !== 'running') return false;
  return cluster.leader === member.name || isStreaming(world, member);
}

/** Name of the object whose annotations hold the leader lock. */
export function leaderObjectName(store: ClusterState['store'], scope: string): string {
  return store === 'Endpoints' ? scope : `${scope}-leader`;
}

/** Annotations of an object; none when there is no such object. */
export function annotationsAt(
  world: World,
  kind: string,
  namespace: string,
  name: string,
): Readonly<Record<string, string>> {
  const object = world.store.get(kind, namespace, name);
  return object === undefined ? {} : annotationsOf(object);
}

/** Tag nofailover, or failover_priority 0 or less: https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags */
export function isNofailover(member: MemberState): boolean {
  return member.tags.nofailover === true || Number(member.tags.failover_priority ?? 1) <= 0;
}

function isPrimaryValue(value: string | undefined): boolean {
  return value === 'master' || value === 'primary';
}

function statusOf(pod: StoredObject): Readonly<Record<string, unknown>> {
  const status = readJson(annotationsOf(pod).status);
  return isRecord(status) ? status : {};
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON object.
function isRecord(value: unknown): value is Record<string, any> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
