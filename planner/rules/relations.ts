/**
 * Required pod affinity, anti-affinity and topology spread, as relations between the pods that bring a term and the pods
 * that its selector picks. A relation is legal or not per topology domain, whoever moves.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Pod, Requirement } from '../model.ts';
import { matchesLabels } from './selector.ts';

export type Relation = {
  readonly key: string;
  readonly kind: 'together' | 'apart' | 'spread';
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** Keys of the pods that bring the term. */
  readonly bearers: ReadonlySet<string>;
  /** Keys of the pods its selector picks. */
  readonly picked: ReadonlySet<string>;
  /** Pods that are one or the other. */
  readonly size: number;
};

type Term = {
  readonly kind: Relation['kind'];
  readonly selector: readonly Requirement[];
  readonly namespaces: readonly string[] | 'all';
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
};

/** Returns the relations of each pod that has any, by pod key: those it brings and those that pick it. */
export function surveyRelations(pods: readonly Pod[]): ReadonlyMap<string, readonly Relation[]> {
  const bearersOf = new Map<string, { term: Term; bearers: Set<string> }>();
  for (const pod of pods) {
    for (const term of termsOf(pod)) {
      const key = JSON.stringify(term);
      const known = bearersOf.get(key) ?? { term, bearers: new Set<string>() };
      known.bearers.add(pod.key);
      bearersOf.set(key, known);
    }
  }
  const byLabel = indexByLabel(pods);
  const relationsOf = new Map<string, Relation[]>();
  for (const [key, { term, bearers }] of bearersOf) {
    const picked = new Set(
      narrowed(term, pods, byLabel)
        .filter((pod) => picks(term, pod))
        .map((pod) => pod.key),
    );
    const concerned = new Set([...bearers, ...picked]);
    const { kind, topologyKey, maxSkew, minDomains } = term;
    const relation = { key, kind, topologyKey, maxSkew, minDomains, bearers, picked, size: concerned.size };
    for (const pod of concerned) {
      const known = relationsOf.get(pod);
      if (known === undefined) relationsOf.set(pod, [relation]);
      else known.push(relation);
    }
  }
  return relationsOf;
}

function termsOf(pod: Pod): readonly Term[] {
  const ofAffinity = (kind: 'together' | 'apart') => (term: Pod['podAffinity'][number]) => ({
    kind,
    selector: term.selector,
    namespaces: term.namespaces,
    topologyKey: term.topologyKey,
    maxSkew: 0,
    minDomains: 0,
  });
  return [
    ...pod.podAffinity.map(ofAffinity('together')),
    ...pod.podAntiAffinity.map(ofAffinity('apart')),
    ...pod.spread.map((term) => ({
      kind: 'spread' as const,
      selector: term.selector,
      namespaces: [pod.namespace],
      topologyKey: term.topologyKey,
      maxSkew: term.maxSkew,
      minDomains: term.minDomains,
    })),
  ];
}

function picks(term: Term, pod: Pod): boolean {
  const inNamespace = term.namespaces === 'all' || term.namespaces.includes(pod.namespace);
  return inNamespace && matchesLabels(term.selector, pod.labels);
}

function indexByLabel(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const byLabel = new Map<string, Pod[]>();
  for (const pod of pods) {
    for (const [key, value] of Object.entries(pod.labels)) {
      const label = `${key}=${value}`;
      const known = byLabel.get(label);
      if (known === undefined) byLabel.set(label, [pod]);
      else known.push(pod);
    }
  }
  return byLabel;
}

/** The shortest list that must hold every pod the term picks: without it, thousands of terms meet thousands of pods. */
function narrowed(
  term: Term,
  pods: readonly Pod[],
  byLabel: ReadonlyMap<string, readonly Pod[]>,
): readonly Pod[] {
  let shortest = pods;
  for (const requirement of term.selector) {
    if (requirement.operator !== 'In') continue;
    const lists = requirement.values.map((value) => byLabel.get(`${requirement.key}=${value}`) ?? []);
    const wanted = new Set(lists.flat());
    if (wanted.size < shortest.length) shortest = [...wanted];
  }
  return shortest;
}
