/** The life of a member: its pod starts, it recovers, is ready, streams, stops; or its pod is simply gone. */
import { toMs } from './durations.ts';
import type { StoredObject } from './object-store.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { chooseSyncSoon, followSoon, promote, raceSoon, releaseLock, takeLock } from './patroni-leader.ts';
import { publishAll, publishCluster, publishMember, writeMember } from './patroni-publish.ts';
import { positionOf, readClusters, scopeOf, settlePosition, walAt } from './patroni-state.ts';
import type { World } from './world.ts';

/** A lock whose holder died is taken by another after about this long (seen: 21 s with ttl 30). */
const LOCK_EXPIRES_AFTER_CRASH_SECONDS = 21;

/** Reads the clusters out of the world's objects and keeps publishing their positions. */
export function startPatroni(world: World): Map<string, ClusterState> {
  const clusters = readClusters(world);
  world.store.onChange(({ type, object }) => {
    if (object.kind === 'Pod' && type === 'DELETED') memberGone(world, object);
  });
  if (world.heartbeats) beatSoon(world, clusters);
  return clusters;
}

/** All clusters publish in every loop, at one moment: of ten thousand not in one go, for whoever serves the world has others waiting. */
function beatSoon(world: World, clusters: ReadonlyMap<string, ClusterState>): void {
  const everyMs = toMs(world.durations.loopWaitSeconds);
  world.clock.afterInParts(everyMs, function* beat() {
    if (!isUnseen(world, everyMs))
      for (const cluster of clusters.values()) {
        if (cluster.leader === undefined) continue;
        publishAll(world, cluster);
        yield;
      }
    beatSoon(world, clusters);
  });
}

/** Where nobody watches, what is published now shows to nobody if nothing happens before it is published again. */
function isUnseen(world: World, everyMs: number): boolean {
  if (world.isWatched) return false;
  const nextMs = world.clock.nextMs();
  return nextMs !== undefined && nextMs > world.nowMs() + everyMs;
}

/** The cluster that the pod is a member of; undefined: none. */
export function clusterOf(world: World, pod: StoredObject): ClusterState | undefined {
  const scope = scopeOf(pod, world.ownLabels);
  return scope === undefined ? undefined : world.clusters.get(`${pod.metadata.namespace}/${scope}`);
}

/** Its container runs. `ready` is called when its readiness probe first succeeds. */
export function memberStarts(
  world: World,
  cluster: ClusterState,
  pod: StoredObject,
  ready: () => void,
): void {
  const disk = cluster.disks.get(pod.metadata.name);
  const fresh = disk === undefined;
  const member: MemberState = {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    uid: pod.metadata.uid,
    ip: String(pod.status?.podIP ?? ''),
    state: 'starting',
    role: 'uninitialized',
    timeline: undefined,
    startedMs: world.nowMs(),
    ready: false,
    streamsSinceMs: undefined,
    // A base backup begins where the leader stands: https://www.postgresql.org/docs/current/app-pgbasebackup.html
    positionBytes: disk?.positionBytes ?? walAt(world, cluster, world.nowMs()),
    positionAtMs: world.nowMs(),
    tags: cluster.tags.get(pod.metadata.name) ?? {},
    published: { state: 'stopped', role: 'uninitialized' },
    roleLabel: undefined,
  };
  cluster.members.set(member.name, member);
  writeMember(world, cluster, member);
  // An empty volume is filled by a base backup from the leader first.
  const seconds = world.durations.memberReadySeconds * (fresh ? 3 : 1);
  const start = (): void => {
    if (cluster.members.get(member.name) !== member || member.state !== 'starting') return;
    // A paused Patroni starts no PostgreSQL, and fills no empty volume: https://github.com/patroni/patroni/blob/master/patroni/ha.py (_run_cycle)
    if (cluster.config.pause === true) {
      world.clock.after(toMs(world.durations.loopWaitSeconds), start);
      return;
    }
    memberRuns(world, cluster, member);
    ready();
  };
  world.clock.after(world.takesMs(seconds, `member:${member.uid}`), start);
}

