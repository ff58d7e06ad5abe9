/**
 * Who may take over in a cluster, asked naively for checkPlan.
 * Patroni's own rules: https://patroni.readthedocs.io/en/latest/rest_api.html#switchover-and-failover-endpoints
 */
import type { ClusterState, MemberState, Walk } from './check-state.ts';

/**
 * Why a member cannot be the target of a switchover at this moment; undefined: it can. While a cluster is paused Patroni starts no
 * PostgreSQL by itself, so that nothing that follows can be relied on (https://patroni.readthedocs.io/en/latest/pause.html).
 */
export function whyNotEligible(walk: Walk, state: ClusterState, member: MemberState): string | undefined {
  const { cluster } = state;
  if (member.name === state.primary) return 'is the primary';
  if (cluster.paused) return 'cluster is paused';
  if (!walk.request.maySwitch(cluster.key)) return 'switchover is "never"';
  if (member.nofailover) return 'nofailover';
  if (!member.healthy) return 'not running';
  if (member.lagBytes === undefined) return 'lag unknown';
  if (member.lagBytes > cluster.maximumLagBytes) return 'lag over the limit';
  const known = member.timeline !== undefined && state.timeline !== undefined;
  if (known && member.timeline !== state.timeline) return 'on another timeline';
  // With a quorum any member of it may lead; only Patroni knows who that is.
  const strictly = cluster.synchronous === 'on' || cluster.synchronous === 'strict';
  const needsSync = strictly && !state.syncMayHaveChanged;
  return needsSync && !member.syncStandby ? 'not a sync standby' : undefined;
}

/** A member other than the primary that could take over now; undefined: nobody. */
export function eligibleOther(walk: Walk, state: ClusterState): MemberState | undefined {
  return [...state.members.values()].find((member) => whyNotEligible(walk, state, member) === undefined);
}

/** Other members that are not running right now. */
export function unhealthyOthers(state: ClusterState, member: string | null): readonly string[] {
  return [...state.members.values()]
    .filter((other) => other.name !== member && !other.healthy)
    .map((other) => other.name);
}

/** True where nobody can say who is primary: no act on this cluster is safe. */
export function contradictsItself({ cluster }: ClusterState): boolean {
  return cluster.primary === undefined || cluster.claimants.length > 1;
}
