/**
 * Topology spread constraints, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import type { Pod, SpreadConstraint } from '../model.ts';
import { askFor, someCarrier } from './check-label-index.ts';
import { labelsMatch } from './check-labels.ts';
import { domainOf, isTaintedFor, selectorAgainst } from './check-placement.ts';
import { hasEnded, type NodeState, type PodState, type Walk } from './check-state.ts';

/** Skew after placing the pod: its domain's count less the smallest count of any domain the pod could go to. */
export function spreadHolds(
  walk: Walk,
  constraint: SpreadConstraint,
  state: PodState,
  node: NodeState,
): boolean {
  const target = domainOf(node.node, constraint.topologyKey);
  if (target === undefined) return false;
  const counts = new Map<string, number>();
  for (const domain of domainsFor(walk, constraint, state.pod)) counts.set(domain, 0);
  const tag = askFor(walk.labels, state.pod.namespace, constraint.selector);
  someCarrier(walk.labels, walk.pods, tag, (other) => {
    if (other === state || other.node === undefined || !isPicked(state.pod, constraint, other)) return false;
    if (!countsAsDomain(constraint, state.pod, other.node)) return false;
    const domain = domainOf(other.node.node, constraint.topologyKey);
    if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1);
    return false;
  });
  const self = isPicked(state.pod, constraint, state) ? 1 : 0;
  let smallest = counts.size < constraint.minDomains || counts.size === 0 ? 0 : Number.POSITIVE_INFINITY;
  for (const count of counts.values()) smallest = Math.min(smallest, count);
  return (counts.get(target) ?? 0) + self - smallest <= constraint.maxSkew;
}

/** Pods of other namespaces, that have ended or are on their way out are not counted. */
function isPicked(pod: Pod, constraint: SpreadConstraint, other: PodState): boolean {
  if (other.pod.namespace !== pod.namespace || hasEnded(other.pod) || other.pod.terminating) return false;
  return labelsMatch(constraint.selector, other.labels);
}

/**
 * A node counts unless a policy leaves it out. nodeAffinityPolicy is Honor by default: the pod's own selector and affinity
 * decide. nodeTaintsPolicy is Ignore by default; with Honor a taint, fence or cordon that the pod does not tolerate takes
 * the node out.
 */
function countsAsDomain(constraint: SpreadConstraint, pod: Pod, state: NodeState): boolean {
  if (state.released) return false;
  if (constraint.nodeAffinityPolicy !== 'Ignore' && selectorAgainst(pod, state.node) !== undefined)
    return false;
  return constraint.nodeTaintsPolicy !== 'Honor' || !isTaintedFor(pod, state);
}

/** Domains in which a node counts; asked again and again by pods of one kind, while nodes rarely come or go. */
function domainsFor(walk: Walk, constraint: SpreadConstraint, pod: Pod): ReadonlySet<string> {
  const { topologyKey, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  const kind = JSON.stringify([
    topologyKey,
    nodeAffinityPolicy,
    nodeTaintsPolicy,
    pod.nodeSelector,
    pod.nodeTerms,
    nodeTaintsPolicy === 'Honor' ? pod.tolerations : [],
  ]);
  const last = walk.spreadDomains.get(kind);
  if (last !== undefined && last.version === walk.nodesVersion) return last.domains;
  const domains = new Set<string>();
  for (const node of walk.nodes.values()) {
    const domain = domainOf(node.node, topologyKey);
    if (domain !== undefined && !domains.has(domain) && countsAsDomain(constraint, pod, node))
      domains.add(domain);
  }
  walk.spreadDomains.set(kind, { version: walk.nodesVersion, domains });
  return domains;
}
