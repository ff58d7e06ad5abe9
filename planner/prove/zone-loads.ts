import type { Yard } from '../yard/yard.ts';

/**
 * Whether a pod's load has to stay in its zone when it leaves its node. A primary whose temporary member takes over in another
 * zone leaves nothing behind.
 */
export function isHeldInZone(yard: Yard, pod: number): boolean {
  const { pods, clusters } = yard.survey;
  if (pods.stays[pod] === 1 || pods.bound[pod] !== 1) return false;
  const cluster = pods.cluster[pod] ?? -1;
  return cluster < 0 || (clusters.temporary[cluster] ?? -1) < 0 || yard.primary[cluster] !== pod;
}
