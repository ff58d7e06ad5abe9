/**
 * Pure: who is asked to take over. That is whom the plan names, with one exception: in a synchronous cluster only the standby of the
 * moment may, and which one that is Patroni chooses anew whenever a member was away. Another one does as well, if it too stands where
 * it stays and nothing in the rest of the plan counts on the one that was foreseen.
 * https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode
 */
import type { SwitchoverStep } from '../../planner/plan.ts';
import type { Memory } from './decision.ts';
import { candidateIsFit, memberOf } from './guards.ts';
import { drainedNodes, hasMoveToCome, lanesOfCluster } from './plan-questions.ts';
import type { ClusterSeen } from './seen.ts';

/** Returns the name of the member to ask for; it may not be fit yet. */
export function chooseCandidate(memory: Memory, cluster: ClusterSeen, step: SwitchoverStep): string {
  if (!cluster.patroni.synchronous || memberOf(cluster, step.to)?.role === 'sync-standby') {
    return step.to;
  }
  if (isCountedOn(memory, step)) {
    return step.to;
  }
  const drained = drainedNodes(memory.fold);
  const other = cluster.patroni.members.find(({ name, role }) => {
    const node = cluster.pods.find((pod) => pod.name === name)?.node;
    const stays = node !== undefined && !drained.has(node);
    return (
      role === 'sync-standby' &&
      stays &&
      !hasMoveToCome(memory.fold, `${cluster.namespace}/${name}`) &&
      candidateIsFit(memory, cluster, name) === undefined
    );
  });
  return other?.name ?? step.to;
}

/** A later switchover or outage of the cluster names who leads by then, and a temporary member has to lead before others go. */
function isCountedOn({ fold }: Memory, step: SwitchoverStep): boolean {
  return lanesOfCluster(fold, step.cluster).some(({ step: other, done }) => {
    if (other.id === step.id || done !== undefined) {
      return false;
    }
    return other.kind !== 'move' || other.outage;
  });
}
