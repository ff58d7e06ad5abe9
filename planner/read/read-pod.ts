import type { Owner, Pod, PodAffinityTerm, Requirement, SpreadConstraint, Toleration } from '../model.ts';
import { readLabelSelector, readNodeSelectorTerms, selectsNothing } from '../rules/selector.ts';
import { podRequests } from './pod-requests.ts';
import { at, isObject, listAt, numberAt, textAt, textsAt, textsByKeyAt } from './raw-json.ts';
import { hasCondition, isEffect } from './read-node.ts';
import type { FoundObject, Reading } from './reading.ts';

/** What a pod's own object does not say. */
export type PodSurroundings = {
  /** podManagementPolicy by `namespace/name`; a set that is not in the snapshot is taken for OrderedReady, the careful guess. */
  readonly orderedReady: ReadonlyMap<string, boolean>;
};

/** A pod with its rules; its volumes are added by read-volumes.ts and its cluster by read-clusters.ts. */
export function readPod(reading: Reading, found: FoundObject, surroundings: PodSurroundings): Pod {
  const { json, namespace, name } = found;
  const labels = textsByKeyAt(json, 'metadata', 'labels');
  const node = textAt(json, 'spec', 'nodeName');
  const phase = readPhase(at(json, 'status', 'phase'), node);
  const nodeTerms = readNodeSelectorTerms(
    at(json, 'spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
  );
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    // Objects written by hand have no UID; the name is then the only identity there is.
    uid: textAt(json, 'metadata', 'uid') ?? `${namespace}/${name}`,
    labels,
    ...(node === undefined ? {} : { node }),
    owner: readOwner(json, namespace, surroundings),
    requests: podRequests(reading, found, phase === 'Succeeded' || phase === 'Failed'),
    nodeSelector: textsByKeyAt(json, 'spec', 'nodeSelector'),
    ...(nodeTerms === undefined ? {} : { nodeTerms }),
    volumeTerms: [],
    tolerations: readTolerations(json),
    podAffinity: readAffinityTerms(json, 'podAffinity', namespace, labels),
    podAntiAffinity: readAffinityTerms(json, 'podAntiAffinity', namespace, labels),
    spread: readSpread(json, labels),
    phase,
    ready: hasCondition(json, 'Ready'),
    terminating: textAt(json, 'metadata', 'deletionTimestamp') !== undefined,
  };
}

function readPhase(phase: unknown, node: string | undefined): Pod['phase'] {
  switch (phase) {
    case 'Pending':
    case 'Running':
    case 'Succeeded':
    case 'Failed':
    case 'Unknown':
      return phase;
    default:
      return node === undefined ? 'Pending' : 'Unknown';
  }
}

/** The controller among the ownerReferences, as `kubectl drain` looks for it; the annotation marks static pods of the kubelet. */
function readOwner(json: unknown, namespace: string, surroundings: PodSurroundings): Owner {
  const annotations = at(json, 'metadata', 'annotations');
  if (isObject(annotations) && Object.hasOwn(annotations, 'kubernetes.io/config.mirror'))
    return { kind: 'mirror' };
  const controller = listAt(json, 'metadata', 'ownerReferences').find(
    (reference) => at(reference, 'controller') === true,
  );
  if (controller === undefined) return { kind: 'none' };
  const ownerKind = textAt(controller, 'kind') ?? '';
  const name = textAt(controller, 'name') ?? '';
  const uid = textAt(controller, 'uid') ?? '';
  switch (ownerKind) {
    case 'StatefulSet': {
      const orderedReady = surroundings.orderedReady.get(`${namespace}/${name}`) ?? true;
      return { kind: 'StatefulSet', name, uid, orderedReady };
    }
    case 'ReplicaSet':
    case 'Job':
    case 'DaemonSet':
      return { kind: ownerKind, name, uid };
    case 'Node':
      return { kind: 'mirror' };
    default:
      return { kind: 'other', name, uid, ownerKind };
  }
}

/** Operators beyond Equal and Exists are left out: what is not understood tolerates nothing. */
function readTolerations(json: unknown): readonly Toleration[] {
  return listAt(json, 'spec', 'tolerations').flatMap((toleration): readonly Toleration[] => {
    const operator = at(toleration, 'operator') ?? 'Equal';
    if (operator !== 'Equal' && operator !== 'Exists') return [];
    const key = textAt(toleration, 'key');
    const effect = textAt(toleration, 'effect');
    if (effect !== undefined && !isEffect(effect)) return [];
    if (key === undefined && operator === 'Equal') return [];
    return [
      {
        ...(key === undefined ? {} : { key }),
        operator,
        value: textAt(toleration, 'value') ?? '',
        ...(effect === undefined ? {} : { effect }),
      },
    ];
  });
}

function readAffinityTerms(
  json: unknown,
  which: 'podAffinity' | 'podAntiAffinity',
  namespace: string,
  labels: Readonly<Record<string, string>>,
): readonly PodAffinityTerm[] {
  const terms = listAt(json, 'spec', 'affinity', which, 'requiredDuringSchedulingIgnoredDuringExecution');
  return terms.map((term) => ({
    selector: withPodLabels(term, labels),
    namespaces: readNamespaces(term, namespace),
    topologyKey: textAt(term, 'topologyKey') ?? '',
  }));
}

/**
 * An empty namespaceSelector means all namespaces. One with requirements is read as all too: labels of namespaces are not
 * part of a snapshot.
 */
function readNamespaces(term: unknown, namespace: string): readonly string[] | 'all' {
  if (isObject(at(term, 'namespaceSelector'))) return 'all';
  const named = textsAt(term, 'namespaces');
  return named.length > 0 ? [...named].sort() : [namespace];
}

function readSpread(json: unknown, labels: Readonly<Record<string, string>>): readonly SpreadConstraint[] {
  return listAt(json, 'spec', 'topologySpreadConstraints').flatMap((constraint) => {
    if ((at(constraint, 'whenUnsatisfiable') ?? 'DoNotSchedule') !== 'DoNotSchedule') return [];
    return [
      {
        topologyKey: textAt(constraint, 'topologyKey') ?? '',
        maxSkew: numberAt(constraint, 'maxSkew') ?? 1,
        minDomains: numberAt(constraint, 'minDomains') ?? 1,
        selector: withPodLabels(constraint, labels),
      },
    ];
  });
}

/**
 * The label selector plus matchLabelKeys and mismatchLabelKeys, which stand for the pod's own values.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#matchlabelkeys
 */
function withPodLabels(term: unknown, labels: Readonly<Record<string, string>>): readonly Requirement[] {
  const selector = readLabelSelector(at(term, 'labelSelector'));
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
