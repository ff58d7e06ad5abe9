/**
 * Who may take over in a cluster, asked naively for checkPlan.
 * Patroni's own rules: https://patroni.readthedocs.io/en/latest/rest_api.html#switchover-and-failover-endpoints
 */
import type { DatabaseCluster, Member } from '../model.ts';
import { type ClusterState, type MemberState, memberNamed, type Walk } from './check-state.ts';

/**
 * Why a member cannot be the target of a switchover at this moment; undefined: it can. While a cluster is paused Patroni starts no
 * PostgreSQL by itself, so that nothing that follows can be relied on (https://patroni.readthedocs.io/en/latest/pause.html).
 */
export function whyNotEligible(walk: Walk, state: ClusterState, each: MemberState): string | undefined {
  const { cluster } = state;
  const { member } = each;
  if (member.name === state.primary) return 'is the primary';
  if (cluster.paused) return 'cluster is paused';
  if (!walk.request.maySwitch(cluster.key)) return 'switchover is "never"';
  if (member.nofailover || member.failoverPriority === 0) return 'nofailover';
  if (!each.healthy) return 'not running';
  if (each.lagBytes === undefined) return 'lag unknown';
  if (each.lagBytes > cluster.maximumLagBytes) return 'lag over the limit';
  const known = each.timeline !== undefined && state.timeline !== undefined;
  if (known && each.timeline !== state.timeline) return 'on another timeline';
  if (streamsFromOther(state, member)) return 'streams from another member than the primary';
  return whyNotSynchronous(state, member);
}

/**
 * With the tag replicatefrom a member streams from another one; the leader does not list it among its replicas, and only
 * that list is proof that it has everything (https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags). Where
 * the member named is gone, Patroni has it stream from the leader.
 */
function streamsFromOther(state: ClusterState, { name, replicatefrom }: Member): boolean {
  if (replicatefrom === undefined || replicatefrom === name || replicatefrom === state.primary) return false;
  return memberNamed(state, replicatefrom) !== undefined;
}

/**
 * With synchronous replication only a sync standby may lead. Once a member was moved Patroni chooses anew, but never a
 * member with the tag nosync (https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode). With a
 * quorum any member of it may lead; only Patroni knows who that is.
 */
function whyNotSynchronous(
  { cluster, syncMayHaveChanged }: ClusterState,
  member: Member,
): string | undefined {
  if (!isStrictlySynchronous(cluster)) return undefined;
  if (member.nosync === true) return 'nosync';
  return syncMayHaveChanged || member.role === 'sync-standby' ? undefined : 'not a sync standby';
}

/** True where Patroni promotes nobody but a sync standby. */
export function isStrictlySynchronous({ synchronous }: DatabaseCluster): boolean {
  return synchronous === 'on' || synchronous === 'strict';
}

/** A member other than the primary that could take over now; undefined: nobody. */
export function eligibleOther(walk: Walk, state: ClusterState): Member | undefined {
  return state.members.find((each) => whyNotEligible(walk, state, each) === undefined)?.member;
}

const nobody: readonly string[] = [];

/** Names of other members that are not running right now. */
export function unhealthyOthers(state: ClusterState, name: string): readonly string[] {
  let areHealthy = true;
  for (const { healthy } of state.members) areHealthy &&= healthy;
  if (areHealthy) return nobody;
  const down = state.members.filter(({ member, healthy }) => member.name !== name && !healthy);
  return down.map(({ member }) => member.name);
}

/** True where nobody can say who is primary: no act on this cluster is safe. */
export function contradictsItself({ cluster }: ClusterState): boolean {
  return cluster.primary === undefined || cluster.claimants.length > 1;
}
