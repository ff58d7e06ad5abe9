/**
 * Who carries a label that somebody asks for: disruption budgets, affinity terms and spread constraints nearly always name
 * one label with one value, so that three pods are looked at instead of thirty thousand. Only labels asked for are kept.
 */
import type { Pod, Requirement } from '../model.ts';
import { labelOf } from './check-labels.ts';
import type { ByTag, KeyTags, LabelIndex, NumberedPod, Tag } from './check-model.ts';

/** The name under which terms that look into several namespaces keep their tags. */
export const everyNamespace = '';

/** Pods whose labels are looked at to see which key tells pods apart; a few hundred show it. */
const sampledPods = 200;

/** An index in which nobody has asked for anything yet. */
export function openLabelIndex(pods: readonly Pod[]): LabelIndex {
  const valuesOf = new Map<string, Set<string>>();
  const stride = Math.max(1, Math.floor(pods.length / sampledPods));
  for (let at = 0; at < pods.length; at += stride)
    for (const [key, value] of Object.entries(pods[at]?.labels ?? {})) {
      const values = valuesOf.get(key);
      if (values === undefined) valuesOf.set(key, new Set([value]));
      else values.add(value);
    }
  return { asked: new Map(), tags: [], valuesOf };
}

/** The tag of the label that tells most among those a selector asks for; undefined: it asks for no single value. */
export function askFor(
  index: LabelIndex,
  namespace: string,
  selector: readonly Requirement[],
): Tag | undefined {
  const label = tellingLabel(index, selector);
  if (label === undefined) return undefined;
  const value = label.values[0] ?? '';
  const byValue = keyTags(index, namespace, label.key).byValue;
  const known = byValue.get(value);
  if (known !== undefined) return known;
  const tag: Tag = { number: index.tags.length, budgets: [], farRepellers: [] };
  index.tags.push(tag);
  byValue.set(value, tag);
  return tag;
}

function keyTags(index: LabelIndex, namespace: string, key: string): KeyTags {
  let ofNamespace = index.asked.get(namespace);
  if (ofNamespace === undefined) {
    ofNamespace = [];
    index.asked.set(namespace, ofNamespace);
  }
  for (const each of ofNamespace) if (each.key === key) return each;
  const fresh: KeyTags = { key, byValue: new Map() };
  ofNamespace.push(fresh);
  return fresh;
}

function tellingLabel(index: LabelIndex, selector: readonly Requirement[]): Requirement | undefined {
  let best: Requirement | undefined;
  let most = -1;
  for (const each of selector) {
    if (each.operator !== 'In' || each.values.length !== 1) continue;
    if (selector.length === 1) return each;
    const values = index.valuesOf.get(each.key)?.size ?? 0;
    if (values > most) {
      best = each;
      most = values;
    }
  }
  return best;
}

/** Carries nothing that anybody asks for. */
export const noTags: readonly Tag[] = [];

/** Tags that these labels carry. The list of another pod, `like`, is shared where it is the same. */
export function tagsOf(
  index: LabelIndex,
  namespace: string,
  labels: Pod['labels'],
  like: readonly Tag[],
): readonly Tag[] {
  const near = addTags(index.asked.get(namespace), labels, noTags, like);
  return addTags(index.asked.get(everyNamespace), labels, near, like);
}

function addTags(
  asked: readonly KeyTags[] | undefined,
  labels: Pod['labels'],
  before: readonly Tag[],
  like: readonly Tag[],
): readonly Tag[] {
  let tags = before;
  for (const { key, byValue } of asked ?? []) {
    const value = labelOf(labels, key);
    const tag = value === undefined ? undefined : byValue.get(value);
    // Most pods carry one tag, and the same one as the pod before them.
    if (tag === undefined) continue;
    if (tags.length > 0) tags = [...tags, tag];
    else tags = like.length === 1 && like[0] === tag ? like : [tag];
  }
  return tags;
}

/** True if somebody asks for a label of this key in the namespace. */
export function isAskedFor(index: LabelIndex, namespace: string, key: string): boolean {
  const asks = (scope: readonly KeyTags[] | undefined) => scope?.some((each) => each.key === key) === true;
  return asks(index.asked.get(namespace)) || asks(index.asked.get(everyNamespace));
}

/** Groups pods, by their numbers, by the tags that they have in some way. */
export function groupByTag(
  { tags }: LabelIndex,
  pods: readonly NumberedPod[],
  tagsOfPod: (pod: NumberedPod) => readonly (Tag | undefined)[],
): ByTag {
  const firstPod = new Int32Array(tags.length + 1);
  forEachTag(pods, tagsOfPod, (tag) => {
    firstPod[tag + 1] = (firstPod[tag + 1] ?? 0) + 1;
  });
  for (let number = 0; number < tags.length; number += 1)
    firstPod[number + 1] = (firstPod[number + 1] ?? 0) + (firstPod[number] ?? 0);
  const filled = firstPod.slice();
  const grouped = new Int32Array(firstPod[tags.length] ?? 0);
  forEachTag(pods, tagsOfPod, (tag, pod) => {
    grouped[filled[tag] ?? 0] = pod;
    filled[tag] = (filled[tag] ?? 0) + 1;
  });
  return { firstPod, pods: grouped };
}

function forEachTag(
  pods: readonly NumberedPod[],
  tagsOfPod: (pod: NumberedPod) => readonly (Tag | undefined)[],
  each: (tag: number, pod: number) => void,
): void {
  for (let number = 0; number < pods.length; number += 1) {
    const pod = pods[number];
    if (pod === undefined) continue;
    const tags = tagsOfPod(pod);
    for (let index = 0; index < tags.length; index += 1) {
      const tag = tags[index];
      if (tag !== undefined) each(tag.number, pod.number);
    }
  }
}
