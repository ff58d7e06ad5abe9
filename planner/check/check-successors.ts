/**
 * Who could lead a cluster as the fleet stands before the first step, asked naively for checkPlan.
 */
import type { DatabaseCluster, Member } from '../model.ts';
import type { NumberedCluster, NumberedMember } from './check-model.ts';

/** Pod ready, Patroni's state running or streaming. */
export function runsAtStart({ member, pod }: NumberedMember): boolean {
  const { state } = member;
  const runs = state === undefined || state === 'running' || state === 'streaming';
  return pod?.pod.ready === true && !pod.pod.terminating && pod.pod.phase === 'Running' && runs;
}

/** True where Patroni promotes nobody but a sync standby. */
export function isStrictlySynchronous({ synchronous }: DatabaseCluster): boolean {
  return synchronous === 'on' || synchronous === 'strict';
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
