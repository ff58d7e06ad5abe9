/**
 * Required pod affinity, anti-affinity and topology spread, as relations between the pods that bring a term and the pods
 * that its selector picks. A relation is legal or not per topology domain, whoever moves.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Pod, PodAffinityTerm, Requirement, SpreadConstraint } from '../model.ts';
import { matchesLabels } from '../rules/selector.ts';
import {
  type LabelIndex,
  lengthOf,
  nobody,
  type PodList,
  podsOf,
  type Sharpest,
  sharpestOf,
} from './label-index.ts';

export type Relation = {
  readonly kind: 'together' | 'apart' | 'spread';
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** Spread only: whether nodes that the pod's selector does not pick, or whose taints it does not tolerate, are no domains. */
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
  /** Pods that bring the term. No two relations have one list, as crowds are told apart by them. */
  readonly bearers: PodList;
  /** Pods its selector picks; the same list where they are the same pods. */
  readonly picked: PodList;
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
  readonly pairs: Pairs;
  readonly wide: WideRelations;
};

/**
 * Of pod p, from `start[p]` to `start[p + 1]`, the relations that reach beyond the members of one cluster. Only those tie steps to
 * each other, as the steps of one cluster wait for each other anyway.
 */
export type WideRelations = { readonly start: Int32Array; readonly ids: Int32Array };

/**
 * Nearly every relation keeps a few pods apart from each other, as the members of a cluster. Those lie side by side here, since it is
 * they that are asked about hundreds of thousands of times: of relation r `pods` from `start[r]` to `start[r + 1]`; none of others.
 */
export type Pairs = { readonly start: Int32Array; readonly pods: Int32Array };

type Term = Omit<Relation, 'bearers' | 'picked'> & {
  readonly selector: readonly Requirement[];
  readonly namespaces: readonly string[] | 'all';
};

/** A term and the pods that bring it, ascending: the first `count` of the likely ones, unless `others` lists them all. */
type Gathered = {
  readonly term: Term;
  readonly sharpest: Sharpest | undefined;
  /** Pods among which are all that the term picks. */
  readonly likely: PodList;
  /** Another term that asks for the same rare label. */
  readonly alike: Gathered | undefined;
  count: number;
  others: number[] | undefined;
};

/** Returns the relations between these pods, whose clusters are given as well; the index may know more pods than these. */
export function surveyRelations(pods: readonly Pod[], clusterOf: Int32Array, index: LabelIndex): Relations {
  const all = gatherTerms(pods, index).map((gathered): Relation => {
    const { kind, topologyKey, maxSkew, minDomains, honorsAffinity, honorsTaints } = gathered.term;
    const picked = picksOf(gathered, pods);
    const own = bearersOf(gathered);
    const bearers = areSame(own, picked) ? picked : own;
    return { kind, topologyKey, maxSkew, minDomains, honorsAffinity, honorsTaints, bearers, picked };
  });
  return linkPods(all, clusterOf);
}

/** Pods of one owner are neighbours and share their rules, as far as the reader can tell: they are looked at once. */
function gatherTerms(pods: readonly Pod[], index: LabelIndex): readonly Gathered[] {
  const gathered: Gathered[] = [];
  const enter = entering(gathered, index);
  let last: Pod | undefined;
  const ofLast: Gathered[] = [];
  for (let number = 0; number < pods.length; number += 1) {
    const pod = pods[number];
    if (pod === undefined) continue;
    if (pod.podAffinity.length + pod.podAntiAffinity.length + pod.spread.length === 0) continue;
    if (last === undefined || !bringsTheSame(pod, last)) {
      ofLast.length = 0;
      eachTerm(pod, (term) => {
        const found = enter(term);
        if (!ofLast.includes(found)) ofLast.push(found);
      });
      last = pod;
    }
    for (const each of ofLast) bring(each, number);
  }
  return gathered;
}

/** Nearly every term is brought by the pods that it picks, and no list is made for it. */
function bring(gathered: Gathered, pod: number): void {
  const { likely, count, others } = gathered;
  if (others !== undefined) others.push(pod);
  else if (likely.from + count < likely.to && likely.numbers[likely.from + count] === pod)
    gathered.count += 1;
  else gathered.others = [...podsOf(bearersOf(gathered)), pod];
}

/** A list that is the beginning of another needs no numbers of its own. */
function bearersOf({ likely, count, others }: Gathered): PodList {
  if (others !== undefined) return { numbers: Int32Array.from(others), from: 0, to: others.length };
  return { numbers: likely.numbers, from: likely.from, to: likely.from + count };
}

