import type { Pod } from '../model.ts';
import { matchesLabels } from '../rules/selector.ts';
import type { Survey } from '../survey/survey.ts';

const hostname = 'kubernetes.io/hostname';

/**
 * Whether two pods may never come to stand on one node. Only rules that pick both of them are looked at: those hold whichever
 * of the two is primary.
 */
export function areKeptApart({ pods }: Survey, one: number, other: number): boolean {
  const [a, b] = [pods.all[one], pods.all[other]];
  return a !== undefined && b !== undefined && (keepsBothApart(a, a, b) || keepsBothApart(b, a, b));
}

function keepsBothApart({ podAntiAffinity }: Pod, a: Pod, b: Pod): boolean {
  return podAntiAffinity.some(
    ({ topologyKey, namespaces, selector }) =>
      topologyKey === hostname &&
      [a, b].every(
        ({ namespace, labels }) =>
          (namespaces === 'all' || namespaces.includes(namespace)) && matchesLabels(selector, labels),
      ),
  );
}
