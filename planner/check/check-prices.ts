/**
 * What a cluster costs at least, as the fleet stands before the first step: one switchover where somebody can take over now,
 * one outage where nobody ever can, and one of the two where a replica has still to prove itself (its lag is unknown, it does
 * not run).
 */

import type { DatabaseCluster, Member } from '../model.ts';
import { contradictsItself, isStrictlySynchronous } from './check-members.ts';
import { type ClusterState, memberNamed, type Walk } from './check-state.ts';

export type Price = 'switchover' | 'outage' | 'either';

/** What a cluster costs at least; undefined: nothing, for its primary stands on a node that is kept. */
export function priceOf(walk: Walk, state: ClusterState): Price | undefined {
  const { cluster } = state;
  if (contradictsItself(state)) return undefined;
  if (memberNamed(state, state.primary)?.pod?.node?.toBeEmptied !== true) return undefined;
  if (cluster.paused || !walk.request.maySwitch(cluster.key)) return 'outage';
  if (someOther(cluster, (member) => couldLeadNow(walk, cluster, member))) return 'switchover';
  if (someOther(cluster, (member) => !neverLeads(cluster, member))) return 'either';
  // A temporary member takes over where that is wished and possible.
  return walk.request.singleMemberOf(cluster.key) === 'scale-out' ? 'either' : 'outage';
}

function someOther(cluster: DatabaseCluster, holds: (member: Member) => boolean): boolean {
  for (const member of cluster.members) if (member.name !== cluster.primary && holds(member)) return true;
  return false;
}

/** Whether a member may never be primary, whatever a plan does. */
export function neverLeads(cluster: DatabaseCluster, member: Member): boolean {
  const outOfQuestion = member.nofailover || member.failoverPriority === 0;
  return outOfQuestion || (member.nosync === true && isStrictlySynchronous(cluster));
}

function couldLeadNow(walk: Walk, cluster: DatabaseCluster, member: Member): boolean {
  const pod = walk.pods.get(member.pod)?.pod;
  const running = member.state === undefined || member.state === 'running' || member.state === 'streaming';
  const healthy = pod?.ready === true && !pod.terminating && pod.phase === 'Running' && running;
  const near = member.lagBytes !== undefined && member.lagBytes <= cluster.maximumLagBytes;
  const primary = cluster.members.find((each) => each.name === cluster.primary);
  const known = member.timeline !== undefined && primary?.timeline !== undefined;
  const streams = member.replicatefrom === undefined || member.replicatefrom === cluster.primary;
  const sameTimeline = !(known && member.timeline !== primary.timeline);
  return healthy && near && streams && !neverLeads(cluster, member) && sameTimeline;
}

/** Whether the cluster may get a temporary member: nobody else could take over, and the request wants one. */
export function mayScaleOut(walk: Walk, { cluster }: ClusterState): boolean {
  const { maySwitch, singleMemberOf } = walk.request;
  if (!maySwitch(cluster.key) || singleMemberOf(cluster.key) !== 'scale-out') return false;
  return !someOther(cluster, (member) => couldLeadNow(walk, cluster, member));
}
