/**
 * Pods that no volume keeps in their zone but a topology spread does.
 *
 * A constraint over zones allows a skew of 1, each zone has one of the pods it picks, and each of them brings it: wherever else one
 * of them went there would be two, and none where it came from. Zones without a node would not be counted, and so each
 * has to have a pod there that never leaves; whom the constraint picks must not depend on labels of members, which change.
 */
import { someCarrier } from './check-carriers.ts';
import { labelsMatch } from './check-labels.ts';
import type { NumberedPod, SpreadRule } from './check-model.ts';
import { hasEnded, staysOnNode } from './check-pod-nature.ts';
import { nodeOf, type Walk } from './check-state.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/** Returns those pods as things stand at the start; `neverLeaves` says of a pod that it is always in the zone where it stands. */
export function heldBySpread(
  walk: Walk,
  neverLeaves: (state: NumberedPod) => boolean,
): ReadonlySet<NumberedPod> {
  const held = new Set<NumberedPod>();
  const isNamedAnew = walk.plan.request.replacement?.labels?.[zoneLabel] !== undefined;
  if (isNamedAnew || walk.nodes.some(({ node }) => node.labels[zoneLabel] !== node.zone)) return held;
  const loose = walk.pods.filter((state) => state.rules.spread.length > 0 && isReplaceable(state));
  const likely = loose.filter((state) => state.rules.spread.some((rule) => isAloneInZone(walk, rule, state)));
  if (likely.length === 0) return held;
  const inhabited = new Set(walk.pods.filter(neverLeaves).map((state) => nodeOf(walk, state)?.node.zone));
  if (!walk.fleet.zones.every((zone) => inhabited.has(zone))) return held;
  const ofMembers = new Set(
    walk.pods.flatMap(({ cluster, pod }) => (cluster === undefined ? [] : Object.keys(pod.labels))),
  );
  for (const state of likely) {
    const pastMembers = ({ constraint }: SpreadRule) =>
      constraint.selector.some(({ key, operator }) => operator === 'In' && !ofMembers.has(key));
    if (state.rules.spread.every(pastMembers)) held.add(state);
  }
  return held;
}

/** Comes back wherever a node has room, as far as its own wishes for nodes say. */
function isReplaceable({ pod, cluster }: NumberedPod): boolean {
  if (cluster !== undefined || staysOnNode(pod) || hasEnded(pod) || pod.terminating) return false;
  const wishes = Object.keys(pod.nodeSelector).length + pod.volumeTerms.length;
  return wishes === 0 && pod.nodeTerms === undefined;
}

function isAloneInZone(walk: Walk, { constraint, tag }: SpreadRule, state: NumberedPod): boolean {
  const { topologyKey, maxSkew, nodeTaintsPolicy, selector } = constraint;
  if (topologyKey !== zoneLabel || maxSkew !== 1 || nodeTaintsPolicy === 'Honor') return false;
  const wanted = JSON.stringify(constraint);
  const zones: string[] = [];
  const stranger = someCarrier(walk, tag, (other) => {
    const zone = nodeOf(walk, other)?.node.zone;
    const { pod } = other;
    if (zone === undefined || pod.namespace !== state.pod.namespace) return false;
    if (hasEnded(pod) || !labelsMatch(selector, pod.labels)) return false;
    zones.push(zone);
    return !isReplaceable(other) || !pod.spread.some((each) => JSON.stringify(each) === wanted);
  });
  const itself = labelsMatch(selector, state.pod.labels);
  return (
    !stranger && itself && zones.length === walk.fleet.zones.length && new Set(zones).size === zones.length
  );
}
