/** One cluster while nodes are drained one after the other and nobody plans ahead: what all baselines have in common. */
import type { DatabaseCluster, FleetNode, Member } from '../model.ts';
import { compareText, sortedBy } from '../order.ts';

/** A member whose node is not the one being drained. */
export type Heir = {
  readonly member: Member;
  /** Drain in which it moved last; undefined: it has not moved yet. */
  readonly movedAt: number | undefined;
  /** It stands on a node that is not drained in this rotation any more. */
  readonly stays: boolean;
};

/** Negative where `a` takes over rather than `b`. */
export type Preference = (a: Heir, b: Heir) => number;

/** Role changes of a rotation, in all and by cluster with a member on one of its nodes. */
export type Rotation = {
  readonly switchovers: number;
  readonly clusters: Readonly<Record<string, number>>;
};

/** Returns the turn of each node to be drained, in zone and name order. */
export function turnsByZone(
  nodes: readonly FleetNode[],
  drained: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const leaving = nodes.filter((node) => drained.has(node.name));
  const order = sortedBy(leaving, (node) => `${node.zone} ${node.name}`);
  return new Map(order.map((node, turn) => [node.name, turn]));
}

/**
 * Returns the role changes of all clusters in a rotation in which every pod moves once, to a node that stays: `turnOf` gives
 * the turn of each node, `nodeOf` the node of each pod.
 */
export function rotate(
  clusters: readonly DatabaseCluster[],
  turnOf: ReadonlyMap<string, number>,
  nodeOf: (pod: string) => string | undefined,
  prefer: Preference,
): Rotation {
  const counts: Record<string, number> = Object.create(null);
  let switchovers = 0;
  for (const cluster of clusters) {
    const count = rotateCluster(cluster, turnOf, nodeOf, prefer);
    if (count === undefined) continue;
    counts[cluster.key] = count;
    switchovers += count;
  }
  return { switchovers, clusters: counts };
}

/** Returns who takes over from members that leave; undefined: nobody may. */
export function heirOf(heirs: readonly Heir[], prefer: Preference): Member | undefined {
  let first: Heir | undefined;
  for (const heir of heirs) {
    if (heir.member.nofailover || heir.member.failoverPriority === 0) continue;
    if (first === undefined || prefer(heir, first) < 0) first = heir;
  }
  return first?.member;
}

/** Compares by lag, unknown ones last, then by name: what is left when nothing else decides. */
export function nearestFirst(a: Heir, b: Heir): number {
  return (
    (a.member.lagBytes ?? Number.MAX_SAFE_INTEGER) - (b.member.lagBytes ?? Number.MAX_SAFE_INTEGER) ||
    compareText(a.member.name, b.member.name)
  );
}

/** Compares by how long members have streamed without a restart, those that never moved first. */
export function longestStreamingFirst(a: Heir, b: Heir): number {
  return (a.movedAt ?? -1) - (b.movedAt ?? -1) || nearestFirst(a, b);
}

/** Undefined: no member of the cluster stands on one of the nodes. */
function rotateCluster(
  cluster: DatabaseCluster,
  turnOf: ReadonlyMap<string, number>,
  nodeOf: (pod: string) => string | undefined,
  prefer: Preference,
): number | undefined {
  const standing = cluster.members.flatMap((member) => {
    const node = nodeOf(member.pod);
    return node === undefined ? [] : [{ member, turn: turnOf.get(node) }];
  });
  const turns = [...new Set(standing.flatMap(({ turn }) => turn ?? []))].sort((a, b) => a - b);
  if (turns.length === 0) return undefined;
  let primary = cluster.primary;
  let changes = 0;
  for (const now of turns) {
    if (!standing.some(({ member, turn }) => turn === now && member.name === primary)) continue;
    const heirs = standing
      .filter(({ turn }) => turn !== now)
      .map(({ member, turn }): Heir => {
        const moved = turn !== undefined && turn < now;
        return { member, movedAt: moved ? turn : undefined, stays: moved || turn === undefined };
      });
    const next = heirOf(heirs, prefer);
    if (next === undefined) continue;
    primary = next.name;
    changes += 1;
  }
  return changes;
}
