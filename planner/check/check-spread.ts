/**
 * Topology spread constraints, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import type { SpreadConstraint } from '../model.ts';
import { someCarrier } from './check-carriers.ts';
import { domainOf } from './check-domains.ts';
import { labelsMatch } from './check-labels.ts';
import type { NumberedPod } from './check-numbered-fleet.ts';
import type { SpreadRule } from './check-numbered-rules.ts';
import { isTaintedFor, selectorAgainst } from './check-placement.ts';
import { hasEnded } from './check-pod-nature.ts';
import { labelsOf, type NodeState, type Walk } from './check-state.ts';

/** The domains of one kind of constraint, kept up to date as nodes come, go, open and close. */
export type SpreadDomains = {
  /** By number of the node; undefined: it does not count. */
  readonly domainOf: (string | undefined)[];
  /** How many nodes count in each domain that has any. */
  readonly nodesIn: Map<string, number>;
  /** How many of `Walk.nodeChanges` have been looked at. */
  changesSeen: number;
};

/** Skew after placing the pod: its domain's count less the smallest count of any domain the pod could go to. */
export function spreadHolds(walk: Walk, rule: SpreadRule, numbered: NumberedPod, node: NodeState): boolean {
  const { constraint, tag } = rule;
  const target = domainOf(node.node, constraint.topologyKey);
  if (target === undefined) return false;
  const domains = domainsFor(walk, rule, numbered);
  const counts = new Map<string, number>();
  someCarrier(walk, tag, (other) => {
    const domain = domains.domainOf[walk.now.nodeOf[other.number] ?? -1];
    if (domain === undefined || other === numbered || !isPicked(walk, numbered, constraint, other))
      return false;
    counts.set(domain, (counts.get(domain) ?? 0) + 1);
    return false;
  });
  const self = isPicked(walk, numbered, constraint, numbered) ? 1 : 0;
  const { size } = domains.nodesIn;
  // A domain without any of these pods is the emptiest there can be.
  const isSomeEmpty = counts.size < size || size < constraint.minDomains || size === 0;
  const smallest = isSomeEmpty ? 0 : Math.min(...counts.values());
  return (counts.get(target) ?? 0) + self - smallest <= constraint.maxSkew;
}

/** Pods of other namespaces, that have ended or are on their way out are not counted. */
function isPicked(
  walk: Walk,
  { pod }: NumberedPod,
  constraint: SpreadConstraint,
  other: NumberedPod,
): boolean {
  const { namespace, terminating } = other.pod;
  if (namespace !== pod.namespace || terminating || hasEnded(other.pod)) return false;
  return labelsMatch(constraint.selector, labelsOf(walk, other));
}

/**
 * A node counts unless a policy leaves it out. nodeAffinityPolicy is Honor by default: the pod's own selector and affinity
 * decide. nodeTaintsPolicy is Ignore by default; with Honor a taint, fence or cordon that the pod does not tolerate takes
 * the node out.
 */
function countsAsDomain(constraint: SpreadConstraint, numbered: NumberedPod, state: NodeState): boolean {
  if (state.released) return false;
  if (constraint.nodeAffinityPolicy !== 'Ignore' && selectorAgainst(numbered.pod, state.node) !== undefined)
    return false;
  return constraint.nodeTaintsPolicy !== 'Honor' || !isTaintedFor(numbered, state);
}

/** Domains in which a node counts, the same for all constraints of one kind. */
function domainsFor(walk: Walk, { constraint, kind }: SpreadRule, numbered: NumberedPod): SpreadDomains {
  const domains = walk.spreadDomains[kind] ?? { domainOf: [], nodesIn: new Map(), changesSeen: 0 };
  walk.spreadDomains[kind] = domains;
  for (; domains.changesSeen < walk.nodeChanges.length; domains.changesSeen += 1) {
    const state = walk.nodes[walk.nodeChanges[domains.changesSeen] ?? -1];
    if (state === undefined) continue;
    const counts = countsAsDomain(constraint, numbered, state);
    countIn(domains, state.number, counts ? domainOf(state.node, constraint.topologyKey) : undefined);
  }
  return domains;
}

/** Notes in which domain a node counts now. */
function countIn(
  { domainOf: known, nodesIn }: SpreadDomains,
  node: number,
  domain: string | undefined,
): void {
  const before = known[node];
  known[node] = domain;
  if (before === domain) return;
  if (domain !== undefined) nodesIn.set(domain, (nodesIn.get(domain) ?? 0) + 1);
  if (before === undefined) return;
  const left = (nodesIn.get(before) ?? 0) - 1;
  if (left > 0) nodesIn.set(before, left);
  else nodesIn.delete(before);
}
