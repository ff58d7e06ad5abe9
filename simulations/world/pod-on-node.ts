/**
 * What a pod asks of a node by itself: taints and tolerations, node selector and affinity. https://kubernetes.io/docs/concepts/scheduling-eviction/
 */
import type { StoredObject } from './object-store.ts';
import { hasEnded, labelsOf, meets, nodeNameOf, type Requirement } from './read-objects.ts';

export type Taint = { key: string; value?: string; effect: string };

export type Toleration = { key?: string; operator?: string; value?: string; effect?: string };

/** True when one of the pod's tolerations matches the taint. https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export function tolerates(pod: StoredObject, taint: Taint): boolean {
  const tolerations: readonly Toleration[] = pod.spec?.tolerations ?? [];
  return tolerations.some(
    (one) =>
      (one.effect === undefined || one.effect === '' || one.effect === taint.effect) &&
      (one.operator === 'Exists'
        ? one.key === undefined || one.key === '' || one.key === taint.key
        : one.key === taint.key && (one.value ?? '') === (taint.value ?? '')),
  );
}

/** Taints of a node. */
export function taintsOf(node: StoredObject): readonly Taint[] {
  return node.spec?.taints ?? [];
}

/** Terms are alternatives; requirements within one must all hold; a term without any matches nothing. */
export function nodeMatches(terms: readonly NodeSelectorTerm[], node: StoredObject): boolean {
  return terms.some((term) => {
    const expressions = term.matchExpressions ?? [];
    const fields = term.matchFields ?? [];
    if (expressions.length + fields.length === 0) return false;
    const nameField = { 'metadata.name': node.metadata.name };
    return (
      expressions.every((one) => meets(one, labelsOf(node))) && fields.every((one) => meets(one, nameField))
    );
  });
}

/** nodeSelector and required node affinity of a pod. */
export function wantsNode(pod: StoredObject, node: StoredObject): boolean {
  const labels = labelsOf(node);
  const selector: Readonly<Record<string, string>> = pod.spec?.nodeSelector ?? {};
  if (!Object.entries(selector).every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || nodeMatches(required.nodeSelectorTerms ?? [], node);
}

/** True for a pod that stands on a node and still counts there. */
export function countsOnItsNode(pod: StoredObject): boolean {
  return nodeNameOf(pod) !== undefined && !hasEnded(pod);
}

export type NodeSelectorTerm = {
  matchExpressions?: readonly Requirement[];
  matchFields?: readonly Requirement[];
};
