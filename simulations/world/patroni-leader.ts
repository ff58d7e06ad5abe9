/** Who is primary: the race for a free leader lock, and what a promotion changes. */
import { toMs } from './durations.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { patroniTime, publishAll, publishCluster, publishMember } from './patroni-publish.ts';
import { isNofailover, isStreaming, positionOf, settlePosition, settleWal } from './patroni-state.ts';
import type { World } from './world.ts';

/** The lock is free: the race begins a moment later. */
export function releaseLock(world: World, cluster: ClusterState): void {
  for (const member of cluster.members.values()) settlePosition(world, cluster, member);
  settleWal(world, cluster);
  cluster.writing = false;
  cluster.leader = undefined;
  cluster.leaderlessSinceMs = world.nowMs();
  publishCluster(world, cluster);
}

/** Asks for a race after the usual time without a writer. */
export function raceSoon(world: World, cluster: ClusterState): void {
  const promotion = `promotion:${cluster.key}:${cluster.timeline}`;
  const afterMs = world.takesMs(world.durations.promoteSeconds, promotion);
  world.clock.once(`race:${cluster.key}`, afterMs, () => race(world, cluster));
}

function race(world: World, cluster: ClusterState): void {
  if (cluster.leader !== undefined || cluster.switchover !== undefined) return;
  const winner = successorOf(world, cluster);
  if (winner !== undefined) {
    promote(world, cluster, winner, 'failover');
    return;
  }
  const open = world.outages.some((outage) => outage.cluster === cluster.key && outage.toMs === undefined);
  if (!open) {
    world.outages.push({ cluster: cluster.key, fromMs: cluster.leaderlessSinceMs ?? world.nowMs() });
  }
}

/**
 * The member that wins a race: the former leader of a paused cluster; else most WAL, then the longest running PostgreSQL,
 * then by name. Undefined: nobody may. `_is_healthiest_node` in https://github.com/patroni/patroni/blob/master/patroni/ha.py
 */
export function successorOf(
  world: World,
  cluster: ClusterState,
  except: ReadonlySet<string> = new Set(),
): MemberState | undefined {
  const maximumLag = Number(cluster.config.maximum_lag_on_failover ?? 1_048_576);
  const eligible = [...cluster.members.values()].filter((member) => {
    if (member.state !== 'running' || !member.ready || except.has(member.name)) return false;
    if (member.name === cluster.lastLeader) return true;
    if (cluster.config.pause === true || isNofailover(member)) return false;
    if (cluster.config.synchronous_mode && !cluster.syncStandbys.includes(member.name)) return false;
    return cluster.walBytes - positionOf(world, cluster, member) <= maximumLag;
  });
  return eligible.sort(
    (one, other) =>
      positionOf(world, cluster, other) - positionOf(world, cluster, one) ||
      one.startedMs - other.startedMs ||
      (one.name < other.name ? -1 : 1),
  )[0];
}

/** Makes the member the primary: next timeline, history, label, and the others follow it. */
export function promote(
  world: World,
  cluster: ClusterState,
  winner: MemberState,
  kind: 'switchover' | 'failover',
): void {
  const from = cluster.lastLeader ?? winner.name;
  settlePosition(world, cluster, winner);
  const discarded = cluster.walBytes - winner.positionBytes;
  if (discarded > 0 && kind === 'switchover') {
    world.violate('wal-discarded', cluster.key, { from, to: winner.name, bytes: discarded });
  }
  cluster.history.push([
    cluster.timeline,
    winner.positionBytes,
    'no recovery target specified',
    patroniTime(world.nowMs()),
    winner.name,
  ]);
  cluster.timeline += 1;
  cluster.walBytes = winner.positionBytes;
  takeLock(world, cluster, winner);
  if (from !== winner.name) {
    const { key, timeline } = cluster;
    world.roleChanges.push({ atMs: world.nowMs(), cluster: key, from, to: winner.name, kind, timeline });
  }
  for (const member of cluster.members.values()) {
    if (member !== winner && member.state === 'running') followSoon(world, cluster, member, FOLLOW_SECONDS);
  }
  publishAll(world, cluster);
}

