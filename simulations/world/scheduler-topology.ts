/**
 * The filters that look at other pods: required pod affinity and anti-affinity (both ways), and topology spread.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */

import { type AffinityTerm, affinityOf, antiAffinityOf } from './affinity-terms.ts';
import type { StoredObject } from './object-store.ts';
import { countsOnItsNode, taintsOf, tolerates, wantsNode } from './pod-on-node.ts';
import { isTerminating, type LabelSelector, labelsOf, nodeNameOf, selects } from './read-objects.ts';
import type { World } from './world.ts';

function termSelects(term: AffinityTerm, owner: StoredObject, other: StoredObject): boolean {
  return selects(term.labelSelector, labelsOf(other)) && reachesNamespace(term, owner, other);
}

/** Namespaces themselves are not in a dump: a namespaceSelector that is not empty is read as "the pod's own". */
function reachesNamespace(term: AffinityTerm, owner: StoredObject, other: StoredObject): boolean {
  if (term.namespaceSelector !== undefined && Object.keys(term.namespaceSelector).length === 0) return true;
  const listed = term.namespaces ?? [];
  const namespaces = listed.length === 0 ? [owner.metadata.namespace ?? ''] : listed;
  return namespaces.includes(other.metadata.namespace ?? '');
}

/**
 * What the placed pods mean to one pending pod: topology domains (`key=value`) that repel it, and for each of its own
 * affinity terms the domains that have a match. Read once per pod, not once per node.
 * `countsOf`: pods that a spread constraint counts, by domain.
 */
export type Neighbours = {
  readonly avoided: ReadonlySet<string>;
  readonly repelledBy: ReadonlySet<string>;
  readonly attracting: readonly { readonly term: AffinityTerm; readonly domains: ReadonlySet<string> }[];
  readonly countsOf: (constraint: SpreadConstraint) => ReadonlyMap<string, number>;
};

/** `world.repelling` has to be prepared. */
export function readNeighbours(world: World, pod: StoredObject): Neighbours {
  const repelledBy = new Set<string>();
  for (const other of world.repelling.of(pod)) {
    for (const term of antiAffinityOf(other))
      if (isPlacedBeside(pod, other) && termSelects(term, other, pod)) note(world, term, other, repelledBy);
  }
  const attracting = affinityOf(pod).map((term) => ({ term, domains: selectedDomains(world, pod, [term]) }));
  const avoided = selectedDomains(world, pod, antiAffinityOf(pod));
  return { avoided, repelledBy, attracting, countsOf: countsFor(world, pod) };
}

/** Domains of the placed pods that terms of this pod select. */
function selectedDomains(world: World, pod: StoredObject, terms: readonly AffinityTerm[]): Set<string> {
  const domains = new Set<string>();
  for (const term of terms) {
    for (const other of world.pods.selected(undefined, term.labelSelector))
      if (isPlacedBeside(pod, other) && reachesNamespace(term, pod, other)) note(world, term, other, domains);
  }
  return domains;
}

function isPlacedBeside(pod: StoredObject, other: StoredObject): boolean {
  const { namespace, name } = pod.metadata;
  const isItself = other.metadata.name === name && other.metadata.namespace === namespace;
  return !isItself && countsOnItsNode(other);
}

function note(world: World, term: AffinityTerm, placed: StoredObject, domains: Set<string>): void {
  const node = world.store.get('Node', undefined, nodeNameOf(placed) ?? '');
  const value = node === undefined ? undefined : labelsOf(node)[term.topologyKey];
  if (value !== undefined) domains.add(`${term.topologyKey}=${value}`);
}

function countsFor(world: World, pod: StoredObject): Neighbours['countsOf'] {
  const known = new Map<SpreadConstraint, ReadonlyMap<string, number>>();
  return (constraint) => {
    const counts = known.get(constraint) ?? countPerDomain(world, constraint, pod);
    known.set(constraint, counts);
    return counts;
  };
}

/** Undefined: the node passes; else the reason that the scheduler prints. */
export function passesAffinity(
  neighbours: Neighbours,
  pod: StoredObject,
  node: StoredObject,
): string | undefined {
  const domains = Object.entries(labelsOf(node)).map(([key, value]) => `${key}=${value}`);
  if (domains.some((domain) => neighbours.avoided.has(domain))) {
    return "node(s) didn't match pod anti-affinity rules";
  }
  if (domains.some((domain) => neighbours.repelledBy.has(domain))) {
    return "node(s) didn't satisfy existing pods anti-affinity rules";
  }
  const attracted = neighbours.attracting.every(({ term, domains: wanted }) => {
    const value = labelsOf(node)[term.topologyKey];
    if (value === undefined) return false;
    // The first pod of its own group may stand anywhere with the topology key.
    return wanted.size === 0 ? termSelects(term, pod, pod) : wanted.has(`${term.topologyKey}=${value}`);
  });
  return attracted ? undefined : "node(s) didn't match pod affinity rules";
}

type SpreadConstraint = {
  topologyKey: string;
  maxSkew: number;
  minDomains?: number;
  whenUnsatisfiable: string;
  labelSelector?: LabelSelector;
  matchLabelKeys?: readonly string[];
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
};

/** Undefined: all hard topology spread constraints hold with the pod on the node; else the reason. */
export function passesSpread(
  neighbours: Neighbours,
  pod: StoredObject,
  node: StoredObject,
): string | undefined {
  const constraints: readonly SpreadConstraint[] = pod.spec?.topologySpreadConstraints ?? [];
  const hard = constraints.filter((one) => one.whenUnsatisfiable === 'DoNotSchedule');
  return hard.every((one) => spreadHolds(neighbours.countsOf(one), one, pod, node))
    ? undefined
    : "node(s) didn't match pod topology spread constraints";
}

function spreadHolds(
  counts: ReadonlyMap<string, number>,
  constraint: SpreadConstraint,
  pod: StoredObject,
  node: StoredObject,
): boolean {
  const domain = labelsOf(node)[constraint.topologyKey];
  if (domain === undefined) return false;
  const fewest = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
  const self = selects(constraint.labelSelector, labelsOf(pod)) ? 1 : 0;
  return (counts.get(domain) ?? 0) + self - fewest <= constraint.maxSkew;
}

/** Matching pods per domain, over the nodes that the constraint counts (nodeAffinityPolicy Honor, nodeTaintsPolicy Ignore by default). */
function countPerDomain(
  world: World,
  constraint: SpreadConstraint,
  pod: StoredObject,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const keys = constraint.matchLabelKeys ?? [];
  for (const node of world.store.all('Node')) {
    const domain = labelsOf(node)[constraint.topologyKey];
    if (domain === undefined) continue;
    if (constraint.nodeAffinityPolicy !== 'Ignore' && !wantsNode(pod, node)) continue;
    if (constraint.nodeTaintsPolicy === 'Honor' && !toleratesAll(pod, node)) continue;
    let count = counts.get(domain) ?? 0;
    for (const other of world.pods.boundTo(node.metadata.name)) {
      const sameRevision = keys.every((key) => labelsOf(other)[key] === labelsOf(pod)[key]);
      const counted = other.metadata.namespace === pod.metadata.namespace && !isTerminating(other);
      if (counted && sameRevision && selects(constraint.labelSelector, labelsOf(other))) count += 1;
    }
    counts.set(domain, count);
  }
  return counts;
}

function toleratesAll(pod: StoredObject, node: StoredObject): boolean {
  return taintsOf(node).every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod, taint));
}
