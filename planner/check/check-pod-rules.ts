/**
 * Rules about other pods: required affinity and anti-affinity, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { PodAffinityTerm } from '../model.ts';
import { isAnyOn, someCarrier, someCarrierOn, someRepellerOn } from './check-carriers.ts';
import { domainOf, hostname } from './check-domains.ts';
import { labelsMatch } from './check-labels.ts';
import type { NumberedPod, Repeller, Tag } from './check-model.ts';
import { hasEnded } from './check-pod-nature.ts';
import { spreadHolds } from './check-spread.ts';
import { labelsOf, type NodeState, nodeOf, podsOn, tagsNow, type Walk } from './check-state.ts';

/** The first rule about other pods that keeps this one off the node as things stand; undefined: none. */
export function podRuleAgainst(walk: Walk, numbered: NumberedPod, node: NodeState): string | undefined {
  const rule = standsAlone(walk, numbered.number, node) ? undefined : affinityAgainst(walk, numbered, node);
  if (rule !== undefined) return rule;
  for (const rule of numbered.rules.spread)
    if (!spreadHolds(walk, rule, numbered, node))
      return `topology spread over ${rule.constraint.topologyKey}`;
  return undefined;
}

function affinityAgainst(walk: Walk, numbered: NumberedPod, node: NodeState): string | undefined {
  const { podAntiAffinity, podAffinity } = numbered.pod;
  const { keptApart, keptNear } = numbered.rules;
  for (let index = 0; index < podAntiAffinity.length; index += 1) {
    const term = podAntiAffinity[index];
    if (term !== undefined && someNear(walk, term, keptApart[index], numbered, node))
      return `anti-affinity over ${term.topologyKey}`;
  }
  for (let index = 0; index < podAffinity.length; index += 1) {
    const term = podAffinity[index];
    if (term !== undefined && !affinityHolds(walk, term, keptNear[index], numbered, node))
      return `affinity over ${term.topologyKey}`;
  }
  const repelled = repellerOn(walk, numbered, node) ?? repellerAfar(walk, numbered, node);
  return repelled === undefined ? undefined : `anti-affinity of ${repelled}`;
}

/**
 * True where a look at numbers shows that nobody keeps the pod off: it has no affinity, or none but to be apart from others with
 * one tag of its own on a node, nobody there carries that tag or asks to be apart from it, and no pod of the fleet keeps others away in
 * another way.
 */
export function standsAlone(walk: Walk, number: number, node: NodeState): boolean {
  const { loneTags, carriers, repellers, somePodsRepelWidely, somePodsRepelAfar } = walk.numbered;
  const { changes } = walk;
  const tag = loneTags[number] ?? -1;
  if (tag === -1 || somePodsRepelWidely || somePodsRepelAfar) return false;
  if (changes.carriers.size + changes.repellers.size + changes.tags.size > 0) return false;
  if (tag < 0) return true;
  return !isAnyOn(walk, carriers, tag, node) && !isAnyOn(walk, repellers, tag, node);
}

/** True if the two may not stand on one node. */
export function repel(walk: Walk, first: NumberedPod, second: NumberedPod): boolean {
  return keepsOffNode(walk, first, second) || keepsOffNode(walk, second, first);
}

function keepsOffNode(walk: Walk, { pod }: NumberedPod, other: NumberedPod): boolean {
  for (const term of pod.podAntiAffinity)
    if (term.topologyKey === hostname && picks(walk, term, other)) return true;
  return false;
}

function picks(walk: Walk, term: PodAffinityTerm, other: NumberedPod): boolean {
  if (hasEnded(other.pod)) return false;
  if (term.namespaces !== 'all' && !term.namespaces.includes(other.pod.namespace)) return false;
  return labelsMatch(term.selector, labelsOf(walk, other));
}

/** True if a pod on `other` stands in the same domain as `node`; on a hostname that is the node itself. */
function sharesDomain(other: NodeState | undefined, node: NodeState, topologyKey: string): boolean {
  if (other === undefined || other.released) return false;
  if (topologyKey === hostname) return other === node;
  const domain = domainOf(node.node, topologyKey);
  return domain !== undefined && domainOf(other.node, topologyKey) === domain;
}

/** True if a pod that the term picks, other than this one, stands in the domain of the node. */
function someNear(
  walk: Walk,
  term: PodAffinityTerm,
  tag: Tag | undefined,
  numbered: NumberedPod,
  node: NodeState,
): boolean {
  const isNear = (other: NumberedPod) =>
    other !== numbered &&
    sharesDomain(nodeOf(walk, other), node, term.topologyKey) &&
    picks(walk, term, other);
  if (term.topologyKey !== hostname) return someCarrier(walk, tag, isNear);
  // Whoever stands on the node is looked at where the term names no label: they are fewer than all pods.
  return tag === undefined ? podsOn(walk, node).some(isNear) : someCarrierOn(walk, tag, node, isNear);
}

/** A term that no pod of the fleet satisfies is forgiven to a pod that satisfies it itself: the first of its kind. */
function affinityHolds(
  walk: Walk,
  term: PodAffinityTerm,
  tag: Tag | undefined,
  numbered: NumberedPod,
  node: NodeState,
): boolean {
  if (domainOf(node.node, term.topologyKey) === undefined) return false;
  if (someNear(walk, term, tag, numbered, node)) return true;
  if (!picks(walk, term, numbered)) return false;
  return !someCarrier(
    walk,
    tag,
    (other) => nodeOf(walk, other) !== undefined && other !== numbered && picks(walk, term, other),
  );
}

/** A pod on the node that keeps this one off it. */
function repellerOn(walk: Walk, numbered: NumberedPod, node: NodeState): string | undefined {
  let found: string | undefined;
  const keepsOff = (other: NumberedPod) => {
    if (other === numbered || hasEnded(other.pod) || !keepsOffNode(walk, other, numbered)) return false;
    found = other.pod.key;
    return true;
  };
  // Only pods whose terms name a label of this one can keep it off; those that name none are looked at on the node.
  for (const tag of tagsNow(walk, numbered)) if (someRepellerOn(walk, tag, node, keepsOff)) return found;
  if (walk.numbered.somePodsRepelWidely) podsOn(walk, node).some(keepsOff);
  return found;
}

/** A pod in the same zone, or whatever else its term names, that keeps this one away. */
function repellerAfar(walk: Walk, numbered: NumberedPod, node: NodeState): string | undefined {
  if (!walk.numbered.somePodsRepelAfar) return undefined;
  const keepsAway = ({ pod: other, term }: Repeller) =>
    other !== numbered &&
    !hasEnded(other.pod) &&
    sharesDomain(nodeOf(walk, other), node, term.topologyKey) &&
    picks(walk, term, numbered);
  for (const { farRepellers } of tagsNow(walk, numbered)) {
    const found = farRepellers.find(keepsAway);
    if (found !== undefined) return found.pod.pod.key;
  }
  const found = walk.numbered.wideRepellers.find(keepsAway) ?? walk.changes.farRepellers.find(keepsAway);
  return found?.pod.pod.key;
}
