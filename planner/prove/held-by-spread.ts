/**
 * Pods without a volume that a topology spread holds in their zone all the same, as long as a plan lasts.
 *
 * Where a constraint with a skew of 1 picks exactly one pod in every zone, and each of these brings it: whoever of them is moved
 * leaves no pod behind in its zone while every other zone has one, so that a second one there would be a skew of 2. It comes back
 * to its own zone, and there is one in every zone again. That holds as long as every zone is a domain: each has a live node, since
 * a pod with a volume is held there, and every live node counts, since the pods select none and taints do not matter. Whom the
 * constraint picks does not change: it asks for a label that no member of a cluster has, and only their labels say roles.
 */
import type { Pod } from '../model.ts';
import { podsOf } from '../survey/label-index.ts';
import type { Relation } from '../survey/relations.ts';
import type { Yard } from '../yard/yard.ts';
import { isHeldInZone } from './zone-loads.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/** Returns the pods that are held so; `yard` is the state at the start. */
export function podsHeldBySpread(yard: Yard): ReadonlySet<number> {
  const held = new Set<number>();
  const found = yard.survey.relations.all.filter((relation) => holdsOneInEachZone(yard, relation));
  if (found.length === 0 || !areZonesLasting(yard)) return held;
  const labels = labelsOfMembers(yard);
  const asksForOther = ({ spread }: Pod) =>
    spread.every(({ selector }) =>
      selector.some(({ key, operator }) => operator === 'In' && !labels.has(key)),
    );
  for (const { picked } of found)
    for (const number of podsOf(picked)) {
      const pod = yard.survey.pods.all[number];
      if (pod !== undefined && asksForOther(pod)) held.add(number);
    }
  return held;
}

function holdsOneInEachZone(yard: Yard, relation: Relation): boolean {
  const { kind, topologyKey, maxSkew, honorsTaints } = relation;
  if (kind !== 'spread' || topologyKey !== zoneLabel || maxSkew !== 1 || honorsTaints) return false;
  const [bearers, picked] = [podsOf(relation.bearers), podsOf(relation.picked)];
  if (picked.length !== yard.survey.fleet.zones.length || bearers.length !== picked.length) return false;
  const zones = new Set(Array.from(picked, (pod) => yard.zone[yard.at[pod] ?? -1] ?? -1));
  if (zones.size !== picked.length || zones.has(-1)) return false;
  return picked.every((pod, place) => bearers[place] === pod && mayStandAnywhere(yard, pod));
}

/** A daemon goes with its node, and a pod that is on its way out is not counted. */
function mayStandAnywhere({ survey }: Yard, number: number): boolean {
  const { all, cluster, stays } = survey.pods;
  const pod = all[number];
  if (pod === undefined || cluster[number] !== -1 || stays[number] === 1 || pod.terminating) return false;
  return (
    Object.keys(pod.nodeSelector).length === 0 && pod.nodeTerms === undefined && pod.volumeTerms.length === 0
  );
}

/** Whether every zone has a live node at any time, all of which are called by its name. */
function areZonesLasting(yard: Yard): boolean {
  const { fleet, request, nodes, pods } = yard.survey;
  if (nodes.all.some(({ labels, zone }) => labels[zoneLabel] !== zone)) return false;
  if (Object.values(request.replacement).some(({ labels }) => Object.hasOwn(labels, zoneLabel))) return false;
  const lasting = new Set<number>();
  yard.at.forEach((node, pod) => {
    if (node >= 0 && isHeldInZone(yard, pod) && pods.all[pod]?.terminating !== true)
      lasting.add(yard.zone[node] ?? -1);
  });
  return lasting.size === fleet.zones.length;
}

function labelsOfMembers({ survey }: Yard): ReadonlySet<string> {
  const { all, cluster } = survey.pods;
  const members = all.filter((_, number) => (cluster[number] ?? -1) >= 0);
  return new Set(members.flatMap(({ labels }) => Object.keys(labels)));
}