/** A running replica turns to a new leader within about two seconds (seen). */
const FOLLOW_SECONDS = 2;

/** The lock is the member's; it writes from its own position on. */
export function takeLock(world: World, cluster: ClusterState, member: MemberState): void {
  cluster.leader = member.name;
  cluster.lastLeader = member.name;
  cluster.acquiredMs = world.nowMs();
  cluster.transitions += 1;
  cluster.walAtMs = world.nowMs();
  cluster.writing = true;
  cluster.leaderlessSinceMs = undefined;
  cluster.syncStandbys = cluster.syncStandbys.filter((name) => name !== member.name);
  member.role = 'primary';
  member.timeline = cluster.timeline;
  member.streamsSinceMs = undefined;
  member.roleLabel = cluster.primaryValue;
  member.published.state = 'running';
  const outage = world.outages.findIndex((one) => one.cluster === cluster.key && one.toMs === undefined);
  const open = world.outages[outage];
  if (open !== undefined) world.outages[outage] = { ...open, toMs: world.nowMs() };
}

/** The member streams from the leader of then after `seconds`, unless something happened to it. */
export function followSoon(world: World, cluster: ClusterState, member: MemberState, seconds: number): void {
  settlePosition(world, cluster, member);
  member.streamsSinceMs = undefined;
  const leader = cluster.leader;
  world.clock.after(toMs(seconds), () => {
    const current = cluster.members.get(member.name) === member && member.state === 'running';
    if (!current || cluster.leader !== leader || leader === undefined || leader === member.name) return;
    if (world.faults.neverStream.has(`${member.namespace}/${member.name}`)) return;
    settlePosition(world, cluster, member);
    // A member that was ahead of the new leader is rewound to it (use_pg_rewind).
    member.positionBytes = Math.min(
      member.positionBytes,
      positionOf(world, cluster, leaderOf(cluster) ?? member),
    );
    member.streamsSinceMs = world.nowMs();
    member.timeline = cluster.timeline;
    publishMember(world, cluster, member);
    chooseSyncSoon(world, cluster);
  });
}

/** The member that holds the lock; undefined: nobody does, or its pod is gone. */
export function leaderOf(cluster: ClusterState): MemberState | undefined {
  return cluster.leader === undefined ? undefined : cluster.members.get(cluster.leader);
}

/**
 * The leader names its synchronous standbys in its next loop: those without the tag nofailover before others, and of these who is one
 * already. https://github.com/patroni/patroni/blob/master/patroni/postgresql/sync.py (SyncHandler.current_state)
 *
 * Not while it hands over: the loop that begins that ends there, and later ones only wait for it. So what is acknowledged until it has
 * stopped, the candidate has. https://github.com/patroni/patroni/blob/master/patroni/ha.py (process_healthy_cluster)
 */
export function chooseSyncSoon(world: World, cluster: ClusterState): void {
  if (!cluster.config.synchronous_mode) return;
  world.clock.once(`sync:${cluster.key}`, toMs(2), () => {
    if (cluster.switchover !== undefined) return chooseSyncSoon(world, cluster);
    const wanted = Number(cluster.config.synchronous_node_count ?? 1);
    const streaming = [...cluster.members.values()].filter(
      (member) => isStreaming(world, member) && member.tags.nosync !== true && member.name !== cluster.leader,
    );
    const kept = cluster.syncStandbys.filter((name) => streaming.some((member) => member.name === name));
    const added = streaming
      .map((member) => member.name)
      .filter((name) => !kept.includes(name))
      .sort();
    const tagged = (name: string): number =>
      Number(streaming.some((one) => one.name === name && isNofailover(one)));
    const inOrder = [...kept, ...added].sort((one, other) => tagged(one) - tagged(other));
    cluster.syncStandbys = inOrder.slice(0, wanted);
    publishCluster(world, cluster);
  });
}
