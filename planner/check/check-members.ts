/**
 * Who may take over in a cluster, asked naively for checkPlan.
 * Patroni's own rules: https://patroni.readthedocs.io/en/latest/rest_api.html#switchover-and-failover-endpoints
 */
import type { Member } from '../model.ts';
import type { NumberedCluster, NumberedMember } from './check-model.ts';
import { memberNamed, membersOf, primaryName, type Walk } from './check-state.ts';
import { isStrictlySynchronous, runsAtStart } from './check-successors.ts';

/**
 * Why a member cannot be the target of a switchover at this moment; undefined: it can. While a cluster is paused Patroni starts no
 * PostgreSQL by itself, so that nothing that follows can be relied on (https://patroni.readthedocs.io/en/latest/pause.html).
 */
export function whyNotEligible(
  walk: Walk,
  numbered: NumberedCluster,
  each: NumberedMember,
): string | undefined {
  const { cluster, timeline } = numbered;
  const { member } = each;
  if (each.number === walk.now.primary[numbered.number]) return 'is the primary';
  if (cluster.paused) return 'cluster is paused';
  if (!walk.request.maySwitch(numbered)) return 'switchover is "never"';
  if (member.nofailover || member.failoverPriority === 0) return 'nofailover';
  // A move of a member is done when it streams from the primary again, within its lag limit.
  if (!wasMoved(walk, each)) {
    const lag = member.lagBytes ?? (walk.haveLed[each.number] === 1 ? 0 : undefined);
    if (!runsAtStart(each)) return 'not running';
    if (lag === undefined) return 'lag unknown';
    if (lag > cluster.maximumLagBytes) return 'lag over the limit';
    const areKnown = member.timeline !== undefined && timeline !== undefined;
    if (areKnown && member.timeline !== timeline) return 'on another timeline';
  }
  if (streamsFromOther(walk, numbered, member)) return 'streams from another member than the primary';
  return whyNotSynchronous(walk, numbered, member);
}

function wasMoved({ moved }: Walk, { bearer }: NumberedMember): boolean {
  return bearer !== undefined && moved[bearer.number] === 1;
}

/** Whether a member runs now. */
export function runsNow(walk: Walk, member: NumberedMember): boolean {
  return wasMoved(walk, member) || runsAtStart(member);
}

/**
 * With the tag replicatefrom a member streams from another one; the leader does not list it among its replicas, and only
 * that list is proof that it has everything (https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags). Where
 * the member named is gone, Patroni has it stream from the leader.
 */
function streamsFromOther(walk: Walk, cluster: NumberedCluster, { name, replicatefrom }: Member): boolean {
  if (replicatefrom === undefined || replicatefrom === name) return false;
  if (replicatefrom === primaryName(walk, cluster)) return false;
  return memberNamed(walk, cluster, replicatefrom) !== undefined;
}

/**
 * With synchronous replication only a sync standby may lead. Once a member was moved Patroni chooses anew, but never a
 * member with the tag nosync (https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode). With a
 * quorum any member of it may lead; only Patroni knows who that is.
 */
function whyNotSynchronous(
  { syncMayHaveChanged }: Walk,
  { number, cluster }: NumberedCluster,
  member: Member,
): string | undefined {
  if (!isStrictlySynchronous(cluster)) return undefined;
  if (member.nosync === true) return 'nosync';
  return syncMayHaveChanged[number] === 1 || member.role === 'sync-standby'
    ? undefined
    : 'not a sync standby';
}

/** A member other than the primary that could take over now; undefined: nobody. */
export function eligibleOther(walk: Walk, cluster: NumberedCluster): Member | undefined {
  for (const each of membersOf(walk, cluster))
    if (whyNotEligible(walk, cluster, each) === undefined) return each.member;
  return undefined;
}

const nobody: readonly string[] = [];

/** Names of other members that are not running right now. */
export function unhealthyOthers(walk: Walk, cluster: NumberedCluster, name: string): readonly string[] {
  if (walk.now.down[cluster.number] === 0) return nobody;
  const names: string[] = [];
  for (const each of membersOf(walk, cluster))
    if (each.member.name !== name && !runsNow(walk, each)) names.push(each.member.name);
  return names;
}
