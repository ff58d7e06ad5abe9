/**
 * Who carries a label that somebody asks for: disruption budgets, affinity terms and spread constraints nearly always name
 * one label with one value, so that three pods are looked at instead of thirty thousand. Only labels asked for are kept.
 */
import type { Pod, Requirement } from '../model.ts';
import { labelOf } from './check-labels.ts';
import type { BudgetState, PodState, Repeller } from './check-state.ts';

/** One label with one value that somebody asks for. */
export type Tag = {
  readonly number: number;
  /** Disruption budgets that ask for it. */
  readonly budgets: BudgetState[];
  /** Pods that keep others with it away, farther than from their own node. */
  readonly farRepellers: Repeller[];
  /** Pods that carry it, or keep others with it off their node, since a step brought that about. */
  readonly lateCarriers: PodState[];
  readonly lateRepellers: PodState[];
};

/** Tags of one label key by value. */
type KeyTags = { readonly key: string; readonly byValue: Map<string, Tag> };

/** Pods by the number of a tag: those of tag 7 from `firstPod[7]` to below `firstPod[8]`. */
type ByTag = { readonly firstPod: Int32Array; readonly pods: readonly PodState[] };

export type LabelIndex = {
  /** By namespace ('' for terms that look into several). */
  readonly asked: Map<string, KeyTags[]>;
  readonly tags: Tag[];
  /** How many values each label key has among some pods: the more, the fewer pods share one. */
  readonly valuesOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** Pods that carried each tag at the start, and pods that asked to be kept apart from it; made when first asked for. */
  carriers: ByTag | undefined;
  repellers: ByTag | undefined;
};

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
  return { asked: new Map(), tags: [], valuesOf, carriers: undefined, repellers: undefined };
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
  const tag: Tag = {
    number: index.tags.length,
    budgets: [],
    farRepellers: [],
    lateCarriers: [],
    lateRepellers: [],
  };
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

/**
 * Calls `each` with the pods that carry a tag, until it returns true; returns whether it did. Some may have lost the label
 * since: whoever asks has to match labels anyway, for a tag is only one of those that a selector names.
 */
export function someCarrier(
  index: LabelIndex,
  everybody: ReadonlyMap<string, PodState>,
  tag: Tag | undefined,
  each: (state: PodState) => boolean,
): boolean {
  if (tag === undefined) {
    for (const state of everybody.values()) if (each(state)) return true;
    return false;
  }
  index.carriers ??= groupByTag(index, everybody, ({ tagsAtStart }) => tagsAtStart);
  return someOf(index.carriers, tag, each) || tag.lateCarriers.some(each);
}

/** The same with the pods that ask to be kept apart from a tag. */
export function someRepeller(
  index: LabelIndex,
  everybody: ReadonlyMap<string, PodState>,
  tag: Tag,
  each: (state: PodState) => boolean,
): boolean {
  index.repellers ??= groupByTag(index, everybody, ({ keptApart }) => keptApart);
  return someOf(index.repellers, tag, each) || tag.lateRepellers.some(each);
}

function someOf({ firstPod, pods }: ByTag, { number }: Tag, each: (state: PodState) => boolean): boolean {
  for (let at = firstPod[number] ?? 0; at < (firstPod[number + 1] ?? 0); at += 1) {
    const state = pods[at];
    if (state !== undefined && each(state)) return true;
  }
  return false;
}

function groupByTag(
  index: LabelIndex,
  everybody: ReadonlyMap<string, PodState>,
  tagsOfPod: (state: PodState) => readonly (Tag | undefined)[],
): ByTag {
  const firstPod = new Int32Array(index.tags.length + 1);
  for (const state of everybody.values())
    for (const tag of tagsOfPod(state))
      if (tag !== undefined) firstPod[tag.number + 1] = (firstPod[tag.number + 1] ?? 0) + 1;
  for (let number = 0; number < index.tags.length; number += 1)
    firstPod[number + 1] = (firstPod[number + 1] ?? 0) + (firstPod[number] ?? 0);
  const filled = firstPod.slice();
  const pods: PodState[] = [];
  pods.length = firstPod[index.tags.length] ?? 0;
  for (const state of everybody.values())
    for (const tag of tagsOfPod(state)) {
      if (tag === undefined) continue;
      pods[filled[tag.number] ?? 0] = state;
      filled[tag.number] = (filled[tag.number] ?? 0) + 1;
    }
  return { firstPod, pods };
}
