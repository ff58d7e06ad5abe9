/**
 * What a cluster costs at least, as the fleet stands before the first step: one switchover where somebody can take over now,
 * one outage where nobody ever can, and one of the two where a replica has still to prove itself (its lag is unknown, it does
 * not run).
 */

import type { DatabaseCluster, Member } from '../model.ts';
import { isStrictlySynchronous } from './check-members.ts';
import { type NumberedCluster, type NumberedMember, runsAtStart } from './check-numbered-fleet.ts';
import { nodeOf, primaryOf, type Walk } from './check-state.ts';

export type Price = 'switchover' | 'outage' | 'either';

/** What a cluster costs at least; undefined: nothing, for its primary stands on a node that is kept. */
export function priceOf(walk: Walk, numbered: NumberedCluster): Price | undefined {
  const { cluster, successor } = numbered;
  if (numbered.contradictsItself) return undefined;
  const pod = primaryOf(walk, numbered)?.pod;
  if (pod === undefined || nodeOf(walk, pod)?.toBeEmptied !== true) return undefined;
  if (cluster.paused || !walk.request.maySwitch(numbered)) return 'outage';
  if (successor === 'now') return 'switchover';
  if (successor === 'later') return 'either';
  // A temporary member takes over where that is wished and possible.
  return walk.request.singleMemberOf(numbered) === 'scale-out' ? 'either' : 'outage';
}

/** Whether a member may never be primary, whatever a plan does. */
export function neverLeads(cluster: DatabaseCluster, member: Member): boolean {
  const outOfQuestion = member.nofailover || member.failoverPriority === 0;
  return outOfQuestion || (member.nosync === true && isStrictlySynchronous(cluster));
}

/** Whether a member other than the primary could lead before the first step: now, one day, or never. */
export function successorOf(numbered: NumberedCluster): NumberedCluster['successor'] {
  const { cluster, members } = numbered;
  let best: NumberedCluster['successor'] = 'never';
  for (const each of members) {
    if (each.member.name === cluster.primary || neverLeads(cluster, each.member)) continue;
    if (couldLead(numbered, each)) return 'now';
    best = 'later';
  }
  return best;
}

/** Whether a member could lead before the first step, tags and role left aside. */
export function couldLead({ cluster, timeline }: NumberedCluster, numbered: NumberedMember): boolean {
  const { member } = numbered;
  const near = member.lagBytes !== undefined && member.lagBytes <= cluster.maximumLagBytes;
  const known = member.timeline !== undefined && timeline !== undefined;
  const streams = member.replicatefrom === undefined || member.replicatefrom === cluster.primary;
  const sameTimeline = !(known && member.timeline !== timeline);
  return runsAtStart(numbered) && near && streams && sameTimeline;
}

/** Whether the cluster may get a temporary member: nobody else could take over, and the request wants one. */
export function mayScaleOut({ request }: Walk, numbered: NumberedCluster): boolean {
  if (!request.maySwitch(numbered) || request.singleMemberOf(numbered) !== 'scale-out') return false;
  return numbered.successor !== 'now';
}
