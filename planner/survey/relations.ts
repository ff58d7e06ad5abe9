/**
 * Required pod affinity, anti-affinity and topology spread, as relations between the pods that bring a term and the pods
 * that its selector picks. A relation is legal or not per topology domain, whoever moves.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Pod, PodAffinityTerm, Requirement, SpreadConstraint } from '../model.ts';
import { matchesLabels } from '../rules/selector.ts';
import { type LabelIndex, type PodList, type Sharpest, sharpestOf } from './label-index.ts';

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
  readonly pairs: Pairs;
};

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
  count: number;
  others: number[] | undefined;
};

/** Returns the relations between these pods; the index may know more pods than these. */
export function surveyRelations(pods: readonly Pod[], index: LabelIndex): Relations {
  const all = gatherTerms(pods, index).map((gathered): Relation => {
    const { kind, topologyKey, maxSkew, minDomains, honorsAffinity, honorsTaints } = gathered.term;
    const picked = picksOf(gathered, pods);
    const bearers = areBearers(gathered, picked) ? picked : bearersOf(gathered);
    return { kind, topologyKey, maxSkew, minDomains, honorsAffinity, honorsTaints, bearers, picked };
  });
  return linkPods(all, pods.length);
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
      for (const term of termsOf(pod)) {
        const found = enter(term);
        if (!ofLast.includes(found)) ofLast.push(found);
      }
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
  else gathered.others = [...bearersOf(gathered), pod];
}

function bearersOf({ likely, count, others }: Gathered): Int32Array {
  const { numbers, from } = likely;
  return others === undefined ? numbers.slice(from, from + count) : new Int32Array(others);
}

function areBearers(gathered: Gathered, picked: Int32Array): boolean {
  const { likely, count, others } = gathered;
  // None of the likely pods is left out by those picked if there are as many.
  if (others === undefined && count === picked.length && count === likely.to - likely.from) return true;
  const bearers = bearersOf(gathered);
  return bearers.length === picked.length && bearers.every((pod, place) => pod === picked[place]);
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
  const byLabel = new Map<PodList, Gathered[]>();
  const byText = new Map<string, Gathered>();
  const add = (term: Term, sharpest: Sharpest | undefined): Gathered => {
    const likely = sharpest?.pods ?? index.everybody();
    const added: Gathered = { term, sharpest, likely, count: 0, others: undefined };
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
    if (alike !== undefined) for (const other of alike) if (isSameTerm(other.term, term)) return other;
    const added = add(term, sharpest);
    if (alike === undefined) byLabel.set(carriers, [added]);
    else alike.push(added);
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

function termsOf({ podAffinity, podAntiAffinity, spread, namespace }: Pod): readonly Term[] {
  const terms: Term[] = [];
  for (const term of podAffinity) terms.push(affinityTerm('together', term));
  for (const term of podAntiAffinity) terms.push(affinityTerm('apart', term));
  for (const term of spread) terms.push(spreadTerm(term, namespace));
  return terms;
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
function picksOf({ term, sharpest, likely }: Gathered, pods: readonly Pod[]): Int32Array {
  const { selector, namespaces } = term;
  const picked = new Int32Array(likely.to - likely.from);
  let count = 0;
  for (let place = likely.from; place < likely.to; place += 1) {
    const number = likely.numbers[place] ?? -1;
    const pod = pods[number];
    if (pod === undefined) continue;
    if (namespaces !== 'all' && !namespaces.includes(pod.namespace)) continue;
    if (!matchesLabels(selector, pod.labels, sharpest?.place)) continue;
    picked[count] = number;
    count += 1;
  }
  return count === picked.length ? picked : picked.slice(0, count);
}

function linkPods(all: readonly Relation[], count: number): Relations {
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
  return { all, start, ids, sides, pairs: layOutPairs(all) };
}

/** Pods of larger relations are counted by domain instead of looked through. */
export const fewPods = 16;

function layOutPairs(all: readonly Relation[]): Pairs {
  const start = new Int32Array(all.length + 1);
  for (let number = 0; number < all.length; number += 1)
    start[number + 1] = (start[number] ?? 0) + pairedIn(all[number]).length;
  const pods = new Int32Array(start[all.length] ?? 0);
  let end = 0;
  for (let number = 0; number < all.length; number += 1) {
    const paired = pairedIn(all[number]);
    for (let place = 0; place < paired.length; place += 1) pods[end + place] = paired[place] ?? -1;
    end += paired.length;
  }
  return { start, pods };
}

const nobody = new Int32Array(0);

function pairedIn(relation: Relation | undefined): Int32Array {
  if (relation?.kind !== 'apart' || relation.bearers !== relation.picked) return nobody;
  return relation.picked.length <= fewPods ? relation.picked : nobody;
}

/** Above the number of any pod. */
const beyond = 0x7fff_ffff;

/** Calls with every pod of a relation once. */
function eachPod({ bearers, picked }: Relation, see: (pod: number, side: number) => void): void {
  let [bearer, pick] = [0, 0];
  while (bearer < bearers.length || pick < picked.length) {
    const [bearing, chosen] = [bearers[bearer] ?? beyond, picked[pick] ?? beyond];
    if (bearing <= chosen) bearer += 1;
    if (chosen <= bearing) pick += 1;
    if (bearing < chosen) see(bearing, isBearer);
    else see(chosen, bearing === chosen ? isBearer | isPicked : isPicked);
  }
}
