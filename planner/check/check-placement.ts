/**
 * Where kube-scheduler may put a pod as far as the node alone decides, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */

import type { FleetNode, NodeSelectorTerm, Pod, Resources, Taint } from '../model.ts';
import { labelOf, labelsMatch } from './check-labels.ts';
import { hasEnded, hostname, type NodeState, type PodState, type Walk } from './check-state.ts';

/** Our NoSchedule taint. */
const fenceTaint: Taint = { key: 'switchyard.dev/drain', value: '', effect: 'NoSchedule' };
/** What the scheduler checks instead of a taint for a cordoned node. */
const cordonTaint: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** The first rule that keeps a pod off a node for good, whatever else stands there; undefined: none. */
export function staticRuleAgainst(pod: Pod, node: FleetNode): string | undefined {
  const selected = selectorAgainst(pod, node);
  if (selected !== undefined) return selected;
  for (const terms of pod.volumeTerms) if (!someTermMatches(terms, node)) return 'volume';
  for (const taint of node.taints)
    if (taint.effect !== 'PreferNoSchedule' && !tolerates(pod, taint)) return `taint ${taint.key}`;
  return undefined;
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

/** Which domain of a topology a node belongs to; undefined: to none. */
export function domainOf(node: FleetNode, topologyKey: string): string | undefined {
  const label = labelOf(node.labels, topologyKey);
  return topologyKey === hostname ? (label ?? node.name) : label;
}

/** True if a taint of the node itself, a fence or a cordon keeps this pod off. */
export function isTaintedFor(pod: Pod, state: NodeState): boolean {
  if (isClosedFor(pod, state)) return true;
  return state.node.taints.some((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(pod, taint));
}

/** True if a fence or cordon standing on the node keeps this pod off. */
export function isClosedFor(pod: Pod, state: NodeState): boolean {
  return (state.fenced && !tolerates(pod, fenceTaint)) || (state.cordoned && !tolerates(pod, cordonTaint));
}

/** True if the pod would be placed there in spite of a fence. */
export function toleratesFence(pod: Pod): boolean {
  return tolerates(pod, fenceTaint);
}

/** True if the pod would be placed there in spite of a cordon. */
export function toleratesCordon(pod: Pod): boolean {
  return tolerates(pod, cordonTaint);
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(pod: Pod, taint: Taint): boolean {
  for (const { key, operator, value, effect } of pod.tolerations) {
    if (effect !== undefined && effect !== taint.effect) continue;
    if (key === undefined ? operator === 'Exists' : key === taint.key)
      if (key === undefined || operator === 'Exists' || value === taint.value) return true;
  }
  return false;
}

/** The first resource that would not suffice with this pod on the node; undefined: it fits. */
export function resourceMissing(walk: Walk, state: PodState, target: NodeState): string | undefined {
  const wanted = amountsOf(walk, state);
  const used = usedOn(walk, target);
  const isThere = state.node === target;
  for (let id = 0; id < wanted.length; id += 1) {
    const amount = wanted[id] ?? 0;
    if (amount === 0) continue;
    const standing = (used[id] ?? 0) - (isThere ? amount : 0);
    if (standing + amount > roomOf(walk, target, id)) return walk.resources[id];
  }
  return undefined;
}

/**
 * Allocatable of one resource; Infinity: without limit. A node that says nothing about volumes has no attach limit
 * (https://kubernetes.io/docs/concepts/storage/storage-limits/); of anything else it has none to give.
 */
export function roomOf(walk: Walk, { node, rooms }: NodeState, id: number): number {
  for (let next = rooms.length; next <= id; next += 1) {
    const name = walk.resources[next] ?? '';
    const amount: unknown = node.allocatable[name];
    const unlimited = name.startsWith('attachable-volumes-') ? Number.POSITIVE_INFINITY : 0;
    rooms.push(typeof amount === 'number' ? amount : unlimited);
  }
  return rooms[id] ?? 0;
}

/** What a pod asks for, in the order of `walk.resources`; pods that share their requests share the numbers. */
export function amountsOf(walk: Walk, state: PodState): readonly number[] {
  state.amounts ??= readAmounts(walk, state.pod.requests);
  return state.amounts;
}

function readAmounts(walk: Walk, requests: Resources): readonly number[] {
  const known = walk.amountsOf.get(requests);
  if (known !== undefined) return known;
  const amounts: number[] = [];
  for (const name of Object.keys(requests)) {
    let id = walk.resources.indexOf(name);
    if (id < 0) id = walk.resources.push(name) - 1;
    while (amounts.length <= id) amounts.push(0);
    amounts[id] = requests[name] ?? 0;
  }
  walk.amountsOf.set(requests, amounts);
  return amounts;
}

/** What stands on a node, summed up when somebody first asks and kept from there on. */
export function usedOn(walk: Walk, node: NodeState): readonly number[] {
  if (node.used !== undefined) return node.used;
  node.used = [];
  for (const state of node.pods) addAmounts(walk, node, state, 1);
  return node.used;
}

/** Adds what a pod asks for to its node, or takes it away, where anybody has asked what is used there. */
export function addAmounts(walk: Walk, { used }: NodeState, state: PodState, sign: 1 | -1): void {
  if (used === undefined || hasEnded(state.pod)) return;
  const amounts = amountsOf(walk, state);
  while (used.length < amounts.length) used.push(0);
  for (let id = 0; id < amounts.length; id += 1) used[id] = (used[id] ?? 0) + sign * (amounts[id] ?? 0);
}
