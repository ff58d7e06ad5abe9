/**
 * Pods that keep others away, farther than from their own node, or by terms that name no single label.
 */
import { hostname } from './check-domains.ts';
import type { NumberedFleet, NumberedPod, Repeller } from './check-model.ts';

/** Finds them among all pods of a fleet; those whose terms name a label are noted with its tag. */
export function findRepellers(
  pods: readonly NumberedPod[],
): Pick<NumberedFleet, 'wideRepellers' | 'somePodsRepelWidely' | 'somePodsRepelAfar'> {
  const wideRepellers: Repeller[] = [];
  let somePodsRepelWidely = false;
  let somePodsRepelAfar = false;
  for (const each of pods) {
    const terms = each.pod.podAntiAffinity;
    for (let index = 0; index < terms.length; index += 1) {
      const term = terms[index];
      const tag = each.rules.keptApart[index];
      if (term === undefined) continue;
      if (term.topologyKey === hostname) {
        if (tag === undefined) somePodsRepelWidely = true;
        continue;
      }
      (tag?.farRepellers ?? wideRepellers).push({ pod: each, term });
      somePodsRepelAfar = true;
    }
  }
  return { wideRepellers, somePodsRepelWidely, somePodsRepelAfar };
}
