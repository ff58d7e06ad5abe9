/**
 * Who may take over as primary, and why not the others.
 *
 * A switchover asks Patroni for one named candidate, and Patroni's own conditions are the floor:
 * https://patroni.readthedocs.io/en/latest/rest_api.html#switchover-and-failover-endpoints
 * and `failover_limitation` in https://github.com/patroni/patroni/blob/master/patroni/ha.py
 */
import type { DatabaseCluster, Member, Pod } from '../model.ts';
import type { ResolvedCluster } from '../read/resolve-request.ts';

/** Why a member cannot take over now. */
export type Ineligibility =
  | 'primary'
  | 'switchover-never'
  | 'nofailover'
  | 'cascading'
  | 'nosync'
  | 'not-healthy'
  | 'other-timeline'
  | 'unknown-lag'
  | 'lags'
  | 'no-synchronous';

/**
 * `never`: a lasting reason is against it. `now`: it may take over. `afterMove`: what is against it is gone once it has been
 * moved, for a move ends only when the member streams within its lag limit; waiting is better than an outage.
 */
export const ability = { never: 0, now: 1, afterMove: 2 } as const;

/** Returns what is against a member now; undefined: nothing. */
export function ineligibility(
  member: Member,
  pod: Pod,
  cluster: DatabaseCluster,
  primary: Member | undefined,
  setting: ResolvedCluster | undefined,
): Ineligibility | undefined {
  if (member.name === cluster.primary) return 'primary';
  const lasting = lastingReason(member, cluster, setting);
  if (lasting !== undefined) return lasting;
  if (!isHealthy(member, pod)) return 'not-healthy';
  const { timeline } = member;
  if (primary?.timeline !== undefined && timeline !== undefined && timeline !== primary.timeline)
    return 'other-timeline';
  // Unknown is unknown, never zero: a Ready replica that does not stream yet loses what it has not received.
  if (member.lagBytes === undefined) return 'unknown-lag';
  return member.lagBytes > cluster.maximumLagBytes ? 'lags' : undefined;
}

/** Returns what stands against a member until somebody changes the cluster, whoever is primary; undefined: nothing. */
export function lastingReason(
  member: Member,
  cluster: DatabaseCluster,
  setting: ResolvedCluster | undefined,
): Ineligibility | undefined {
  if (setting?.switchover === 'never') return 'switchover-never';
  if (member.nofailover || member.failoverPriority === 0) return 'nofailover';
  // It streams from another replica, so the leader's own list, the only proof that it is caught up, does not know it:
  // https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#standby-cluster (cascading, tag replicatefrom)
  if (isCascading(member, cluster)) return 'cascading';
  return needsSync(cluster) && member.nosync === true ? 'nosync' : undefined;
}

/** Returns the ability that a reason leaves. */
export function abilityOf(reason: Ineligibility | undefined): number {
  switch (reason) {
    case undefined:
      return ability.now;
    case 'not-healthy':
    case 'other-timeline':
    case 'unknown-lag':
    case 'lags':
      return ability.afterMove;
    default:
      return ability.never;
  }
}

/**
 * Whether only a synchronous standby may take over; with a quorum any member of it may, and only Patroni knows who that is.
 * https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode
 */
export function needsSync(cluster: DatabaseCluster): boolean {
  return cluster.synchronous === 'on' || cluster.synchronous === 'strict';
}

/** Whether a member is available now: its pod is ready and PostgreSQL runs in it. An unknown state is left to the pod's readiness. */
export function isHealthy(member: Member, pod: Pod): boolean {
  const runs = member.state === undefined || member.state === 'running' || member.state === 'streaming';
  return pod.ready && !pod.terminating && runs;
}

function isCascading(member: Member, cluster: DatabaseCluster): boolean {
  const { replicatefrom } = member;
  if (replicatefrom === undefined || replicatefrom === cluster.primary || replicatefrom === member.name)
    return false;
  return cluster.members.some(({ name }) => name === replicatefrom);
}
