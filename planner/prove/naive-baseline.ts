/**
 * What happens without a plan: nodes are drained one after the other in zone and name order, each replaced by a fresh one,
 * and a primary's cluster fails over to whoever has streamed longest. The FOSDEM 2020 talk counts 3, 2 and 2 this way.
 */
import { compareText } from '../order.ts';
import type { Survey } from '../survey/survey.ts';

/** Returns the role changes of that rotation over the nodes that `isDrained`, in all and by cluster with a member on one of them. */
export function naiveRotation(
  survey: Survey,
  isDrained: (node: number) => boolean,
): { readonly switchovers: number; readonly clusters: Readonly<Record<string, number>> } {
  const { clusters } = survey;
  const turn = turnsOf(survey, isDrained);
  const counts: Record<string, number> = Object.create(null);
  let switchovers = 0;
  clusters.all.forEach(({ key }, cluster) => {
    const pods = clusters.members.subarray(clusters.start[cluster], clusters.start[cluster + 1]);
    const changes = roleChanges(survey, cluster, pods, turn);
    if (changes < 0) return;
    counts[key] = changes;
    switchovers += changes;
  });
  return { switchovers, clusters: counts };
}

/** When each node is drained; -1: never. */
function turnsOf({ fleet, nodes }: Survey, isDrained: (node: number) => boolean): Int32Array {
  const order = fleet.nodes.map((_, node) => node).filter(isDrained);
  order.sort((a, b) => (nodes.zone[a] ?? 0) - (nodes.zone[b] ?? 0) || a - b);
  const turns = new Int32Array(fleet.nodes.length).fill(-1);
  order.forEach((node, place) => {
    turns[node] = place;
  });
  return turns;
}

/** -1: no member of the cluster stands on one of the nodes. */
function roleChanges(survey: Survey, cluster: number, members: Int32Array, turn: Int32Array): number {
  const { pods, clusters } = survey;
  const turnOf = (pod: number) => turn[pods.node[pod] ?? -1] ?? -1;
  let primary = clusters.primary[cluster] ?? -1;
  let changes = -1;
  for (let at = nextTurn(-1); at < Number.POSITIVE_INFINITY; at = nextTurn(at)) {
    changes = Math.max(0, changes);
    if (primary < 0 || turnOf(primary) !== at) continue;
    const heir = longestStreaming(survey, cluster, members, turnOf, at);
    if (heir < 0) continue;
    primary = heir;
    changes += 1;
  }
  return changes;

  function nextTurn(after: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const pod of members) {
      const each = turnOf(pod);
      if (each > after && each < next) next = each;
    }
    return next;
  }
}

/** Whoever was restarted longest ago, or never; then who is least behind; then by name. -1: nobody may. */
function longestStreaming(
  { clusters }: Survey,
  cluster: number,
  members: Int32Array,
  turnOf: (pod: number) => number,
  now: number,
): number {
  const memberOf = (pod: number) => clusters.all[cluster]?.members[clusters.memberOf[pod] ?? -1];
  const restarted = (pod: number) => (turnOf(pod) < now ? turnOf(pod) : -1);
  let best = -1;
  for (const pod of members) {
    const member = memberOf(pod);
    if (member === undefined || turnOf(pod) === now || member.nofailover || member.failoverPriority === 0)
      continue;
    const other = memberOf(best);
    const difference =
      other === undefined
        ? -1
        : restarted(pod) - restarted(best) ||
          (member.lagBytes ?? Number.MAX_SAFE_INTEGER) - (other.lagBytes ?? Number.MAX_SAFE_INTEGER) ||
          compareText(member.name, other.name);
    if (difference < 0) best = pod;
  }
  return best;
}
