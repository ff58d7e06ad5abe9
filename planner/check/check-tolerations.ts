/**
 * Taints that pods tolerate, ours included. https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import type { Pod, Taint } from '../model.ts';

/** Our NoSchedule taint. */
const fenceTaint: Taint = { key: 'switchyard.dev/drain', value: '', effect: 'NoSchedule' };
/** What the scheduler checks instead of a taint for a cordoned node. */
const cordonTaint: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** True if the pod would be placed on a node in spite of a fence. */
export function toleratesFence(pod: Pod): boolean {
  return tolerates(pod, fenceTaint);
}

/** True if the pod would be placed on a node in spite of a cordon. */
export function toleratesCordon(pod: Pod): boolean {
  return tolerates(pod, cordonTaint);
}

/** The first taint of a node's own that keeps the pod off; undefined: none. */
export function taintAgainst(pod: Pod, taints: readonly Taint[]): Taint | undefined {
  for (const taint of taints) if (taint.effect !== 'PreferNoSchedule' && !tolerates(pod, taint)) return taint;
  return undefined;
}

function tolerates(pod: Pod, taint: Taint): boolean {
  for (const { key, operator, value, effect } of pod.tolerations) {
    if (effect !== undefined && effect !== taint.effect) continue;
    if (key === undefined ? operator === 'Exists' : key === taint.key)
      if (key === undefined || operator === 'Exists' || value === taint.value) return true;
  }
  return false;
}
