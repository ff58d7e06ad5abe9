/**
 * Where kube-scheduler may put a pod: capacity in every resource, nodeSelector, node affinity, volumes, taints, and the
 * required relations to other pods in both directions.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import type { FleetNode, Pod, Taint } from '../model.ts';
import type { YardPod } from '../schedule/survey.ts';
import type { Yard, YardNode } from '../schedule/yard.ts';
import type { Relation } from './relations.ts';
import { matchesNodeTerms } from './selector.ts';

/** Whether a pod may stand on a node at all, whatever else is there: labels, volumes and taints. */
export function suits(pod: Pod, node: FleetNode): boolean {
  if (node.unschedulable || !node.ready) return false;
  return isSelected(pod, node) && toleratesAll(pod, node.taints);
}

/** Whether a pod may be put onto a node now. Fences are the caller's business. */
export function mayStand(yard: Yard, pod: YardPod, node: YardNode): boolean {
  return hasRoom(yard, pod, node) && suits(pod.pod, node.node) && relationsAllow(yard, pod, node);
}

/** Whether a node has room for a pod in every resource. */
export function hasRoom(yard: Yard, pod: YardPod, node: YardNode): boolean {
  const { resources } = yard.survey;
  for (let index = 0; index < pod.requests.length; index += 1) {
    const wanted = pod.requests[index] ?? 0;
    if (wanted === 0 || wanted <= (node.free[index] ?? 0)) continue;
    // Attach limits that nobody states are no limits: https://kubernetes.io/docs/concepts/storage/storage-limits/
    const name = resources[index] ?? '';
    if (name.startsWith('attachable-volumes-') && !Object.hasOwn(node.node.allocatable, name)) continue;
    return false;
  }
  return true;
}

/** Whether the pod's node selector, node affinity and volumes allow a node. */
export function isSelected(pod: Pod, node: FleetNode): boolean {
  for (const [key, value] of Object.entries(pod.nodeSelector)) {
    if (!Object.hasOwn(node.labels, key) || node.labels[key] !== value) return false;
  }
  if (pod.nodeTerms !== undefined && !matchesNodeTerms(pod.nodeTerms, node)) return false;
  return pod.volumeTerms.every((terms) => matchesNodeTerms(terms, node));
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function toleratesAll(pod: Pod, taints: readonly Taint[]): boolean {
  return taints.every(
    (taint) =>
      taint.effect === 'PreferNoSchedule' ||
      pod.tolerations.some((toleration) => {
        if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
        if (toleration.key === undefined) return toleration.operator === 'Exists';
        if (toleration.key !== taint.key) return false;
        return toleration.operator === 'Exists' || toleration.value === taint.value;
      }),
  );
}

function relationsAllow(yard: Yard, pod: YardPod, node: YardNode): boolean {
  return pod.relations.every((relation) => relationAllows(yard, relation, pod, node));
}

function relationAllows(yard: Yard, relation: Relation, pod: YardPod, node: YardNode): boolean {
  switch (relation.kind) {
    case 'apart':
      return standsApart(yard, relation, pod, node);
    case 'together':
      return standsTogether(yard, relation, pod, node);
    case 'spread':
      return !relation.bearers.has(pod.pod.key) || spreads(yard, relation, pod, node);
  }
}

/** Anti-affinity holds in both directions: against the pods that my term picks, and for the pods whose term picks me. */
function standsApart(yard: Yard, relation: Relation, pod: YardPod, node: YardNode): boolean {
  const domain = domainOf(node.node, relation.topologyKey);
  if (domain === undefined) return true;
  const { key } = pod.pod;
  const against = relation.bearers.has(key) ? relation.picked : [];
  const forOthers = relation.picked.has(key) ? relation.bearers : [];
  for (const others of [against, forOthers]) {
    for (const other of others) {
      if (other !== key && standsIn(yard, other, relation, domain)) return false;
    }
  }
  return true;
}

/** The first pod of a group that asks for its own kind may stand anywhere. */
function standsTogether(yard: Yard, relation: Relation, pod: YardPod, node: YardNode): boolean {
  const { key } = pod.pod;
  if (!relation.bearers.has(key)) return true;
  const domain = domainOf(node.node, relation.topologyKey);
  if (domain === undefined) return false;
  const others = [...relation.picked].filter(
    (other) => other !== key && nodeOfKey(yard, other) !== undefined,
  );
  if (others.some((other) => standsIn(yard, other, relation, domain))) return true;
  return others.length === 0 && relation.picked.has(key);
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ with nodeAffinityPolicy Honor */
function spreads(yard: Yard, relation: Relation, pod: YardPod, node: YardNode): boolean {
  const target = domainOf(node.node, relation.topologyKey);
  if (target === undefined) return false;
  const counts = new Map<string, number>();
  for (const each of yard.nodes) {
    const domain = domainOf(each.node, relation.topologyKey);
    if (!each.live || domain === undefined || !isSelected({ ...pod.pod, volumeTerms: [] }, each.node))
      continue;
    if (!counts.has(domain)) counts.set(domain, 0);
  }
  for (const other of relation.picked) {
    const stands = other === pod.pod.key ? undefined : nodeOfKey(yard, other);
    const domain = stands === undefined ? undefined : domainOf(stands.node, relation.topologyKey);
    if (domain !== undefined && counts.has(domain)) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  const itself = relation.picked.has(pod.pod.key) ? 1 : 0;
  const least = counts.size < relation.minDomains ? 0 : Math.min(...counts.values());
  return (counts.get(target) ?? 0) + itself - least <= relation.maxSkew;
}

function standsIn(yard: Yard, podKey: string, relation: Relation, domain: string): boolean {
  const stands = nodeOfKey(yard, podKey);
  return stands !== undefined && domainOf(stands.node, relation.topologyKey) === domain;
}

function nodeOfKey(yard: Yard, podKey: string): YardNode | undefined {
  const pod = yard.survey.podOf.get(podKey);
  return pod === undefined ? undefined : yard.at.get(pod);
}

function domainOf(node: FleetNode, topologyKey: string): string | undefined {
  if (topologyKey === 'kubernetes.io/hostname') return node.labels[topologyKey] ?? node.name;
  if (topologyKey === 'topology.kubernetes.io/zone') return node.labels[topologyKey] ?? node.zone;
  return Object.hasOwn(node.labels, topologyKey) ? node.labels[topologyKey] : undefined;
}
