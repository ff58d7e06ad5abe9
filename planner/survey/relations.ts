/**
 * Required pod affinity, anti-affinity and topology spread, as relations between the pods that bring a term and the pods
 * that its selector picks. A relation is legal or not per topology domain, whoever moves.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Pod, PodAffinityTerm, Requirement, SpreadConstraint } from '../model.ts';
import { matchesLabels } from '../rules/selector.ts';
import { type LabelIndex, meeting, sharpestOf } from './label-index.ts';

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

/** A term and the pods that bring it, ascending. */
type Gathered = { readonly term: Term; readonly sharpest: number; readonly bearers: number[] };

/** Returns the relations between these pods; the index may know more pods than these. */
export function surveyRelations(pods: readonly Pod[], index: LabelIndex): Relations {
  const gathered = gatherTerms(pods, index);
  let everybody: readonly number[] | undefined;
  const all = gathered.map(({ term, sharpest, bearers }): Relation => {
    const requirement = term.selector[sharpest];
    everybody ??= requirement === undefined ? pods.map((_, number) => number) : undefined;
    const likely = requirement === undefined ? everybody : meeting(index, requirement);
    const picked = picksOf(term, sharpest, pods, likely ?? []);
    const { kind, topologyKey, maxSkew, minDomains, honorsAffinity, honorsTaints } = term;
    return {
      kind,
      topologyKey,
      maxSkew,
      minDomains,
      honorsAffinity,
      honorsTaints,
      bearers: isSameList(bearers, picked) ? picked : new Int32Array(bearers),
      picked,
    };
  });
  return linkPods(all, pods.length);
}

/** Pods of one owner are neighbours and share their rules, as far as the reader can tell: they are looked at once. */
function gatherTerms(pods: readonly Pod[], index: LabelIndex): readonly Gathered[] {
  const gathered: Gathered[] = [];
  const enter = entering(gathered, index);
  let last: Pod | undefined;
  let ofLast: readonly Gathered[] = [];
  for (let number = 0; number < pods.length; number += 1) {
    const pod = pods[number];
    if (pod === undefined) continue;
    if (pod.podAffinity.length + pod.podAntiAffinity.length + pod.spread.length === 0) continue;
    if (last === undefined || !bringsTheSame(pod, last)) {
      ofLast = [...new Set(termsOf(pod).map(enter))];
      last = pod;
    }
    for (const { bearers } of ofLast) bearers.push(number);
  }
  return gathered;
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
  const byLabel = new Map<readonly number[], Gathered[]>();
  const byText = new Map<string, Gathered>();
  const add = (term: Term, sharpest: number): Gathered => {
    const added = { term, sharpest, bearers: [] };
    gathered.push(added);
    return added;
  };
  return (term) => {
    const sharpest = sharpestOf(index, term.selector);
    const { key = '', values = [] } = term.selector[sharpest] ?? {};
    const carriers = index.carrying(key, values[0] ?? '');
    if (values.length !== 1 || carriers.length === 0) {
      const text = JSON.stringify(term);
      const known = byText.get(text) ?? add(term, sharpest);
      byText.set(text, known);
      return known;
    }
    const others = byLabel.get(carriers);
    const known = others?.find((other) => isSameTerm(other.term, term)) ?? add(term, sharpest);
    if (others === undefined) byLabel.set(carriers, [known]);
    else if (known.bearers.length === 0) others.push(known);
    return known;
  };
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

/** Those of the likely pods that a term picks; they meet the requirement at `sharpest`. */
function picksOf(term: Term, sharpest: number, pods: readonly Pod[], likely: readonly number[]): Int32Array {
  const { selector, namespaces } = term;
  const picked = new Int32Array(likely.length);
  let count = 0;
  for (const number of likely) {
    const pod = pods[number];
    if (pod === undefined) continue;
    if (namespaces !== 'all' && !namespaces.includes(pod.namespace)) continue;
    if (!matchesLabels(selector, pod.labels, sharpest)) continue;
    picked[count] = number;
    count += 1;
  }
  return count === likely.length ? picked : picked.slice(0, count);
}

function isSameList(one: readonly number[], other: Int32Array): boolean {
  if (one.length !== other.length) return false;
  for (let place = 0; place < one.length; place += 1) if (one[place] !== other[place]) return false;
  return true;
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
  return { all, start, ids, sides };
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
