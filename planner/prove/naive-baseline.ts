/**
 * What happens without a plan: nodes are drained one after the other in zone and name order, each replaced by a fresh one,
 * and a primary's cluster fails over to whoever has streamed longest. The FOSDEM 2020 talk counts 3, 2 and 2 this way.
 */
import type { DatabaseCluster } from '../model.ts';
import { compareText, sortedBy } from '../order.ts';
import type { Survey } from '../schedule/survey.ts';

/** Returns the role changes of that rotation over these nodes, in all and by cluster with a member on one of them. */
export function naiveRotation(
  survey: Survey,
  drained: ReadonlySet<string>,
): { readonly switchovers: number; readonly clusters: Readonly<Record<string, number>> } {
  const nodes = survey.fleet.nodes.filter((node) => drained.has(node.name));
  const rankOf = new Map(
    sortedBy(nodes, (node) => `${node.zone} ${node.name}`).map((node, rank) => [node.name, rank]),
  );
  const clusters: Record<string, number> = Object.create(null);
  let switchovers = 0;
  for (const cluster of survey.fleet.clusters) {
    const count = roleChanges(cluster, survey, rankOf);
    if (count === undefined) continue;
    clusters[cluster.key] = count;
    switchovers += count;
  }
  return { switchovers, clusters };
}

/** Undefined: no member of the cluster stands on one of the nodes. */
function roleChanges(
  cluster: DatabaseCluster,
  survey: Survey,
  rankOf: ReadonlyMap<string, number>,
): number | undefined {
  const members = cluster.members.flatMap((member) => {
    const node = survey.podOf.get(member.pod)?.pod.node;
    return node === undefined ? [] : [{ member, rank: rankOf.get(node) }];
  });
  const drains = [...new Set(members.flatMap(({ rank }) => (rank === undefined ? [] : [rank])))].sort(
    (a, b) => a - b,
  );
  if (drains.length === 0) return undefined;
  const movedAt = new Map<string, number>();
  let primary = cluster.primary;
  let changes = 0;
  for (const drain of drains) {
    const leaving = members.filter(({ rank }) => rank === drain).map(({ member }) => member);
    if (leaving.some((member) => member.name === primary)) {
      const [next] = members
        .map(({ member }) => member)
        .filter((member) => !leaving.includes(member) && !member.nofailover && member.failoverPriority !== 0)
        .sort(
          (a, b) =>
            (movedAt.get(a.name) ?? -1) - (movedAt.get(b.name) ?? -1) ||
            (a.lagBytes ?? Number.MAX_SAFE_INTEGER) - (b.lagBytes ?? Number.MAX_SAFE_INTEGER) ||
            compareText(a.name, b.name),
        );
      if (next !== undefined) {
        primary = next.name;
        changes += 1;
      }
    }
    for (const member of leaving) movedAt.set(member.name, drain);
  }
  return changes;
}