/** None of the likely pods is left out where all of them are both. */
function areSame(one: PodList, other: PodList): boolean {
  if (lengthOf(one) !== lengthOf(other)) return false;
  if (one.numbers === other.numbers && one.from === other.from) return true;
  const pods = podsOf(other);
  return podsOf(one).every((pod, place) => pod === pods[place]);
}

/** A spread picks pods of the pod's own namespace only. */
function bringsTheSame(pod: Pod, other: Pod): boolean {
  return (
    pod.podAffinity === other.podAffinity &&
    pod.podAntiAffinity === other.podAntiAffinity &&
    pod.spread === other.spread &&
    pod.namespace === other.namespace
  );
}

/** Equal terms are one. Those that ask for the same rare label are few and compared; the rest are told apart by their text. */
function entering(gathered: Gathered[], index: LabelIndex): (term: Term) => Gathered {
  const byLabel = new Map<PodList, Gathered>();
  const byText = new Map<string, Gathered>();
  const add = (term: Term, sharpest: Sharpest | undefined, alike?: Gathered): Gathered => {
    const likely = sharpest?.pods ?? index.everybody();
    const added: Gathered = { term, sharpest, likely, alike, count: 0, others: undefined };
    gathered.push(added);
    return added;
  };
  let last: { readonly selector: Term['selector']; readonly sharpest: Sharpest | undefined } | undefined;
  return (term) => {
    const { selector } = term;
    // Rules of one pod mostly share it.
    if (last?.selector !== selector) last = { selector, sharpest: sharpestOf(index, selector) };
    const { sharpest } = last;
    const carriers = sharpest?.pods;
    if (carriers === undefined || carriers.from === carriers.to || !asksForOneValue(term, sharpest)) {
      const text = JSON.stringify(term);
      const known = byText.get(text) ?? add(term, sharpest);
      byText.set(text, known);
      return known;
    }
    const alike = byLabel.get(carriers);
    for (let other = alike; other !== undefined; other = other.alike)
      if (isSameTerm(other.term, term)) return other;
    const added = add(term, sharpest, alike);
    byLabel.set(carriers, added);
    return added;
  };
}

function asksForOneValue({ selector }: Term, sharpest: Sharpest | undefined): boolean {
  return selector[sharpest?.place ?? -1]?.values.length === 1;
}

function isSameTerm(one: Term, other: Term): boolean {
  return (
    one.kind === other.kind &&
    one.topologyKey === other.topologyKey &&
    one.maxSkew === other.maxSkew &&
    one.minDomains === other.minDomains &&
    one.honorsAffinity === other.honorsAffinity &&
    one.honorsTaints === other.honorsTaints &&
    isSameText(one.namespaces, other.namespaces) &&
    isSameText(one.selector, other.selector)
  );
}

/** Told by identity in most cases. */
function isSameText(one: object | string, other: object | string): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function eachTerm({ podAffinity, podAntiAffinity, spread, namespace }: Pod, see: (term: Term) => void): void {
  for (const term of podAffinity) see(affinityTerm('together', term));
  for (const term of podAntiAffinity) see(affinityTerm('apart', term));
  for (const term of spread) see(spreadTerm(term, namespace));
}

function affinityTerm(
  kind: 'together' | 'apart',
  { selector, namespaces, topologyKey }: PodAffinityTerm,
): Term {
  return {
    kind,
    topologyKey,
    maxSkew: 0,
    minDomains: 0,
    honorsAffinity: true,
    honorsTaints: false,
    selector,
    namespaces,
  };
}

