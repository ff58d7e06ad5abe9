/**
 * What no plan can do better, and the certificate of a plan against it.
 *
 * LB0: a primary on a drained node that nobody can succeed is restarted.
 * LB1: every other primary on a drained node hands over at least once; so does one that gets a temporary member.
 * LB2: with at most one extra node in the region, or none, some node is given back first, and until then only one zone had
 *      a final node that was not kept. Clusters with their primary there and nobody able to be final by then pay twice.
 * All are weighted and count the nodes that the plan really empties: refused ones are nobody's cost.
 */

import type { CertificateEntry } from '../plan.ts';
import { possibleSuccessors } from '../rules/choose-candidate.ts';
import { hasRoom } from '../rules/placement.ts';
import { type Survey, vectorOf, type YardPod } from '../schedule/survey.ts';
import { openYard, replacementFor, type Yard, type YardNode } from '../schedule/yard.ts';

export type Bounds = {
  readonly outages: number;
  readonly switchovers: number;
  readonly waves: number;
  /** Which of them gives the bound of switchovers. */
  readonly witness: string;
  /** Bound of each cluster in switchovers, not weighted: 0 or 1. */
  readonly ofCluster: ReadonlyMap<string, number>;
};

/** Returns the bounds for emptying `drained` while `refused` stay; `ordered` is the excess that whole nodes cannot avoid. */
export function boundPlan(
  survey: Survey,
  drained: ReadonlySet<string>,
  refused: ReadonlySet<string>,
  orderedExcess: number,
): Bounds {
  let outages = 0;
  let single = 0;
  const ofCluster = new Map<string, number>();
  for (const cluster of survey.fleet.clusters) {
    const primary = primaryPod(survey, cluster.key);
    if (primary === undefined || !drained.has(primary.pod.node ?? '')) continue;
    const setting = survey.request.clusters[cluster.key];
    const weight = setting?.weight ?? 1;
    const able =
      possibleSuccessors(survey.candidacies.get(cluster.key) ?? [], (name) => drained.has(name)).length > 0;
    const scalesOut = setting?.singleMember === 'scale-out' && setting.switchover !== 'never';
    if (able || scalesOut) {
      single += weight;
      ofCluster.set(cluster.key, 1);
    } else outages += weight;
  }
  const yard = openYard(survey, drained, refused);
  const excess = firstReleaseExcess(yard);
  const more = Math.max(excess, orderedExcess);
  const witness =
    more === 0
      ? 'primaries-on-drained-nodes'
      : excess >= orderedExcess
        ? 'first-released-node'
        : 'order-of-whole-nodes';
  return { outages, switchovers: single + more, waves: boundWaves(yard), witness, ofCluster };
}

/** Returns a certificate entry; proved only where the value is the bound. */
export function certify(bound: number, value: number, because?: string): CertificateEntry {
  const proved = bound === value;
  return {
    bound,
    value,
    proved,
    ...(proved ? {} : { gap: value - bound }),
    ...(because === undefined ? {} : { because }),
  };
}

function primaryPod(survey: Survey, key: string): YardPod | undefined {
  return (survey.membersOf.get(key) ?? []).find((pod) => pod.member?.name === pod.cluster?.primary);
}

/**
 * The least weight paid twice by whichever node is given back first. Zero where two zones or more may have an extra node.
 * Argument: before the first release the only final nodes are the kept ones and, with an extra node allowed, those of one
 * zone y. A node outside y must then be emptied into the holes of its own zone.
 */
function firstReleaseExcess(yard: Yard): number {
  const { fleet, request } = yard.survey;
  const surge = fleet.zones.reduce((sum, zone) => sum + (request.surge[zone] ?? 0), 0);
  const extra = Math.min(request.surgeTotal ?? surge, surge);
  const drained = yard.nodes.filter((node) => node.origin === 'drained');
  if (extra > 1 || drained.length === 0) return 0;
  const zones = extra === 0 ? [] : fleet.zones.filter((zone) => (request.surge[zone] ?? 0) > 0);
  let least = Number.POSITIVE_INFINITY;
  for (const node of drained) {
    const fitsHoles = canEmptyIntoHoles(yard, node);
    for (const zone of [undefined, ...zones]) {
      if (zone !== node.node.zone && !fitsHoles) continue;
      least = Math.min(least, penalty(yard, node, zone));
    }
  }
  // No node can be first: the search finds no plan either, and its refusals say so.
  return Number.isFinite(least) ? least : 0;
}

