/** Which labels a pod asks of its node, where there is but one way to give them. */
import type { Pod } from '../model.ts';

/** Key and value of each label that a node must have for this pod. What is said in more ways than one is left out. */
export function labelsAsked({ nodeSelector, nodeTerms = [] }: Pod): readonly (readonly [string, string])[] {
  const [term, ...otherTerms] = nodeTerms;
  const exact = (term?.labels ?? []).filter(
    ({ operator, values }) => operator === 'In' && values.length === 1,
  );
  return [
    ...Object.entries(nodeSelector),
    ...(otherTerms.length > 0 ? [] : exact.map(({ key, values }) => [key, values[0] ?? ''] as const)),
  ];
}
