/**
 * Pods by the values of their labels: thousands of selectors must not meet thousands of pods.
 */
import type { Pod, Requirement } from '../model.ts';
import { labelOf } from '../rules/selector.ts';

/** Lists are ascending and shared: whoever asks must not change them. */
export type LabelIndex = {
  /** Pods whose label has the value. */
  readonly carrying: (key: string, value: string) => readonly number[];
  readonly inNamespace: (namespace: string) => readonly number[];
};

const nobody: readonly number[] = [];

/** Returns the index of these pods; labels that nobody asks about cost nothing. */
export function indexLabels(pods: readonly Pod[]): LabelIndex {
  const byKey = new Map<string, ReadonlyMap<string, readonly number[]>>();
  let byNamespace: ReadonlyMap<string, readonly number[]> | undefined;
  return {
    carrying: (key, value) => {
      let byValue = byKey.get(key);
      if (byValue === undefined) {
        byValue = numbersBy(pods, ({ labels }) => labelOf(labels, key));
        byKey.set(key, byValue);
      }
      return byValue.get(value) ?? nobody;
    },
    inNamespace: (namespace) => {
      byNamespace ??= numbersBy(pods, (pod) => pod.namespace);
      return byNamespace.get(namespace) ?? nobody;
    },
  };
}

/**
 * Returns the place of the requirement that fewest pods meet among those that name their values; -1: none does. Requirements
 * that `leavesOut` are passed over.
 */
export function sharpestOf(
  { carrying }: LabelIndex,
  selector: readonly Requirement[],
  leavesOut?: (key: string) => boolean,
): number {
  let sharpest = -1;
  let fewest = Number.POSITIVE_INFINITY;
  for (let place = 0; place < selector.length; place += 1) {
    const requirement = selector[place];
    if (requirement?.operator !== 'In' || leavesOut?.(requirement.key) === true) continue;
    let count = 0;
    for (const value of requirement.values) count += carrying(requirement.key, value).length;
    if (count >= fewest) continue;
    fewest = count;
    sharpest = place;
  }
  return sharpest;
}

/** Returns the pods that meet a requirement that names its values. */
export function meeting({ carrying }: LabelIndex, { key, values }: Requirement): readonly number[] {
  const [value, ...others] = values;
  if (value === undefined) return nobody;
  if (others.length === 0) return carrying(key, value);
  const numbers = new Set(values.flatMap((each) => carrying(key, each)));
  return [...numbers].sort((a, b) => a - b);
}

/** Neighbours mostly have the same value, so that most of them are filed without looking it up. */
function numbersBy(
  pods: readonly Pod[],
  textOf: (pod: Pod) => string | undefined,
): ReadonlyMap<string, readonly number[]> {
  const byValue = new Map<string, number[]>();
  let last: string | undefined;
  let alike: number[] = [];
  for (let number = 0; number < pods.length; number += 1) {
    const pod = pods[number];
    const value = pod === undefined ? undefined : textOf(pod);
    if (value === undefined) continue;
    if (value !== last) {
      alike = byValue.get(value) ?? [];
      if (alike.length === 0) byValue.set(value, alike);
      last = value;
    }
    alike.push(number);
  }
  return byValue;
}
