/**
 * What a careful operator does by hand: all nodes are cordoned first, so that no pod moves twice, and they are drained in zone and
 * name order. A primary hands over to a replica that already stands on a kept or new node if there is one, else to the nearest.
 * What is missing is the look ahead: no replica is moved before its primary has to go.
 */
import type { Fleet } from '../model.ts';
import { type Heir, nearestFirst, type Rotation, rotate, turnsByZone } from './rotate-cluster.ts';

/** Returns the role changes of that way over these nodes; `nodeOf` gives the node of each pod by its key. */
export function preferNewBaseline(
  fleet: Fleet,
  drained: ReadonlySet<string>,
  nodeOf: (pod: string) => string | undefined,
): Rotation {
  return rotate(fleet.clusters, turnsByZone(fleet.nodes, drained), nodeOf, stayingFirst);
}

function stayingFirst(a: Heir, b: Heir): number {
  return Number(b.stays) - Number(a.stays) || nearestFirst(a, b);
}
