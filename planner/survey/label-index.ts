/**
 * Pods by the values of their labels: thousands of selectors must not meet thousands of pods.
 */
import type { Pod, Requirement } from '../model.ts';
import { labelOf } from '../rules/selector.ts';

/** Pods `numbers[from]` up to `numbers[to - 1]`, ascending. Pods with one value have one list, whoever asks for it. */
export type PodList = { readonly numbers: Int32Array; readonly from: number; readonly to: number };

export type LabelIndex = {
  /** Pods whose label has the value. */
  readonly carrying: (key: string, value: string) => PodList;
  readonly inNamespace: (namespace: string) => PodList;
  readonly everybody: () => PodList;
};

/** The requirement of a selector that fewest pods meet among those that name their values, and the pods that meet it. */
export type Sharpest = { readonly place: number; readonly pods: PodList };

const nobody: PodList = { numbers: new Int32Array(0), from: 0, to: 0 };

/** Returns the index of these pods; labels that nobody asks about cost nothing. */
export function indexLabels(pods: readonly Pod[]): LabelIndex {
  const byKey = new Map<string, ReadonlyMap<string, PodList>>();
  let byNamespace: ReadonlyMap<string, PodList> | undefined;
  let everybody: PodList | undefined;
  return {
    carrying: (key, value) => {
      let byValue = byKey.get(key);
      if (byValue === undefined) {
        byValue = listsBy(pods, ({ labels }) => labelOf(labels, key));
        byKey.set(key, byValue);
      }
      return byValue.get(value) ?? nobody;
    },
    inNamespace: (namespace) => {
      byNamespace ??= listsBy(pods, (pod) => pod.namespace);
      return byNamespace.get(namespace) ?? nobody;
    },
    everybody: () => {
      everybody ??= { numbers: Int32Array.from(pods.keys()), from: 0, to: pods.length };
      return everybody;
    },
  };
}

/** Returns the sharpest requirement of a selector; undefined: none names its values. */
export function sharpestOf(index: LabelIndex, selector: readonly Requirement[]): Sharpest | undefined {
  let place = -1;
  let pods = nobody;
  for (let each = 0; each < selector.length; each += 1) {
    const requirement = selector[each];
    if (requirement?.operator !== 'In') continue;
    const found = meeting(index, requirement);
    if (place >= 0 && found.to - found.from >= pods.to - pods.from) continue;
    place = each;
    pods = found;
  }
  return place < 0 ? undefined : { place, pods };
}

function meeting({ carrying }: LabelIndex, { key, values }: Requirement): PodList {
  const [value] = values;
  if (value === undefined) return nobody;
  if (values.length === 1) return carrying(key, value);
  const met = new Set<number>();
  for (const each of values) {
    const { numbers, from, to } = carrying(key, each);
    for (let place = from; place < to; place += 1) met.add(numbers[place] ?? -1);
  }
  return { numbers: Int32Array.from(met).sort(), from: 0, to: met.size };
}

/**
 * `textOf` is a label or the namespace of a pod. Lists lie one behind the other. Neighbours mostly share their labels, or have
 * the same value, and are filed without looking it up.
 */
function listsBy(
  pods: readonly Pod[],
  textOf: (pod: Pod) => string | undefined,
): ReadonlyMap<string, PodList> {
  const numberOf = new Map<string, number>();
  const valueOfPod = new Int32Array(pods.length).fill(-1);
  const ends = new Int32Array(pods.length + 1);
  let before: Pod | undefined;
  let last: string | undefined;
  let value = -1;
  for (let number = 0; number < pods.length; number += 1) {
    const pod = pods[number];
    if (pod === undefined) continue;
    if (pod.labels !== before?.labels || pod.namespace !== before.namespace) {
      const text = textOf(pod);
      if (text === undefined) value = -1;
      else if (value < 0 || text !== last) value = numberOf.get(text) ?? numberOf.size;
      if (text !== undefined && value === numberOf.size) numberOf.set(text, value);
      last = text;
    }
    before = pod;
    if (value < 0) continue;
    valueOfPod[number] = value;
    ends[value + 1] = (ends[value + 1] ?? 0) + 1;
  }
  for (let each = 0; each < numberOf.size; each += 1)
    ends[each + 1] = (ends[each + 1] ?? 0) + (ends[each] ?? 0);
  const numbers = layOut(valueOfPod, ends.slice());
  const lists = new Map<string, PodList>();
  for (const [text, each] of numberOf)
    lists.set(text, { numbers, from: ends[each] ?? 0, to: ends[each + 1] ?? 0 });
  return lists;
}

/** `next`: by value, where its next pod goes. */
function layOut(valueOfPod: Int32Array, next: Int32Array): Int32Array {
  const numbers = new Int32Array(valueOfPod.length);
  for (let pod = 0; pod < valueOfPod.length; pod += 1) {
    const value = valueOfPod[pod] ?? -1;
    if (value < 0) continue;
    const place = next[value] ?? 0;
    next[value] = place + 1;
    numbers[place] = pod;
  }
  return numbers;
}
