/**
 * What a cluster costs at least, as the fleet stands before the first step: one switchover where somebody can take over now,
 * one outage where nobody ever can, and one of the two where a replica has still to prove itself (its lag is unknown, it does
 * not run).
 */

import type { DatabaseCluster, Member } from '../model.ts';
import { isStrictlySynchronous } from './check-members.ts';
import { isHealthyMember, type NumberedCluster, type NumberedMember } from './check-numbered-fleet.ts';
import { nodeOf, primaryOf, type Walk } from './check-state.ts';

export type Price = 'switchover' | 'outage' | 'either';

/** What a cluster costs at least; undefined: nothing, for its primary stands on a node that is kept. */
export function priceOf(walk: Walk, numbered: NumberedCluster): Price | undefined {
  const { cluster, members } = numbered;
  if (numbered.contradictsItself) return undefined;
  const pod = primaryOf(walk, numbered)?.pod;
  if (pod === undefined || nodeOf(walk, pod)?.toBeEmptied !== true) return undefined;
  if (cluster.paused || !walk.request.maySwitch(numbered)) return 'outage';
  if (someoneCouldLead(numbered)) return 'switchover';
  for (const { member } of members)
    if (member.name !== cluster.primary && !neverLeads(cluster, member)) return 'either';
  // A temporary member takes over where that is wished and possible.
  return walk.request.singleMemberOf(numbered) === 'scale-out' ? 'either' : 'outage';
}

/** Whether a member may never be primary, whatever a plan does. */
export function neverLeads(cluster: DatabaseCluster, member: Member): boolean {
  const outOfQuestion = member.nofailover || member.failoverPriority === 0;
  return outOfQuestion || (member.nosync === true && isStrictlySynchronous(cluster));
}

/** Whether a member other than the primary could take over before the first step. */
function someoneCouldLead(numbered: NumberedCluster): boolean {
  const { primary } = numbered.cluster;
  for (const each of numbered.members)
    if (each.member.name !== primary && couldLead(numbered, each)) return true;
  return false;
}

function couldLead({ cluster, timeline }: NumberedCluster, numbered: NumberedMember): boolean {
  const { member } = numbered;
  const near = member.lagBytes !== undefined && member.lagBytes <= cluster.maximumLagBytes;
  const known = member.timeline !== undefined && timeline !== undefined;
  const streams = member.replicatefrom === undefined || member.replicatefrom === cluster.primary;
  const sameTimeline = !(known && member.timeline !== timeline);
  return isHealthyMember(numbered) && near && streams && !neverLeads(cluster, member) && sameTimeline;
}

/** Whether the cluster may get a temporary member: nobody else could take over, and the request wants one. */
export function mayScaleOut({ request }: Walk, numbered: NumberedCluster): boolean {
  if (!request.maySwitch(numbered) || request.singleMemberOf(numbered) !== 'scale-out') return false;
  return !someoneCouldLead(numbered);
}
