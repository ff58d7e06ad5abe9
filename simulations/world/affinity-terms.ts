/**
 * Required affinity of a pod to other pods, and its opposite.
 */
import type { StoredObject } from './object-store.ts';
import type { LabelSelector } from './read-objects.ts';

export type AffinityTerm = {
  labelSelector?: LabelSelector;
  namespaces?: readonly string[];
  namespaceSelector?: LabelSelector;
  topologyKey: string;
};

export const EMPTY: readonly AffinityTerm[] = [];

/** Required anti-affinity of a pod; none: empty. */
export function antiAffinityOf(pod: StoredObject): readonly AffinityTerm[] {
  return pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? EMPTY;
}

/** Required affinity of a pod; none: empty. */
export function affinityOf(pod: StoredObject): readonly AffinityTerm[] {
  return pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? EMPTY;
}
