/**
 * Required pod affinity, anti-affinity and topology spread, as relations between the pods that bring a term and the pods
 * that its selector picks. A relation is legal or not per topology domain, whoever moves.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Pod, Requirement } from '../model.ts';
import { matchesLabels } from '../rules/selector.ts';
import { numberContents } from './number-contents.ts';

export type Relation = {
  readonly kind: 'together' | 'apart' | 'spread';
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** Spread only: whether nodes that the pod's selector does not pick, or whose taints it does not tolerate, are no domains. */
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
  /** Pods that bring the term, ascending. */
  readonly bearers: Int32Array;
  /** Pods its selector picks, ascending; the same array where they are the same pods. */
  readonly picked: Int32Array;
};

export const isBearer = 1;
export const isPicked = 2;

export type Relations = {
  readonly all: readonly Relation[];
  /** Relations of pod p: `ids` and `sides` from `start[p]` to `start[p + 1]`. */
  readonly start: Int32Array;
  readonly ids: Int32Array;
  /** isBearer, isPicked, or both. */
  readonly sides: Uint8Array;
};

type Term = Omit<Relation, 'bearers' | 'picked'> & {
  readonly selector: readonly Requirement[];
  readonly namespaces: readonly string[] | 'all';
};

/** Returns the relations between these pods. */
export function surveyRelations(pods: readonly Pod[]): Relations {
  const bearersOf = gatherTerms(pods);
  if (bearersOf.size === 0)
    return {
      all: [],
      start: new Int32Array(pods.length + 1),
      ids: new Int32Array(0),
      sides: new Uint8Array(0),
    };
  const byLabel = indexLabels(
    pods,
    [...bearersOf.values()].map(({ term }) => term),
  );
  const all: Relation[] = [];
  for (const { term, bearers } of bearersOf.values()) {
    const { selector: _selector, namespaces: _namespaces, ...rest } = term;
    const picked = picksOf(term, pods, byLabel);
    const same = picked.length === bearers.length && picked.every((pod, place) => pod === bearers[place]);
    const bringing = Int32Array.from(bearers);
    all.push({ ...rest, bearers: bringing, picked: same ? bringing : Int32Array.from(picked) });
  }
  return linkPods(all, pods.length);
}

type Gathered = { readonly term: Term; readonly bearers: number[] };

function gatherTerms(pods: readonly Pod[]): ReadonlyMap<string, Gathered> {
  const bearersOf = new Map<string, Gathered>();
  const groupsOf = new Map<string, readonly Gathered[]>();
  const numberOf = numberContents();
  pods.forEach((pod, index) => {
    const { podAffinity, podAntiAffinity, spread } = pod;
    if (podAffinity.length + podAntiAffinity.length + spread.length === 0) return;
    // A spread picks pods of the pod's own namespace only.
    const key = `${numberOf(podAffinity)} ${numberOf(podAntiAffinity)} ${spread.length === 0 ? '' : `${numberOf(spread)} ${pod.namespace}`}`;
    let groups = groupsOf.get(key);
    if (groups === undefined) {
      const found = termsOf(pod).map((term) => {
        const content = JSON.stringify(term);
        const known = bearersOf.get(content) ?? { term, bearers: [] };
        bearersOf.set(content, known);
        return known;
      });
      groups = [...new Set(found)];
      groupsOf.set(key, groups);
    }
    for (const { bearers } of groups) bearers.push(index);
  });
  return bearersOf;
}

function termsOf(pod: Pod): readonly Term[] {
  const plain = { maxSkew: 0, minDomains: 0, honorsAffinity: true, honorsTaints: false };
  const ofAffinity =
    (kind: 'together' | 'apart') =>
    ({ selector, namespaces, topologyKey }: Pod['podAffinity'][number]): Term => ({
      kind,
      ...plain,
      selector,
      namespaces,
      topologyKey,
    });
  return [
    ...pod.podAffinity.map(ofAffinity('together')),
    ...pod.podAntiAffinity.map(ofAffinity('apart')),
    ...pod.spread.map(
      (term): Term => ({
        kind: 'spread',
        topologyKey: term.topologyKey,
        maxSkew: term.maxSkew,
        minDomains: term.minDomains,
        honorsAffinity: term.nodeAffinityPolicy !== 'Ignore',
        honorsTaints: term.nodeTaintsPolicy === 'Honor',
        selector: term.selector,
        namespaces: [pod.namespace],
      }),
    ),
  ];
}

type LabelIndex = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/** Pods by value, for the label keys that selectors ask for by value: thousands of terms must not meet thousands of pods. */
function indexLabels(pods: readonly Pod[], terms: readonly Term[]): LabelIndex {
  const index = new Map<string, Map<string, number[]>>();
  for (const { selector } of terms)
    for (const { key, operator } of selector) if (operator === 'In') index.set(key, new Map());
  const keys = [...index];
  pods.forEach((pod, number) => {
    for (const [key, byValue] of keys) {
      const value = Object.hasOwn(pod.labels, key) ? pod.labels[key] : undefined;
      if (value === undefined) continue;
      const alike = byValue.get(value);
      if (alike === undefined) byValue.set(value, [number]);
      else alike.push(number);
    }
  });
  return index;
}

function picksOf(term: Term, pods: readonly Pod[], byLabel: LabelIndex): readonly number[] {
  let shortest: readonly number[] | undefined;
  for (const { key, operator, values } of term.selector) {
    if (operator !== 'In') continue;
    const lists = values.map((value) => byLabel.get(key)?.get(value) ?? []);
    const length = lists.reduce((sum, list) => sum + list.length, 0);
    if (shortest !== undefined && length >= shortest.length) continue;
    shortest = lists.length === 1 ? lists[0] : [...new Set(lists.flat())].sort((a, b) => a - b);
  }
  return (shortest ?? pods.map((_, number) => number)).filter((number) => {
    const pod = pods[number];
    if (pod === undefined) return false;
    const inNamespace = term.namespaces === 'all' || term.namespaces.includes(pod.namespace);
    return inNamespace && matchesLabels(term.selector, pod.labels);
  });
}

function linkPods(all: readonly Relation[], count: number): Relations {
  const start = new Int32Array(count + 1);
  const concerned = all.map(({ bearers, picked }) =>
    bearers === picked ? bearers : Int32Array.from(new Set([...bearers, ...picked])).sort(),
  );
  for (const pods of concerned) for (const pod of pods) start[pod + 1] = (start[pod + 1] ?? 0) + 1;
  for (let pod = 0; pod < count; pod += 1) start[pod + 1] = (start[pod + 1] ?? 0) + (start[pod] ?? 0);
  const next = Int32Array.from(start);
  const ids = new Int32Array(start[count] ?? 0);
  const sides = new Uint8Array(ids.length);
  all.forEach(({ bearers, picked }, relation) => {
    const brings = bearers === picked ? undefined : new Set(bearers);
    const picks = bearers === picked ? undefined : new Set(picked);
    for (const pod of concerned[relation] ?? []) {
      const place = next[pod] ?? 0;
      next[pod] = place + 1;
      ids[place] = relation;
      const bearing = brings === undefined || brings.has(pod) ? isBearer : 0;
      sides[place] = bearing | (picks === undefined || picks.has(pod) ? isPicked : 0);
    }
  });
  return { all, start, ids, sides };
}
