/**
 * The domains that relations between pods speak of: for each topology key a number for every node, -1 where it has none.
 */
import type { FleetNode } from '../model.ts';
import type { Survey } from '../survey/survey.ts';

const hostname = 'kubernetes.io/hostname';
const zoneLabel = 'topology.kubernetes.io/zone';

export type Topologies = {
  /** Domain of each node, by relation: relations over the same key share one. */
  readonly ofRelation: readonly Int32Array[];
  /** Gives an added node its domains. */
  readonly enter: (node: number, size: number) => void;
};

/** Returns the domains of a fleet's nodes with room for as many as `capacity`. */
export function openTopologies(survey: Survey, capacity: number): Topologies {
  const { nodes, sizes, relations } = survey;
  const byKey = new Map<string, { domains: Int32Array; numbers: Map<string, number> }>();
  for (const { topologyKey } of relations.all) {
    if (byKey.has(topologyKey)) continue;
    const domains = new Int32Array(capacity).fill(-1);
    const numbers = new Map<string, number>();
    nodes.all.forEach((node, index) => {
      domains[index] = numberOf(numbers, domainOf(node, topologyKey));
    });
    byKey.set(topologyKey, { domains, numbers });
  }
  return {
    ofRelation: relations.all.map(({ topologyKey }) => byKey.get(topologyKey)?.domains ?? new Int32Array(0)),
    enter: (node, size) => {
      for (const [key, { domains, numbers }] of byKey) {
        const example = sizes.example[size];
        // Every added node is a host of its own; its number is beyond those of the names.
        if (key === hostname) domains[node] = capacity + node;
        else domains[node] = example === undefined ? -1 : numberOf(numbers, domainOf(example, key));
      }
    },
  };
}

function domainOf(node: FleetNode, topologyKey: string): string | undefined {
  if (topologyKey === hostname) return node.labels[topologyKey] ?? node.name;
  if (topologyKey === zoneLabel) return node.labels[topologyKey] ?? node.zone;
  return Object.hasOwn(node.labels, topologyKey) ? node.labels[topologyKey] : undefined;
}

function numberOf(numbers: Map<string, number>, domain: string | undefined): number {
  if (domain === undefined) return -1;
  const known = numbers.get(domain);
  if (known !== undefined) return known;
  numbers.set(domain, numbers.size);
  return numbers.size - 1;
}