/** Its PostgreSQL has started. */
export function memberRuns(world: World, cluster: ClusterState, member: MemberState): void {
  member.state = 'running';
  member.ready = true;
  member.startedMs = world.nowMs();
  member.timeline = cluster.timeline;
  if (cluster.leader === member.name) {
    // It still holds the lock: the crash was shorter than the lock's life. Same leader, next timeline (seen).
    cluster.timeline += 1;
    takeLock(world, cluster, member);
    for (const one of cluster.members.values()) if (one !== member) followSoon(world, cluster, one, 2);
    publishAll(world, cluster);
    return;
  }
  member.role = 'replica';
  member.roleLabel = 'replica';
  publishMember(world, cluster, member);
  if (cluster.leader === undefined) {
    raceSoon(world, cluster);
    return;
  }
  const longest = world.durations.memberStreamsAfterReadySeconds;
  followSoon(world, cluster, member, 1 + world.jitter.next() * Math.max(0, longest - 1));
}

/** SIGTERM: PostgreSQL stops cleanly, a leader gives its lock back. `stopped` is called when its pod may go. */
export function memberStops(
  world: World,
  cluster: ClusterState,
  pod: StoredObject,
  stopped: () => void,
): void {
  const member = cluster.members.get(pod.metadata.name);
  if (member === undefined || member.uid !== pod.metadata.uid) {
    stopped();
    return;
  }
  settlePosition(world, cluster, member);
  member.state = 'stopping';
  member.streamsSinceMs = undefined;
  world.clock.after(world.takesMs(world.durations.memberStopSeconds, `stop:${member.uid}`), () => {
    if (cluster.members.get(member.name) === member) {
      member.state = 'stopped';
      if (cluster.leader === member.name) stopLeader(world, cluster, member);
    }
    stopped();
  });
}

function stopLeader(world: World, cluster: ClusterState, member: MemberState): void {
  member.positionBytes = positionOf(world, cluster, member);
  releaseLock(world, cluster);
  member.role = 'demoted';
  member.roleLabel = undefined;
  publishMember(world, cluster, member);
  raceSoon(world, cluster);
}

/** The pod is gone. A leader that did not stop cleanly keeps its lock until it runs out. */
function memberGone(world: World, pod: StoredObject): void {
  const cluster = clusterOf(world, pod);
  const member = cluster?.members.get(pod.metadata.name);
  if (cluster === undefined || member === undefined || member.uid !== pod.metadata.uid) return;
  settlePosition(world, cluster, member);
  cluster.disks.set(member.name, {
    positionBytes: member.positionBytes,
    timeline: member.timeline ?? cluster.timeline,
  });
  cluster.tags.set(member.name, member.tags);
  cluster.members.delete(member.name);
  cluster.syncStandbys = cluster.syncStandbys.filter((name) => name !== member.name);
  chooseSyncSoon(world, cluster);
  if (cluster.leader !== member.name) return;
  leaderCrashed(world, cluster, member);
}

/** Nobody writes any more; the lock runs out later, unless the same member is back before. */
export function leaderCrashed(world: World, cluster: ClusterState, member: MemberState): void {
  for (const one of cluster.members.values()) settlePosition(world, cluster, one);
  cluster.walBytes = Math.max(cluster.walBytes, member.positionBytes);
  cluster.walAtMs = world.nowMs();
  cluster.writing = false;
  cluster.leaderlessSinceMs = world.nowMs();
  for (const one of cluster.members.values()) one.streamsSinceMs = undefined;
  world.clock.after(toMs(LOCK_EXPIRES_AFTER_CRASH_SECONDS), () => {
    if (cluster.leader !== member.name || cluster.writing) return;
    cluster.leader = undefined;
    publishCluster(world, cluster);
    raceSoon(world, cluster);
  });
}

/**
 * For tests and faults: Patroni moves the primary of its own accord, as after a crash whose lock ran out. Not in the middle of a
 * switchover, when the leader that stops still has the lock.
 */
export function failOver(world: World, cluster: ClusterState, to: string): void {
  if (cluster.switchover !== undefined) return;
  const winner = cluster.members.get(to);
  const before = cluster.leader === undefined ? undefined : cluster.members.get(cluster.leader);
  if (winner === undefined || winner === before) return;
  releaseLock(world, cluster);
  if (before !== undefined) {
    before.role = 'replica';
    before.roleLabel = 'replica';
  }
  promote(world, cluster, winner, 'failover');
}
