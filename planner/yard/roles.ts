/**
 * Who can take over as primary as things stand, and which nodes would make their clusters pay twice.
 */
import { isFinal, origin, type Yard } from './yard.ts';

/** As much of a yard as says who may lead. */
export type Roles = Pick<Yard, 'survey' | 'at' | 'primary' | 'former' | 'moves'>;

/** Whether a member may take over from its cluster's primary now. */
export function mayLeadNow(yard: Roles, pod: number): boolean {
  const { clusters, pods } = yard.survey;
  if ((yard.at[pod] ?? -1) < 0 || yard.primary[pods.cluster[pod] ?? -1] === pod) return false;
  if (yard.former[pod] !== 0) return clusters.mayReturn[pod] === 1;
  const now = clusters.ability[pod] ?? 0;
  return now === 1 || (now === 2 && yard.moves[pod] !== 0);
}

/** Whether a member may take over now or after a move that is still to come. */
export function mayEverLead(yard: Yard, pod: number): boolean {
  if (mayLeadNow(yard, pod)) return true;
  const { clusters, pods } = yard.survey;
  const node = yard.at[pod] ?? -1;
  if (node < 0 || yard.primary[pods.cluster[pod] ?? -1] === pod || isFinal(yard, node)) return false;
  return clusters.ability[pod] === 2;
}

/**
 * Whether somebody that will not move again may take over from a cluster's primary. Where only the synchronous standby may, that
 * one has to be final; where nobody knows who it will be, everyone who could be.
 */
export function isCovered(yard: Yard, cluster: number): boolean {
  const { clusters } = yard.survey;
  const from = clusters.start[cluster] ?? 0;
  const to = clusters.start[cluster + 1] ?? 0;
  const temporary = clusters.temporary[cluster] ?? -1;
  if (temporary >= 0 && isReadyToLead(yard, temporary)) return true;
  if (clusters.sync[cluster] === 1) return isSyncCovered(yard, cluster, from, to);
  for (let place = from; place < to; place += 1)
    if (isReadyToLead(yard, clusters.members[place] ?? -1)) return true;
  return false;
}

/** Whether a member may take over now and will not move again. */
export function isReadyToLead(yard: Yard, pod: number): boolean {
  return mayLeadNow(yard, pod) && isFinal(yard, yard.at[pod] ?? -1);
}

function isSyncCovered(yard: Yard, cluster: number, from: number, to: number): boolean {
  const { clusters } = yard.survey;
  const standby = yard.syncNow[cluster] ?? -1;
  if (standby >= 0) return isReadyToLead(yard, standby);
  let somebody = false;
  for (let place = from; place < to; place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (!mayEverLead(yard, pod)) continue;
    if (!isReadyToLead(yard, pod)) return false;
    somebody = true;
  }
  return somebody;
}

/** Whether anybody may take over from a cluster's primary, now or after a move that is still to come. */
export function canBeSucceeded(yard: Yard, cluster: number): boolean {
  const { clusters } = yard.survey;
  const from = clusters.start[cluster] ?? 0;
  const to = clusters.start[cluster + 1] ?? 0;
  for (let place = from; place < to; place += 1)
    if (mayEverLead(yard, clusters.members[place] ?? -1)) return true;
  const temporary = clusters.temporary[cluster] ?? -1;
  return temporary >= 0 && mayLeadNow(yard, temporary);
}

/**
 * Returns the synchronous standby once `except` is away; -1: several could be. Patroni keeps the standby that went on streaming while another one was away:
 * https://github.com/patroni/patroni/blob/master/patroni/postgresql/sync.py (SyncHandler.current_state)
 */
export function nextSyncStandby(yard: Yard, cluster: number, except: number): number {
  const { clusters } = yard.survey;
  let only = -1;
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (pod === except || !mayLeadNow(yard, pod)) continue;
    if (only >= 0) return -1;
    only = pod;
  }
  return only;
}

/** Counts a cluster's weight where its primary stands, as long as it would pay a second time there. */
export function recount(yard: Yard, cluster: number): void {
  const counted = yard.countedAt[cluster] ?? -1;
  const weight = yard.survey.clusters.weight[cluster] ?? 1;
  const node = yard.at[yard.primary[cluster] ?? -1] ?? -1;
  const pays =
    node >= 0 &&
    yard.origin[node] === origin.drained &&
    !isCovered(yard, cluster) &&
    canBeSucceeded(yard, cluster);
  const now = pays ? node : -1;
  if (now === counted) return;
  if (counted >= 0) count(yard, cluster, counted, -weight, -1);
  if (now >= 0) count(yard, cluster, now, weight, 1);
  yard.countedAt[cluster] = now;
}

/** The first primary stands for all of the cluster: its members ask for the same. */
function count(yard: Yard, cluster: number, node: number, weight: number, sign: 1 | -1): void {
  const { clusters, pods, asks, width, scarce } = yard.survey;
  const ask = (pods.ask[clusters.primary[cluster] ?? -1] ?? 0) * width;
  const size = asks[ask + (scarce[yard.zone[node] ?? 0] ?? 0)] ?? 0;
  yard.uncovered[node] = (yard.uncovered[node] ?? 0) + weight;
  yard.uncoveredSize[node] = (yard.uncoveredSize[node] ?? 0) + sign * size;
}
