/**
 * The domains that relations between pods speak of: for each topology key a number for every node of the fleet.
 */
import type { FleetNode } from '../model.ts';
import type { Relation } from './relations.ts';

export const hostname = 'kubernetes.io/hostname';
const zoneLabel = 'topology.kubernetes.io/zone';

export type Domains = {
  readonly keys: readonly string[];
  /** Number among `keys` of the one that each relation speaks of. */
  readonly keyOf: Int32Array;
  /** By key and node its domain; -1: it has none. */
  readonly ofNode: readonly Int32Array[];
  /** By key the number of each domain that some node is in. */
  readonly numbers: readonly ReadonlyMap<string, number>[];
};

/** Returns the domains of a fleet's nodes. */
export function numberDomains(nodes: readonly FleetNode[], relations: readonly Relation[]): Domains {
  const keys: string[] = [];
  const numberOfKey = new Map<string, number>();
  const keyOf = new Int32Array(relations.length);
  for (let relation = 0; relation < relations.length; relation += 1) {
    const key = relations[relation]?.topologyKey ?? '';
    const number = numberOfKey.get(key) ?? keys.push(key) - 1;
    numberOfKey.set(key, number);
    keyOf[relation] = number;
  }
  const numbers = keys.map(() => new Map<string, number>());
  const ofNode = keys.map((key, number) =>
    Int32Array.from(nodes, (node) => numberIn(numbers[number] ?? new Map(), domainOf(node, key))),
  );
  return { keys, keyOf, ofNode, numbers };
}

/** Returns the domain of a node by its name; undefined: it has none. */
export function domainOf(node: FleetNode, topologyKey: string): string | undefined {
  if (topologyKey === hostname) return node.labels[topologyKey] ?? node.name;
  if (topologyKey === zoneLabel) return node.labels[topologyKey] ?? node.zone;
  return Object.hasOwn(node.labels, topologyKey) ? node.labels[topologyKey] : undefined;
}

function numberIn(numbers: Map<string, number>, domain: string | undefined): number {
  if (domain === undefined) return -1;
  const known = numbers.get(domain);
  if (known !== undefined) return known;
  numbers.set(domain, numbers.size);
  return numbers.size - 1;
}
