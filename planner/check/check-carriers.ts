/**
 * Pods that a tag leads to, as they stand in a walk. Some may have lost the label since: whoever asks has to match labels
 * anyway, for a tag is only one of those that a selector names.
 */

import type { ByTag, NumberedPod, Tag } from './check-model.ts';
import type { NodeState, Walk } from './check-state.ts';

/**
 * Calls `each` with the pods that carry a tag, until it returns true; returns whether it did. Without a tag that is everybody.
 */
export function someCarrier(walk: Walk, tag: Tag | undefined, each: (pod: NumberedPod) => boolean): boolean {
  if (tag === undefined) return walk.pods.some((pod) => isThere(walk, pod) && each(pod));
  const { firstPod, pods } = walk.numbered.carriers;
  for (let at = firstPod[tag.number] ?? 0; at < (firstPod[tag.number + 1] ?? 0); at += 1) {
    const pod = walk.pods[pods[at] ?? -1];
    if (pod !== undefined && each(pod)) return true;
  }
  return walk.changes.carriers.get(tag)?.some(each) === true;
}

function isThere({ changes }: Walk, pod: NumberedPod): boolean {
  const { key } = pod.pod;
  return changes.pods.size === 0 || !changes.pods.has(key) || changes.pods.get(key) === pod;
}

/** The same with those of them that stand on a node. */
export function someCarrierOn(
  walk: Walk,
  tag: Tag,
  node: NodeState,
  each: (pod: NumberedPod) => boolean,
): boolean {
  if (someOn(walk, walk.numbered.carriers, tag, node, each)) return true;
  const late = walk.changes.carriers.get(tag);
  return late?.some((pod) => walk.now.nodeOf[pod.number] === node.number && each(pod)) === true;
}

/** The same with pods on a node that ask to be kept apart from a tag. */
export function someRepellerOn(
  walk: Walk,
  tag: Tag,
  node: NodeState,
  each: (pod: NumberedPod) => boolean,
): boolean {
  if (someOn(walk, walk.numbered.repellers, tag, node, each)) return true;
  const late = walk.changes.repellers.get(tag);
  return late?.some((pod) => walk.now.nodeOf[pod.number] === node.number && each(pod)) === true;
}

function someOn(
  walk: Walk,
  { firstPod, pods }: ByTag,
  { number }: Tag,
  node: NodeState,
  each: (pod: NumberedPod) => boolean,
): boolean {
  const { nodeOf } = walk.now;
  for (let at = firstPod[number] ?? 0; at < (firstPod[number + 1] ?? 0); at += 1) {
    const other = pods[at] ?? -1;
    if (nodeOf[other] !== node.number) continue;
    const pod = walk.pods[other];
    if (pod !== undefined && each(pod)) return true;
  }
  return false;
}

/** Whether any pod of a tag, by its number, stands on a node. */
export function isAnyOn({ now }: Walk, { firstPod, pods }: ByTag, tag: number, node: NodeState): boolean {
  for (let at = firstPod[tag] ?? 0; at < (firstPod[tag + 1] ?? 0); at += 1)
    if (now.nodeOf[pods[at] ?? -1] === node.number) return true;
  return false;
}
