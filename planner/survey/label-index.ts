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

/** The list without pods. */
export const nobody: PodList = { numbers: new Int32Array(0), from: 0, to: 0 };

const none: readonly boolean[] = [];

/** Returns how many pods a list has. */
export function lengthOf({ from, to }: PodList): number {
  return to - from;
}

/** Returns the pods of a list, as a view. */
export function podsOf({ numbers, from, to }: PodList): Int32Array {
  return numbers.subarray(from, to);
}

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

/** Returns the sharpest requirement of a selector but for those at places `passedOver`; undefined: none names its values. */
export function sharpestOf(
  index: LabelIndex,
  selector: readonly Requirement[],
  passedOver: readonly boolean[] = none,
): Sharpest | undefined {
  let place = -1;
  let pods = nobody;
  for (let each = 0; each < selector.length; each += 1) {
    const requirement = selector[each];
    if (requirement?.operator !== 'In' || passedOver[each] === true) continue;
    const found = meeting(index, requirement);
    if (place >= 0 && lengthOf(found) >= lengthOf(pods)) continue;
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

type GrowingList = { readonly numbers: Int32Array; from: number; to: number };

/**
 * `textOf` is a label or the namespace of a pod. Lists lie one behind the other. Neighbours mostly share their labels, or have
 * the same value, and are filed without looking it up.
 */
function listsBy(
  pods: readonly Pod[],
  textOf: (pod: Pod) => string | undefined,
): ReadonlyMap<string, PodList> {
  const numbers = new Int32Array(pods.length);
  const byValue = new Map<string, GrowingList>();
  const listOf = new Array<GrowingList | undefined>(pods.length).fill(undefined);
  let before: Pod | undefined;
  let last: string | undefined;
  let list: GrowingList | undefined;
  for (let number = 0; number < pods.length; number += 1) {
    const pod = pods[number];
    if (pod === undefined) continue;
    if (pod.labels !== before?.labels || pod.namespace !== before.namespace) {
      const text = textOf(pod);
      if (text !== last) list = text === undefined ? undefined : listFor(byValue, text, numbers);
      last = text;
    }
    before = pod;
    if (list === undefined) continue;
    listOf[number] = list;
    list.to += 1;
  }
  layOut(numbers, byValue.values(), listOf);
  return byValue;
}

function listFor(byValue: Map<string, GrowingList>, text: string, numbers: Int32Array): GrowingList {
  const known = byValue.get(text);
  if (known !== undefined) return known;
  const list = { numbers, from: 0, to: 0 };
  byValue.set(text, list);
  return list;
}

/** Each list holds its length in `to`, and its place when this is done. */
function layOut(
  numbers: Int32Array,
  lists: Iterable<GrowingList>,
  listOf: readonly (GrowingList | undefined)[],
): void {
  let end = 0;
  for (const list of lists) {
    list.from = end;
    end += list.to;
    list.to = list.from;
  }
  for (let pod = 0; pod < listOf.length; pod += 1) {
    const list = listOf[pod];
    if (list === undefined) continue;
    numbers[list.to] = pod;
    list.to += 1;
  }
}
