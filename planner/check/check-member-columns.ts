/**
 * What checkPlan asks of clusters and members at every switchover, as one list a question, by their numbers; check-pod-columns.ts
 * says why.
 */
import { isAskedFor } from './check-label-index.ts';
import type {
  LabelIndex,
  MemberColumns,
  NumberedCluster,
  NumberedMember,
  NumberedPod,
} from './check-model.ts';
import { keysThatDiffer, roleKeys } from './check-role-labels.ts';
import { couldLead, isStrictlySynchronous, neverLeads } from './check-successors.ts';

/** The columns of a fleet's clusters and their members. `labels` is the index of all that anybody asks for. */
export function readMemberColumns(
  clusters: readonly NumberedCluster[],
  members: readonly NumberedMember[],
  labels: LabelIndex,
): MemberColumns {
  const isPlain = new Uint8Array(clusters.length);
  const first = new Int32Array(clusters.length + 1);
  const isCandidate = new Uint8Array(members.length);
  const mayLead = new Uint8Array(members.length);
  const isSynchronous = new Uint8Array(members.length);
  for (const cluster of clusters) {
    const { number } = cluster;
    first[number + 1] = (first[number] ?? 0) + cluster.members.length;
    if (!isCalm(cluster) || !exchangesLabels(cluster, labels)) continue;
    isPlain[number] = 1;
    for (const each of cluster.members) {
      const isSync = !isStrictlySynchronous(cluster.cluster) || each.member.role === 'sync-standby';
      isCandidate[each.number] = neverLeads(cluster.cluster, each.member) ? 0 : 1;
      mayLead[each.number] = couldLead(cluster, each) ? 1 : 0;
      isSynchronous[each.number] = isSync ? 1 : 0;
    }
  }
  return {
    isPlain,
    first,
    name: members.map(({ member }) => member.name),
    pod: Int32Array.from(members, (each) => each.pod?.number ?? -1),
    isCandidate,
    mayLead,
    isSynchronous,
  };
}

/** True if every member has a pod that is up and streams from whoever leads. */
function isCalm({ cluster, contradictsItself, members }: NumberedCluster): boolean {
  if (contradictsItself || cluster.paused) return false;
  return members.every(({ member, pod, bearer }) => {
    if (member.replicatefrom !== undefined) return false;
    return pod !== undefined && pod === bearer && pod.isReady && !pod.hasEnded;
  });
}

/** True if the primary's labels differ from those of each other member in its role alone, and nobody asks for that. */
function exchangesLabels({ cluster, members }: NumberedCluster, index: LabelIndex): boolean {
  const primary = members.find(({ member }) => member.name === cluster.primary)?.pod;
  if (primary === undefined) return false;
  const { namespace, labels } = primary.pod;
  const roles = roleKeys(labels);
  if (roles.length === 0 || roles.some((key) => isAskedFor(index, namespace, key))) return false;
  return members.every(({ pod }) => pod === primary || differsInRole(primary, pod, roles));
}

function differsInRole(
  { pod }: NumberedPod,
  other: NumberedPod | undefined,
  roles: readonly string[],
): boolean {
  if (other === undefined || other.pod.namespace !== pod.namespace) return false;
  return keysThatDiffer(pod.labels, other.pod.labels, roles)?.length === 0;
}
