/**
 * Topology spread constraints, counted naively for checkPlan.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import type { SpreadConstraint } from '../model.ts';
import { someCarrier } from './check-carriers.ts';
import { domainOf } from './check-domains.ts';
import { labelsMatch } from './check-labels.ts';
import type { NumberedPod, SpreadRule, Tag } from './check-model.ts';
import { isTaintedFor, selectorAgainst } from './check-placement.ts';
import { hasEnded } from './check-pod-nature.ts';
import { labelsOf, type NodeState, type SpreadDomains, type Walk } from './check-state.ts';

/** Skew after placing the pod: its domain's count less the smallest count of any domain the pod could go to. */
export function spreadHolds(walk: Walk, rule: SpreadRule, numbered: NumberedPod, node: NodeState): boolean {
  const { constraint } = rule;
  const domains = domainsFor(walk, rule, numbered);
  const { nodesIn, podsIn } = domains;
  const target =
    domains.domainOf[node.number] ?? numberOfDomain(domains, domainOf(node.node, constraint.topologyKey));
  if (target === undefined) return false;
  const self = countPods(walk, rule, numbered, domains) ? 1 : 0;
  let inhabited = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let domain = 0; domain < nodesIn.length; domain += 1) {
    if (nodesIn[domain] === 0) continue;
    inhabited += 1;
    smallest = Math.min(smallest, podsIn[domain] ?? 0);
  }
  // A domain that is not there yet is the emptiest there can be.
  if (inhabited < constraint.minDomains || inhabited === 0) smallest = 0;
  return (podsIn[target] ?? 0) + self - smallest <= constraint.maxSkew;
}

/** Counts the other pods that a constraint picks, by their domains; returns whether it picks the pod itself. */
function countPods(walk: Walk, rule: SpreadRule, numbered: NumberedPod, domains: SpreadDomains): boolean {
  const { constraint, tag } = rule;
  const { podsIn } = domains;
  for (let domain = 0; domain < podsIn.length; domain += 1) podsIn[domain] = 0;
  if (tag !== undefined && rule.asksForTagAlone && walk.changes.carriers.size === 0)
    return countCarriers(walk, rule, tag, numbered, domains);
  someCarrier(walk, tag, (other) => {
    if (other !== numbered && isPicked(walk, numbered, constraint, other))
      countPod(walk, domains, other.number);
    return false;
  });
  return isPicked(walk, numbered, constraint, numbered);
}

/** Where nothing but the tag is asked for, who carries it is picked, unless its labels have changed. */
function countCarriers(
  walk: Walk,
  { constraint }: SpreadRule,
  { number }: Tag,
  numbered: NumberedPod,
  domains: SpreadDomains,
): boolean {
  const { labels } = walk;
  const { carriers, columns } = walk.numbered;
  let picksItself = false;
  for (let at = carriers.firstPod[number] ?? 0; at < (carriers.firstPod[number + 1] ?? 0); at += 1) {
    const other = carriers.pods[at] ?? -1;
    const hasChanged = labels[other] !== columns.labels[other];
    if (columns.isSpread[other] !== 1) continue;
    if (hasChanged && !labelsMatch(constraint.selector, labels[other] ?? {})) continue;
    if (other === numbered.number) picksItself = true;
    else countPod(walk, domains, other);
  }
  return picksItself;
}

function countPod({ now }: Walk, { domainOf: domains, podsIn }: SpreadDomains, pod: number): void {
  const domain = domains[now.nodeOf[pod] ?? -1];
  if (domain !== undefined) podsIn[domain] = (podsIn[domain] ?? 0) + 1;
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
  const domains = walk.spreadDomains[kind] ?? {
    numbers: new Map(),
    domainOf: [],
    nodesIn: [],
    podsIn: [],
    changesSeen: 0,
  };
  walk.spreadDomains[kind] = domains;
  for (; domains.changesSeen < walk.nodeChanges.length; domains.changesSeen += 1) {
    const state = walk.nodes[walk.nodeChanges[domains.changesSeen] ?? -1];
    if (state === undefined) continue;
    const counts = countsAsDomain(constraint, numbered, state);
    const domain = counts ? domainOf(state.node, constraint.topologyKey) : undefined;
    countIn(domains, state.number, numberOfDomain(domains, domain));
  }
  return domains;
}

/** A domain that turns up for the first time gets the next number. */
function numberOfDomain(
  { numbers, nodesIn, podsIn }: SpreadDomains,
  domain: string | undefined,
): number | undefined {
  if (domain === undefined) return undefined;
  const known = numbers.get(domain);
  if (known !== undefined) return known;
  numbers.set(domain, nodesIn.length);
  nodesIn.push(0);
  return podsIn.push(0) - 1;
}

/** Notes in which domain a node counts now. */
function countIn(
  { domainOf: known, nodesIn }: SpreadDomains,
  node: number,
  domain: number | undefined,
): void {
  const before = known[node];
  known[node] = domain;
  if (domain !== undefined) nodesIn[domain] = (nodesIn[domain] ?? 0) + 1;
  if (before !== undefined) nodesIn[before] = (nodesIn[before] ?? 0) - 1;
}
