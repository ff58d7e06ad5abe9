/**
 * Where kube-scheduler may put a pod as far as the node alone decides, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */

import type { FleetNode, NodeSelectorTerm, Pod } from '../model.ts';
import { labelOf, labelsMatch } from './check-labels.ts';
import type { NumberedPod } from './check-model.ts';
import { type NodeState, podsOn, type Walk } from './check-state.ts';
import { taintAgainst } from './check-tolerations.ts';

/** The first rule that keeps a pod off a node for good, whatever else stands there; undefined: none. */
export function staticRuleAgainst(pod: Pod, node: FleetNode): string | undefined {
  const selected = selectorAgainst(pod, node);
  if (selected !== undefined) return selected;
  for (const terms of pod.volumeTerms) if (!someTermMatches(terms, node)) return 'volume';
  const taint = taintAgainst(pod, node.taints);
  return taint === undefined ? undefined : `taint ${taint.key}`;
}

/** The most kinds of pods remembered of a node: there are hardly ever more, and looking through a long list takes time. */
const rememberedKinds = 8;

/** The same for a node that many pods come to, nearly all of which say the same about nodes. */
export function staticRuleOn(walk: Walk, { number, pod }: NumberedPod, state: NodeState): string | undefined {
  const kind = walk.numbered.columns.nodeRules[number];
  // A temporary member has no kind: it is a copy that came with a step.
  if (kind === undefined) return staticRuleAgainst(pod, state.node);
  if (state.allowedKinds.includes(kind)) return undefined;
  const rule = staticRuleAgainst(pod, state.node);
  if (rule === undefined && state.allowedKinds.length < rememberedKinds) state.allowedKinds.push(kind);
  return rule;
}

/** The part of it that the pod asks for itself: node selector and required node affinity. */
export function selectorAgainst(pod: Pod, node: FleetNode): string | undefined {
  for (const key in pod.nodeSelector)
    if (labelOf(node.labels, key) !== pod.nodeSelector[key])
      return `nodeSelector ${key}=${pod.nodeSelector[key]}`;
  return pod.nodeTerms !== undefined && !someTermMatches(pod.nodeTerms, node) ? 'node affinity' : undefined;
}

/** True if one of the terms holds for the node. A term without requirements matches no node. */
export function someTermMatches(terms: readonly NodeSelectorTerm[], node: FleetNode): boolean {
  for (const { labels, fields } of terms) {
    if (labels.length + fields.length === 0 || !labelsMatch(labels, node.labels)) continue;
    if (fields.length === 0 || labelsMatch(fields, { 'metadata.name': node.name })) return true;
  }
  return false;
}

/** True if a taint of the node itself, a fence or a cordon keeps this pod off. */
export function isTaintedFor(numbered: NumberedPod, state: NodeState): boolean {
  return isClosedFor(numbered, state) || taintAgainst(numbered.pod, state.node.taints) !== undefined;
}

/** True if a fence or cordon standing on the node keeps this pod off. */
export function isClosedFor({ rules }: NumberedPod, { fenced, cordoned }: NodeState): boolean {
  return (fenced && !rules.toleratesFence) || (cordoned && !rules.toleratesCordon);
}

/** The first resource that would not suffice with this pod on the node; undefined: it fits. */
export function resourceMissing(walk: Walk, pod: NumberedPod, target: NodeState): string | undefined {
  const wanted = pod.rules.amounts;
  const used = usedOn(walk, target);
  const isThere = walk.now.nodeOf[pod.number] === target.number;
  for (let id = 0; id < wanted.length; id += 1) {
    const amount = wanted[id] ?? 0;
    if (amount === 0) continue;
    const standing = (used[id] ?? 0) - (isThere ? amount : 0);
    if (standing + amount > roomOf(walk, target, id)) return walk.numbered.resources[id];
  }
  return undefined;
}

/** True if a node has no room for these amounts beside what stands there. */
export function lacksRoomFor(walk: Walk, amounts: readonly number[], target: NodeState): boolean {
  const used = usedOn(walk, target);
  for (let id = 0; id < amounts.length; id += 1) {
    const amount = amounts[id] ?? 0;
    if (amount !== 0 && (used[id] ?? 0) + amount > roomOf(walk, target, id)) return true;
  }
  return false;
}

/**
 * Allocatable of one resource; Infinity: without limit. A node that says nothing about volumes has no attach limit
 * (https://kubernetes.io/docs/concepts/storage/storage-limits/); of anything else it has none to give.
 */
export function roomOf(walk: Walk, { node, rooms }: NodeState, id: number): number {
  for (let next = rooms.length; next <= id; next += 1) {
    const name = walk.numbered.resources[next] ?? '';
    const amount: unknown = node.allocatable[name];
    const unlimited = name.startsWith('attachable-volumes-') ? Number.POSITIVE_INFINITY : 0;
    rooms.push(typeof amount === 'number' ? amount : unlimited);
  }
  return rooms[id] ?? 0;
}

/** What stands on a node, summed up when somebody first asks and kept from there on. */
export function usedOn(walk: Walk, node: NodeState): readonly number[] {
  if (node.used !== undefined) return node.used;
  node.used = [];
  for (const pod of podsOn(walk, node)) addAmounts(node, pod, 1);
  return node.used;
}

/** Adds what a pod asks for to its node, or takes it away, where anybody has asked what is used there. */
export function addAmounts(node: NodeState, { rules, hasEnded }: NumberedPod, sign: 1 | -1): void {
  if (!hasEnded) addToUsed(node, rules.amounts, sign);
}

/** The same for amounts in the order of the fleet's resources. */
export function addToUsed({ used }: NodeState, amounts: readonly number[], sign: 1 | -1): void {
  if (used === undefined) return;
  while (used.length < amounts.length) used.push(0);
  for (let id = 0; id < amounts.length; id += 1) used[id] = (used[id] ?? 0) + sign * (amounts[id] ?? 0);
}
