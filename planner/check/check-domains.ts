/**
 * Domains of a topology: nodes with the same value of a label.
 */
import type { FleetNode } from '../model.ts';
import { labelOf } from './check-labels.ts';

export const hostname = 'kubernetes.io/hostname';

/** Which domain of a topology a node belongs to; undefined: to none. */
export function domainOf(node: FleetNode, topologyKey: string): string | undefined {
  const label = labelOf(node.labels, topologyKey);
  return topologyKey === hostname ? (label ?? node.name) : label;
}
