/** What Patroni writes about its leader into the simulated API: the only source of a real fleet's accounting. */
import type { StoredObject } from '../world/object-store.ts';
import { annotationsOf, isReady, labelsOf } from '../world/read-objects.ts';
import type { World } from '../world/world.ts';
import { clusterSettings } from './member-settings.ts';
import type { WantedCluster } from './starting-objects.ts';

export type LeaderChange = {
  /** namespace/scope */
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  /** A switchover was asked for, else Patroni failed over. */
  readonly kind: 'switchover' | 'failover';
  /** Milliseconds as performance.now() has them. */
  readonly atMs: number;
};

export type LeaderRecord = {
  readonly changes: readonly LeaderChange[];
  /** Times in which a cluster had no leader for longer than a lock lives: nobody could take over. */
  readonly outages: () => number;
};

/** Records from now on who takes over from whom. */
export function recordLeaders(world: World, clusters: readonly WantedCluster[]): LeaderRecord {
  const changes: LeaderChange[] = [];
  const last = new Map<string, string>();
  const leaderlessSinceMs = new Map<string, number>();
  let outages = 0;
  const isOutage = (sinceMs: number): boolean => performance.now() - sinceMs > clusterSettings.ttl * 1000;
  world.store.onEvent(({ object }) => {
    const cluster = clusters.find((one) => isLockOf(one, object));
    if (cluster === undefined) return;
    const { key } = cluster;
    const from = last.get(key);
    const to = annotationsOf(object).leader;
    const sinceMs = leaderlessSinceMs.get(key);
    if (to === undefined) {
      if (sinceMs === undefined && from !== undefined) leaderlessSinceMs.set(key, performance.now());
      return;
    }
    leaderlessSinceMs.delete(key);
    if (sinceMs !== undefined && isOutage(sinceMs)) outages += 1;
    last.set(key, to);
    if (from === undefined || from === to) return;
    // The request stands until the new leader has its lock: https://github.com/patroni/patroni/blob/master/patroni/ha.py (process_unhealthy_cluster)
    const asked = notesOf(world, cluster, '-failover').leader !== undefined;
    changes.push({
      cluster: key,
      from,
      to,
      kind: asked ? 'switchover' : 'failover',
      atMs: performance.now(),
    });
  });
  return { changes, outages: () => outages + [...leaderlessSinceMs.values()].filter(isOutage).length };
}

function isLockOf(cluster: WantedCluster, object: StoredObject): boolean {
  const { namespace, name } = object.metadata;
  return object.kind === 'Endpoints' && namespace === cluster.namespace && name === cluster.scope;
}

/** Who holds the leader lock; undefined: nobody. */
export function leaderOf(world: World, cluster: WantedCluster): string | undefined {
  return notesOf(world, cluster, '').leader;
}

/**
 * Who is named as synchronous standby by whoever leads now; undefined: nobody. After a role change the word of the last leader stands for
 * a while, and may even name the new one.
 */
export function syncStandbyOf(world: World, cluster: WantedCluster): string | undefined {
  const { leader, sync_standby: named } = notesOf(world, cluster, '-sync');
  return named === '' || leader !== leaderOf(world, cluster) ? undefined : named;
}

/**
 * All members are there and ready, one of them leads, another is its synchronous standby, and every label says so: Patroni's probe
 * succeeds before its pod has the label of its role, and whoever counts the members by their labels would miss that one.
 */
export function isWell(world: World, cluster: WantedCluster): boolean {
  const leader = leaderOf(world, cluster);
  if (leader === undefined || syncStandbyOf(world, cluster) === undefined) return false;
  return cluster.members.every((name) => {
    const pod = world.store.get('Pod', cluster.namespace, name);
    if (pod === undefined || !isReady(pod)) return false;
    const role = labelsOf(pod)['spilo-role'];
    return name === leader ? role === 'master' : role === 'replica';
  });
}

function notesOf(world: World, cluster: WantedCluster, suffix: string): Readonly<Record<string, string>> {
  const object = world.store.get('Endpoints', cluster.namespace, `${cluster.scope}${suffix}`);
  return object === undefined ? {} : annotationsOf(object);
}