function penalty(yard: Yard, node: YardNode, extraZone: string | undefined): number {
  const { request, candidacies, podOf } = yard.survey;
  let sum = 0;
  for (const pod of node.pods) {
    if (pod.cluster === undefined || yard.primaryOf.get(pod.cluster.key) !== pod) continue;
    const able = possibleSuccessors(candidacies.get(pod.cluster.key) ?? [], (name) =>
      isDrained(yard, name),
    ).flatMap((each) => podOf.get(each.pod.key) ?? []);
    if (able.length === 0 || able.some((other) => canBeFinal(yard, other, extraZone))) continue;
    sum += request.clusters[pod.cluster.key]?.weight ?? 1;
  }
  return sum;
}

function canBeFinal(yard: Yard, pod: YardPod, extraZone: string | undefined): boolean {
  const stands = yard.at.get(pod);
  if (stands === undefined || stands.origin !== 'drained') return true;
  // A pod without a volume may go to any zone; nothing is claimed about it.
  if (pod.pod.volumeTerms.length === 0 || stands.node.zone === extraZone) return true;
  return yard.nodes.some(
    (node) => node.origin === 'kept' && node.node.zone === stands.node.zone && hasRoom(yard, pod, node),
  );
}

function canEmptyIntoHoles(yard: Yard, node: YardNode): boolean {
  const { request, resources } = yard.survey;
  const parking = request.parking && request.mode === 'pods' && request.hold === 'fence';
  const holes = yard.nodes.filter(
    (other) =>
      other !== node &&
      other.node.zone === node.node.zone &&
      (other.origin === 'kept' || (parking && other.origin === 'drained')),
  );
  return resources.every((name, index) => {
    if (name.startsWith('attachable-volumes-')) return true;
    let load = 0;
    for (const pod of node.pods) if (!pod.stays && isPinned(yard, pod)) load += pod.requests[index] ?? 0;
    return load <= holes.reduce((sum, other) => sum + Math.max(0, other.free[index] ?? 0), 0);
  });
}

/**
 * Waves: at most `parallelDrainsPerZone` nodes of a zone are emptied together, and no more than surge and free room carry:
 * floor(surge + slack), where slack is what the zone's nodes hold in excess of its load, in nodes.
 */
function boundWaves(yard: Yard): number {
  const { fleet, request } = yard.survey;
  let waves = 0;
  for (const zone of fleet.zones) {
    const drained = yard.nodes.filter((node) => node.origin === 'drained' && node.node.zone === zone);
    if (drained.length === 0) continue;
    const carried = Math.floor((request.surge[zone] ?? 0) + slackOf(yard, zone, drained) + 1e-9);
    const together = Math.min(request.limits.parallelDrainsPerZone, Math.max(1, carried));
    waves = Math.max(waves, Math.ceil(drained.length / together));
  }
  return request.mode === 'whole-nodes'
    ? yard.nodes.filter((node) => node.origin === 'drained').length
    : waves;
}

function slackOf(yard: Yard, zone: string, drained: readonly YardNode[]): number {
  const { resources, daemonLoad } = yard.survey;
  const daemons = daemonLoad.get(zone) ?? [];
  const kept = yard.nodes.filter((node) => node.origin === 'kept' && node.node.zone === zone);
  const load = resources.map(() => 0);
  // The larger of old and new size: what is not there cannot make the bound too high.
  const size = resources.map(() => 0);
  for (const { node, pods } of drained) {
    for (const allocatable of [node.allocatable, replacementFor(yard, node).allocatable]) {
      vectorOf(allocatable, resources).forEach((amount, index) => {
        size[index] = Math.max(size[index] ?? 0, amount - (daemons[index] ?? 0));
      });
    }
    for (const pod of pods) {
      if (pod.stays || !isPinned(yard, pod)) continue;
      pod.requests.forEach((amount, index) => {
        load[index] = (load[index] ?? 0) + amount;
      });
    }
  }
  const slack = resources.map((name, index) => {
    const [wanted, room] = [load[index] ?? 0, size[index] ?? 0];
    if (wanted === 0 || room <= 0 || name.startsWith('attachable-volumes-')) return Number.POSITIVE_INFINITY;
    const free = kept.reduce((sum, node) => sum + Math.max(0, node.free[index] ?? 0), 0);
    return drained.length - (wanted - free) / room;
  });
  return Math.min(drained.length, ...slack);
}

/** Whether a pod's load stays in its zone. A primary whose temporary member takes over in another one leaves nothing behind. */
function isPinned(yard: Yard, pod: YardPod): boolean {
  const key = pod.cluster?.key ?? '';
  const relieved = yard.survey.temporaryOf.has(key) && yard.primaryOf.get(key) === pod;
  return pod.pod.volumeTerms.length > 0 && !relieved;
}

function isDrained(yard: Yard, name: string): boolean {
  return yard.nodeNamed.get(name)?.origin === 'drained';
}
