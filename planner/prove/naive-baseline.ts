/**
 * What happens without a plan: nodes are drained one after the other in zone and name order, each replaced by a fresh one,
 * and a primary's cluster fails over to whoever has streamed longest. The FOSDEM 2020 talk counts 3, 2 and 2 this way.
 */
import { compareText } from '../order.ts';
import type { ClusterTable } from '../survey/clusters.ts';
import type { Survey } from '../survey/survey.ts';

/** Returns the role changes of that rotation over the nodes that `isDrained`, in all and by cluster with a member on one of them. */
export function naiveRotation(
  survey: Survey,
  isDrained: (node: number) => boolean,
): { readonly switchovers: number; readonly clusters: Readonly<Record<string, number>> } {
  const { clusters, pods } = survey;
  const turnOfNode = turnsOf(survey, isDrained);
  const turn = new Int32Array(pods.node.length);
  for (let pod = 0; pod < turn.length; pod += 1) turn[pod] = turnOfNode[pods.node[pod] ?? -1] ?? -1;
  const counts: Record<string, number> = Object.create(null);
  let switchovers = 0;
  for (let cluster = 0; cluster < clusters.all.length; cluster += 1) {
    const changes = roleChanges(survey, cluster, turn);
    if (changes < 0) continue;
    counts[clusters.key[cluster] ?? ''] = changes;
    switchovers += changes;
  }
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

/** `turn` is that of each pod's node. -1: no member of the cluster stands on one of the nodes. */
function roleChanges(survey: Survey, cluster: number, turn: Int32Array): number {
  const { clusters } = survey;
  let primary = clusters.primary[cluster] ?? -1;
  let changes = -1;
  for (
    let now = nextTurn(clusters, cluster, turn, -1);
    now < never;
    now = nextTurn(clusters, cluster, turn, now)
  ) {
    changes = Math.max(0, changes);
    if (primary < 0 || turn[primary] !== now) continue;
    const heir = longestStreaming(survey, cluster, turn, now);
    if (heir < 0) continue;
    primary = heir;
    changes += 1;
  }
  return changes;
}

/** Later than the turn of any node. */
const never = 0x7fff_ffff;

/** The next turn at which a member of the cluster has to leave. */
function nextTurn(
  { members, start }: ClusterTable,
  cluster: number,
  turn: Int32Array,
  after: number,
): number {
  let next = never;
  for (let place = start[cluster] ?? 0; place < (start[cluster + 1] ?? 0); place += 1) {
    const each = turn[members[place] ?? -1] ?? -1;
    if (each > after && each < next) next = each;
  }
  return next;
}

/** Whoever was restarted longest ago, or never; then who is least behind; then by name. -1: nobody may. */
function longestStreaming(survey: Survey, cluster: number, turn: Int32Array, now: number): number {
  const { members, start, mayBePromoted } = survey.clusters;
  let best = -1;
  let bestRestart = -1;
  for (let place = start[cluster] ?? 0; place < (start[cluster + 1] ?? 0); place += 1) {
    const pod = members[place] ?? -1;
    const at = turn[pod] ?? -1;
    if (at === now || mayBePromoted[pod] !== 1) continue;
    const restart = at < now ? at : -1;
    if (best >= 0 && restart > bestRestart) continue;
    if (best >= 0 && restart === bestRestart && compareMembers(survey, pod, best) >= 0) continue;
    best = pod;
    bestRestart = restart;
  }
  return best;
}

function compareMembers({ clusters, pods }: Survey, one: number, other: number): number {
  return (
    lagOf(clusters, one) - lagOf(clusters, other) || compareText(pods.name[one] ?? '', pods.name[other] ?? '')
  );
}

/** Who does not say how far behind it is comes last. */
function lagOf({ lagBytes }: ClusterTable, pod: number): number {
  const bytes = lagBytes[pod] ?? Number.NaN;
  return Number.isNaN(bytes) ? Number.MAX_SAFE_INTEGER : bytes;
}
