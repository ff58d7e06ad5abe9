/**
 * Rules about other pods: required affinity and anti-affinity, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { PodAffinityTerm } from '../model.ts';
import { askFor, someCarrier, someRepeller, type Tag } from './check-label-index.ts';
import { labelsMatch } from './check-labels.ts';
import { domainOf } from './check-placement.ts';
import { spreadHolds } from './check-spread.ts';
import {
  hasEnded,
  hostname,
  type NodeState,
  type PodState,
  type Repeller,
  scopeOf,
  type Walk,
} from './check-state.ts';

/** The first rule about other pods that keeps this one off the node as things stand; undefined: none. */
export function podRuleAgainst(walk: Walk, state: PodState, node: NodeState): string | undefined {
  const { pod } = state;
  for (let index = 0; index < pod.podAntiAffinity.length; index += 1) {
    const term = pod.podAntiAffinity[index];
    if (term !== undefined && someNear(walk, term, state.keptApart[index], state, node))
      return `anti-affinity over ${term.topologyKey}`;
  }
  for (const term of pod.podAffinity)
    if (!affinityHolds(walk, term, state, node)) return `affinity over ${term.topologyKey}`;
  const repelled =
    repellerOn(walk, state, node) ?? (walk.somePodsRepelAfar ? repellerAfar(walk, state, node) : undefined);
  if (repelled !== undefined) return `anti-affinity of ${repelled}`;
  for (const constraint of pod.spread)
    if (!spreadHolds(walk, constraint, state, node)) return `topology spread over ${constraint.topologyKey}`;
  return undefined;
}

/** True if the two may not stand on one node. */
export function repel(first: PodState, second: PodState): boolean {
  const onOneNode = (term: PodAffinityTerm) => term.topologyKey === hostname;
  return (
    first.pod.podAntiAffinity.some((term) => onOneNode(term) && picks(term, second)) ||
    second.pod.podAntiAffinity.some((term) => onOneNode(term) && picks(term, first))
  );
}

function picks(term: PodAffinityTerm, other: PodState): boolean {
  if (hasEnded(other.pod)) return false;
  if (term.namespaces !== 'all' && !term.namespaces.includes(other.pod.namespace)) return false;
  return labelsMatch(term.selector, other.labels);
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
  state: PodState,
  node: NodeState,
): boolean {
  const isNear = (other: PodState) =>
    other !== state && sharesDomain(other.node, node, term.topologyKey) && picks(term, other);
  // Whoever stands on the node is looked at where the term names no label: they are fewer than all pods.
  return term.topologyKey === hostname && tag === undefined
    ? node.pods.some(isNear)
    : someCarrier(walk.labels, walk.pods, tag, isNear);
}

/** A term that no pod of the fleet satisfies is forgiven to a pod that satisfies it itself: the first of its kind. */
function affinityHolds(walk: Walk, term: PodAffinityTerm, state: PodState, node: NodeState): boolean {
  if (domainOf(node.node, term.topologyKey) === undefined) return false;
  const tag = askFor(walk.labels, scopeOf(term), term.selector);
  if (someNear(walk, term, tag, state, node)) return true;
  if (!picks(term, state)) return false;
  const isPicked = (other: PodState) => other.node !== undefined && other !== state && picks(term, other);
  return !someCarrier(walk.labels, walk.pods, tag, isPicked);
}

/** A pod on the node that keeps this one off it. */
function repellerOn(walk: Walk, state: PodState, node: NodeState): string | undefined {
  let found: string | undefined;
  const keepsOff = (other: PodState) => {
    if (other === state || other.node !== node || hasEnded(other.pod)) return false;
    if (!other.pod.podAntiAffinity.some((term) => term.topologyKey === hostname && picks(term, state)))
      return false;
    found = other.pod.key;
    return true;
  };
  // Only pods whose terms name a label of this one can keep it off; those that name none are looked at on the node.
  for (const tag of state.tags) if (someRepeller(walk.labels, walk.pods, tag, keepsOff)) return found;
  if (walk.somePodsRepelWidely) node.pods.some(keepsOff);
  return found;
}

/** A pod in the same zone, or whatever else its term names, that keeps this one away. */
function repellerAfar(walk: Walk, state: PodState, node: NodeState): string | undefined {
  const keepsAway = ({ state: other, term }: Repeller) =>
    other !== state &&
    !hasEnded(other.pod) &&
    sharesDomain(other.node, node, term.topologyKey) &&
    picks(term, state);
  for (const { farRepellers } of state.tags) {
    const found = farRepellers.find(keepsAway);
    if (found !== undefined) return found.state.pod.key;
  }
  return walk.wideRepellers.find(keepsAway)?.state.pod.key;
}
