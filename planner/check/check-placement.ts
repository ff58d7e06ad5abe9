/**
 * Where kube-scheduler may put a pod, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */

import type { FleetNode, NodeSelectorTerm, Pod, PodAffinityTerm, SpreadConstraint, Taint } from '../model.ts';
import { labelsMatch } from './check-labels.ts';
import { hasEnded, type NodeState, type PodState, type Walk } from './check-state.ts';

/** Key of our NoSchedule taint. */
const fenceKey = 'switchyard.dev/drain';
/** What the scheduler checks instead of a taint for a cordoned node. */
const cordonKey = 'node.kubernetes.io/unschedulable';
const hostname = 'kubernetes.io/hostname';

/** The first rule that keeps a pod off a node for good, whatever else stands there; undefined: none. */
export function staticRuleAgainst(pod: Pod, node: FleetNode): string | undefined {
  const labels = new Map(Object.entries(node.labels));
  for (const [key, value] of Object.entries(pod.nodeSelector))
    if (labels.get(key) !== value) return `nodeSelector ${key}=${value}`;
  if (pod.nodeTerms && !pod.nodeTerms.some((term) => termMatches(term, node))) return 'node affinity';
  if (!pod.volumeTerms.every((terms) => terms.some((term) => termMatches(term, node)))) return 'volume';
  const taint = node.taints.find((each) => each.effect !== 'PreferNoSchedule' && !tolerates(pod, each));
  return taint === undefined ? undefined : `taint ${taint.key}`;
}

/** True if a fence or cordon standing on the node keeps this pod off. */
export function isClosedFor(pod: Pod, state: NodeState): boolean {
  if (state.fenced && !tolerates(pod, { key: fenceKey, value: '', effect: 'NoSchedule' })) return true;
  return state.cordoned && !tolerates(pod, { key: cordonKey, value: '', effect: 'NoSchedule' });
}

/** True if the pod would be placed there in spite of a fence. */
export function toleratesFence(pod: Pod): boolean {
  return tolerates(pod, { key: fenceKey, value: '', effect: 'NoSchedule' });
}

/** The first resource that would not suffice with this pod on the node; undefined: it fits. */
export function resourceMissing(walk: Walk, pod: Pod, node: FleetNode): string | undefined {
  for (const [resource, wanted] of Object.entries(pod.requests)) {
    if (wanted === 0) continue;
    const room = roomOf(node, resource);
    if (room !== undefined && usedOn(walk, node.name, resource, pod.key) + wanted > room) return resource;
  }
  return undefined;
}

/**
 * Allocatable of one resource; undefined: without limit. A node that says nothing about volumes has no attach limit
 * (https://kubernetes.io/docs/concepts/storage/storage-limits/); of anything else it has none to give.
 */
export function roomOf(node: FleetNode, resource: string): number | undefined {
  const room = Object.hasOwn(node.allocatable, resource) ? node.allocatable[resource] : undefined;
  return room ?? (resource.startsWith('attachable-volumes-') ? undefined : 0);
}

function usedOn(walk: Walk, node: string, resource: string, except: string): number {
  let used = 0;
  for (const { pod } of walk.podsOn.get(node) ?? [])
    if (pod.key !== except && !hasEnded(pod)) used += pod.requests[resource] ?? 0;
  return used;
}

/** The first rule about other pods that keeps this one off the node as things stand; undefined: none. */
export function podRuleAgainst(walk: Walk, state: PodState, node: FleetNode): string | undefined {
  const { pod } = state;
  for (const term of pod.podAntiAffinity)
    if (countInDomain(walk, term, pod, node) > 0) return `anti-affinity over ${term.topologyKey}`;
  for (const term of pod.podAffinity)
    if (!affinityHolds(walk, term, state, node)) return `affinity over ${term.topologyKey}`;
  const repelled = repellingPod(walk, state, node);
  if (repelled !== undefined) return `anti-affinity of ${repelled}`;
  const skewed = pod.spread.find((constraint) => !spreadHolds(walk, constraint, state, node));
  return skewed === undefined ? undefined : `topology spread over ${skewed.topologyKey}`;
}

/** True if the two may not stand on one node. */
export function repel(first: PodState, second: PodState): boolean {
  const onOneNode = (term: PodAffinityTerm) => term.topologyKey === hostname;
  return (
    first.pod.podAntiAffinity.some((term) => onOneNode(term) && picks(term, second)) ||
    second.pod.podAntiAffinity.some((term) => onOneNode(term) && picks(term, first))
  );
}