function spreadTerm(constraint: SpreadConstraint, namespace: string): Term {
  const { topologyKey, maxSkew, minDomains, selector, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  return {
    kind: 'spread',
    topologyKey,
    maxSkew,
    minDomains,
    honorsAffinity: nodeAffinityPolicy !== 'Ignore',
    honorsTaints: nodeTaintsPolicy === 'Honor',
    selector,
    namespaces: [namespace],
  };
}

/** Those of the likely pods that a term picks; they meet its sharpest requirement. */
function picksOf(gathered: Gathered, pods: readonly Pod[]): PodList {
  const { likely } = gathered;
  const { numbers, from, to } = likely;
  let all = from;
  while (all < to && picks(gathered, pods[numbers[all] ?? -1])) all += 1;
  if (all === to) return { numbers, from, to };
  const picked = numbers.subarray(from, to).filter((pod) => picks(gathered, pods[pod]));
  return { numbers: picked, from: 0, to: picked.length };
}

function picks({ term, sharpest }: Gathered, pod: Pod | undefined): boolean {
  const { selector, namespaces } = term;
  if (pod === undefined || (namespaces !== 'all' && !namespaces.includes(pod.namespace))) return false;
  return matchesLabels(selector, pod.labels, sharpest?.place);
}

function linkPods(all: readonly Relation[], clusterOf: Int32Array): Relations {
  const count = clusterOf.length;
  const start = new Int32Array(count + 1);
  for (const relation of all)
    eachPod(relation, (pod) => {
      start[pod + 1] = (start[pod + 1] ?? 0) + 1;
    });
  for (let pod = 0; pod < count; pod += 1) start[pod + 1] = (start[pod + 1] ?? 0) + (start[pod] ?? 0);
  const next = start.slice();
  const ids = new Int32Array(start[count] ?? 0);
  const sides = new Uint8Array(ids.length);
  for (let number = 0; number < all.length; number += 1) {
    const relation = all[number];
    if (relation === undefined) continue;
    eachPod(relation, (pod, side) => {
      const place = next[pod] ?? 0;
      next[pod] = place + 1;
      ids[place] = number;
      sides[place] = side;
    });
  }
  return { all, start, ids, sides, pairs: layOutPairs(all), wide: findWide(all, start, ids, clusterOf) };
}

function findWide(
  all: readonly Relation[],
  start: Int32Array,
  ids: Int32Array,
  clusterOf: Int32Array,
): WideRelations {
  const isWide = new Uint8Array(all.length);
  for (let number = 0; number < all.length; number += 1) {
    const relation = all[number];
    if (relation === undefined) continue;
    const { bearers, picked } = relation;
    const isNarrow =
      isOneCluster(clusterOf, bearers) && (bearers === picked || isOneCluster(clusterOf, picked));
    isWide[number] = isNarrow ? 0 : 1;
  }
  const wide = new Int32Array(start.length);
  for (let pod = 0; pod + 1 < start.length; pod += 1) {
    let end = wide[pod] ?? 0;
    for (let place = start[pod] ?? 0; place < (start[pod + 1] ?? 0); place += 1)
      end += isWide[ids[place] ?? -1] ?? 0;
    wide[pod + 1] = end;
  }
  return { start: wide, ids: ids.filter((number) => isWide[number] === 1) };
}

/** Whether all of these pods are members of one cluster. */
function isOneCluster(clusterOf: Int32Array, { numbers, from, to }: PodList): boolean {
  const first = from < to ? (clusterOf[numbers[from] ?? -1] ?? -1) : -1;
  let alike = from;
  while (alike < to && clusterOf[numbers[alike] ?? -1] === first) alike += 1;
  return first >= 0 && alike === to;
}

/** Pods of larger relations are counted by domain instead of looked through. */
export const fewPods = 16;

function layOutPairs(all: readonly Relation[]): Pairs {
  const start = new Int32Array(all.length + 1);
  for (let number = 0; number < all.length; number += 1)
    start[number + 1] = (start[number] ?? 0) + lengthOf(pairedIn(all[number]));
  const pods = new Int32Array(start[all.length] ?? 0);
  let end = 0;
  for (let number = 0; number < all.length; number += 1) {
    const { numbers, from, to } = pairedIn(all[number]);
    for (let place = from; place < to; place += 1) {
      pods[end] = numbers[place] ?? -1;
      end += 1;
    }
  }
  return { start, pods };
}

function pairedIn(relation: Relation | undefined): PodList {
  if (relation?.kind !== 'apart' || relation.bearers !== relation.picked) return nobody;
  return lengthOf(relation.picked) <= fewPods ? relation.picked : nobody;
}

/** Above the number of any pod. */
const beyond = 0x7fff_ffff;

/** Calls with every pod of a relation once. */
function eachPod({ bearers, picked }: Relation, see: (pod: number, side: number) => void): void {
  let bearer = bearers.from;
  let pick = picked.from;
  while (bearer < bearers.to || pick < picked.to) {
    const bearing = bearer < bearers.to ? (bearers.numbers[bearer] ?? beyond) : beyond;
    const chosen = pick < picked.to ? (picked.numbers[pick] ?? beyond) : beyond;
    if (bearing <= chosen) bearer += 1;
    if (chosen <= bearing) pick += 1;
    if (bearing < chosen) see(bearing, isBearer);
    else see(chosen, bearing === chosen ? isBearer | isPicked : isPicked);
  }
}
