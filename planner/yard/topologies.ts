/**
 * The topology domains of all nodes, those added included.
 */
import { domainOf, hostname } from '../survey/domains.ts';
import type { Survey } from '../survey/survey.ts';

export type Topologies = {
  /** By topology key the domain of each node; -1: it has none. */
  readonly ofKey: readonly Int32Array[];
  /** Number of the topology key of each relation. */
  readonly keyOf: Int32Array;
  /** Gives an added node its domains. */
  readonly enter: (node: number, size: number) => void;
};

/** Returns the domains of a fleet's nodes with room for as many as `capacity`. */
export function openTopologies({ domains, sizes }: Survey, capacity: number): Topologies {
  const { keys, keyOf, ofNode, numbers } = domains;
  const ofKey = keys.map((_, key) => {
    const ofAll = new Int32Array(capacity).fill(-1);
    ofAll.set(ofNode[key] ?? []);
    return ofAll;
  });
  /** By key the domains that only added nodes are in. */
  const more = keys.map(() => new Map<string, number>());
  const numberOf = (key: number, domain: string | undefined): number => {
    if (domain === undefined) return -1;
    const [known, added] = [numbers[key], more[key]];
    const number = known?.get(domain) ?? added?.get(domain) ?? (known?.size ?? 0) + (added?.size ?? 0);
    if (known?.has(domain) !== true) added?.set(domain, number);
    return number;
  };
  return {
    ofKey,
    keyOf,
    enter: (node, size) => {
      ofKey.forEach((ofAll, key) => {
        const name = keys[key] ?? '';
        const example = sizes.example[size];
        // Every added node is a host of its own; its number is beyond those of the names.
        if (name === hostname) ofAll[node] = capacity + node;
        else ofAll[node] = example === undefined ? -1 : numberOf(key, domainOf(example, name));
      });
    },
  };
}

/** Returns the domains that a relation speaks of, by node. */
export function domainsOf({ ofKey, keyOf }: Topologies, relation: number): Int32Array {
  return ofKey[keyOf[relation] ?? 0] ?? noDomains;
}

const noDomains = new Int32Array(0);