function termMatches(term: NodeSelectorTerm, node: FleetNode): boolean {
  // A term without requirements matches no node.
  if (term.labels.length + term.fields.length === 0) return false;
  return labelsMatch(term.labels, node.labels) && labelsMatch(term.fields, { 'metadata.name': node.name });
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(pod: Pod, taint: Taint): boolean {
  return pod.tolerations.some((each) => {
    if (each.effect !== undefined && each.effect !== taint.effect) return false;
    if (each.key === undefined) return each.operator === 'Exists';
    return each.key === taint.key && (each.operator === 'Exists' || each.value === taint.value);
  });
}

function picks(term: PodAffinityTerm, other: PodState): boolean {
  if (hasEnded(other.pod)) return false;
  if (term.namespaces !== 'all' && !term.namespaces.includes(other.pod.namespace)) return false;
  return labelsMatch(term.selector, other.labels);
}

function domainOf(node: FleetNode, topologyKey: string): string | undefined {
  if (topologyKey === hostname) return node.labels[hostname] ?? node.name;
  return Object.hasOwn(node.labels, topologyKey) ? node.labels[topologyKey] : undefined;
}

/** Pods that stand in the same domain as `node`; on a hostname that is the node itself. */
function* podsInDomain(walk: Walk, topologyKey: string, node: FleetNode): Generator<PodState> {
  const domain = domainOf(node, topologyKey);
  if (domain === undefined) return;
  if (topologyKey === hostname) {
    yield* walk.podsOn.get(node.name) ?? [];
    return;
  }
  for (const other of walk.nodes.values()) {
    if (!other.released && domainOf(other.node, topologyKey) === domain)
      yield* walk.podsOn.get(other.node.name) ?? [];
  }
}

function countInDomain(walk: Walk, term: PodAffinityTerm, pod: Pod, node: FleetNode): number {
  let count = 0;
  for (const other of podsInDomain(walk, term.topologyKey, node))
    if (other.pod.key !== pod.key && picks(term, other)) count += 1;
  return count;
}

/** A term that no pod of the fleet satisfies is forgiven to a pod that satisfies it itself: the first of its kind. */
function affinityHolds(walk: Walk, term: PodAffinityTerm, state: PodState, node: FleetNode): boolean {
  if (domainOf(node, term.topologyKey) === undefined) return false;
  if (countInDomain(walk, term, state.pod, node) > 0) return true;
  if (!picks(term, state)) return false;
  for (const other of walk.pods.values())
    if (other.node !== undefined && other.pod.key !== state.pod.key && picks(term, other)) return false;
  return true;
}

function repellingPod(walk: Walk, state: PodState, node: FleetNode): string | undefined {
  for (const topologyKey of walk.repellingKeys)
    for (const other of podsInDomain(walk, topologyKey, node)) {
      if (other.pod.key === state.pod.key || hasEnded(other.pod)) continue;
      const terms = other.pod.podAntiAffinity.filter((term) => term.topologyKey === topologyKey);
      if (terms.some((term) => picks(term, state))) return other.pod.key;
    }
  return undefined;
}

/**
 * Skew after placing the pod: its domain's count less the smallest count of any domain the pod could go to.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
function spreadHolds(walk: Walk, constraint: SpreadConstraint, state: PodState, node: FleetNode): boolean {
  const target = domainOf(node, constraint.topologyKey);
  if (target === undefined) return false;
  const counts = new Map<string, number>();
  for (const other of walk.nodes.values()) {
    const domain = domainOf(other.node, constraint.topologyKey);
    if (other.released || domain === undefined || !selectsNode(state.pod, other.node)) continue;
    let count = counts.get(domain) ?? 0;
    for (const each of walk.podsOn.get(other.node.name) ?? [])
      if (each.pod.key !== state.pod.key && inNamespaceOf(state.pod, constraint, each)) count += 1;
    counts.set(domain, count);
  }
  const self = inNamespaceOf(state.pod, constraint, state) ? 1 : 0;
  const smallest = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
  return (counts.get(target) ?? 0) + self - smallest <= constraint.maxSkew;
}

function inNamespaceOf(pod: Pod, constraint: SpreadConstraint, other: PodState): boolean {
  if (other.pod.namespace !== pod.namespace || hasEnded(other.pod) || other.pod.terminating) return false;
  return labelsMatch(constraint.selector, other.labels);
}

/** nodeAffinityPolicy defaults to Honor: only nodes that the pod's selector and affinity allow count as domains. */
function selectsNode(pod: Pod, node: FleetNode): boolean {
  const labels = new Map(Object.entries(node.labels));
  if (Object.entries(pod.nodeSelector).some(([key, value]) => labels.get(key) !== value)) return false;
  return pod.nodeTerms === undefined || pod.nodeTerms.some((term) => termMatches(term, node));
}
