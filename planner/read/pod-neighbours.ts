/** What a pod wants to be near to, apart from, or spread evenly with. */
import type { PodAffinityTerm, Requirement, SpreadConstraint } from '../model.ts';
import { readLabelSelector, selectsNothing } from '../rules/selector.ts';
import {
  asNumber,
  asObject,
  isObject,
  type JsonObject,
  listIn,
  objectIn,
  textIn,
  textsAt,
} from './raw-json.ts';
import type { Reading } from './reading.ts';

/** The pod whose rules are read. */
type Around = {
  readonly reading: Reading;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
};

const noTerms: readonly PodAffinityTerm[] = Object.freeze([]);
const noSpread: readonly SpreadConstraint[] = Object.freeze([]);

/** The required terms; `affinity` is that of the pod's spec. */
export function readAffinityTerms(
  affinity: JsonObject,
  which: 'podAffinity' | 'podAntiAffinity',
  around: Around,
): readonly PodAffinityTerm[] {
  const terms = listIn(objectIn(affinity, which), 'requiredDuringSchedulingIgnoredDuringExecution');
  if (terms.length === 0) return noTerms;
  const build = () =>
    terms.map((term) => ({
      selector: withPodLabels(term, around.labels),
      namespaces: readNamespaces(term, around.namespace),
      topologyKey: textIn(asObject(term), 'topologyKey') ?? '',
    }));
  return around.reading.share[which](terms, build, `${around.namespace}/${ownLabels(terms, around.labels)}`);
}

/** The constraints with whenUnsatisfiable: DoNotSchedule. */
export function readSpread(spec: JsonObject, around: Around): readonly SpreadConstraint[] {
  const constraints = listIn(spec, 'topologySpreadConstraints');
  if (constraints.length === 0) return noSpread;
  const build = () => {
    const read = constraints.flatMap((constraint) => readConstraint(asObject(constraint), around.labels));
    return read.length === 0 ? noSpread : read;
  };
  return around.reading.share.spread(constraints, build, ownLabels(constraints, around.labels));
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ */
function readConstraint(
  constraint: JsonObject,
  labels: Readonly<Record<string, string>>,
): readonly SpreadConstraint[] {
  if ((constraint.whenUnsatisfiable ?? 'DoNotSchedule') !== 'DoNotSchedule') return [];
  const { nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  return [
    {
      topologyKey: textIn(constraint, 'topologyKey') ?? '',
      maxSkew: atLeastOne(constraint.maxSkew),
      minDomains: atLeastOne(constraint.minDomains),
      selector: withPodLabels(constraint, labels),
      ...(isPolicy(nodeAffinityPolicy) ? { nodeAffinityPolicy } : {}),
      ...(isPolicy(nodeTaintsPolicy) ? { nodeTaintsPolicy } : {}),
    },
  ];
}

/** The API server admits whole numbers of one or more; one is the default of both fields. */
function atLeastOne(written: unknown): number {
  return Math.max(1, Math.floor(asNumber(written) ?? 1));
}

function isPolicy(value: unknown): value is 'Honor' | 'Ignore' {
  return value === 'Honor' || value === 'Ignore';
}

/**
 * An empty namespaceSelector means all namespaces. One with requirements is read as all too: labels of namespaces are not
 * part of a snapshot.
 */
function readNamespaces(term: unknown, namespace: string): readonly string[] | 'all' {
  if (isObject(asObject(term).namespaceSelector)) return 'all';
  const named = textsAt(term, 'namespaces');
  return named.length > 0 ? [...named].sort() : [namespace];
}

/**
 * The label selector plus matchLabelKeys and mismatchLabelKeys, which stand for the pod's own values.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#matchlabelkeys
 */
function withPodLabels(term: unknown, labels: Readonly<Record<string, string>>): readonly Requirement[] {
  const selector = readLabelSelector(asObject(term).labelSelector);
  if (selector === undefined) return selectsNothing;
  const own = (keys: readonly string[], operator: 'In' | 'NotIn') =>
    keys.flatMap((key): readonly Requirement[] => {
      const value = labels[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  return [
    ...selector,
    ...own(textsAt(term, 'matchLabelKeys'), 'In'),
    ...own(textsAt(term, 'mismatchLabelKeys'), 'NotIn'),
  ];
}

/** The pod's labels where the terms depend on them, as one text. */
function ownLabels(terms: readonly unknown[], labels: Readonly<Record<string, string>>): string {
  const depends = terms.some((term) => {
    const { matchLabelKeys, mismatchLabelKeys } = asObject(term);
    return matchLabelKeys !== undefined || mismatchLabelKeys !== undefined;
  });
  return depends ? JSON.stringify(labels) : '';
}
