/**
 * What zones hold: free room of kept nodes, and pods that cannot leave their zone.
 */

import type { NumberedPod } from './check-model.ts';
import { roomOf, someTermMatches, usedOn } from './check-placement.ts';
import { type NodeState, nodeOf, type Walk } from './check-state.ts';

/** Nodes of a zone that nobody asks to drain. */
export function keptIn(walk: Walk, zone: string): readonly NodeState[] {
  return walk.nodes.filter((node) => !node.asked && node.node.zone === zone);
}

/** Free room of a node, never less than none. */
export function freeOn(walk: Walk, node: NodeState, id: number): number {
  return Math.max(0, roomOf(walk, node, id) - (usedOn(walk, node)[id] ?? 0));
}

const zoneLabel = 'topology.kubernetes.io/zone';

/** Whether a volume keeps the pod in the zone where it stands. */
export function isBoundToZone(walk: Walk, numbered: NumberedPod): boolean {
  const { pod } = numbered;
  const node = nodeOf(walk, numbered);
  if (node === undefined || pod.volumeTerms.length === 0) return false;
  const { zone } = node.node;
  // Nearly every volume names its zone in its one term.
  for (const terms of pod.volumeTerms)
    if (terms.length === 1)
      for (const { key, operator, values } of terms[0]?.labels ?? [])
        if (key === zoneLabel && operator === 'In' && values.length === 1 && values[0] === zone) return true;
  const couldStandOn = (other: NodeState) =>
    other.node.zone !== zone && pod.volumeTerms.every((terms) => someTermMatches(terms, other.node));
  return !walk.nodes.some(couldStandOn);
}
