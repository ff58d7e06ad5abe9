/**
 * LB2. With at most one extra node in the region, or none, zones get new nodes one after the other, and the first node given
 * back in each zone pays for the clusters that nobody could have taken over for good by then. The argument:
 *
 * A zone has begun when its first node has been given back. A zone that has not begun and has a new node has an extra node:
 * there is one such zone at a time, and it has one new node. While a node n is the first of its zone to be emptied, members
 * are final only on kept nodes, in zones that have begun, and in the one zone y with an extra node. If nobody able to lead can
 * be final there when a primary leaves n, whoever leads from then on moves later and hands over once more: the cluster pays
 * twice. Primaries start on one node each, so that the first nodes of several zones pay for different clusters.
 *
 * If y is another zone, n is emptied into the free room of its own. If y is the zone of n, its one new node takes what stood on
 * n and may stand on no old node; a member that is kept apart from such a primary cannot be final on the same node.
 */
import { ability } from '../survey/abilities.ts';
import { hasRoom } from '../yard/may-stand.ts';
import { origin, type Yard } from '../yard/yard.ts';
import { areKeptApart } from './kept-apart.ts';
import { canEmptyIntoHoles, mayStandBeside, surveyGrounds, type ZoneGround } from './zone-ground.ts';
import { isBoundToZone, isHeldInZone, mayScaleOut } from './zone-loads.ts';
import { leastOverOrders } from './zone-orders.ts';

/** What going first in its zone costs a node. */
type First = {
  /** Weight by the zones, as bits, of which one has to have final nodes if these clusters are not to pay twice. */
  readonly weights: ReadonlyMap<number, number>;
  readonly fitsHoles: boolean;
};

/**
 * Returns the least weight paid twice by the nodes that are given back first in their zones, whichever they are; zero where two
 * extra nodes or more may be there at once. `yard` is the state at the start.
 */
export function firstReleaseExcess(yard: Yard): number {
  const { fleet, request } = yard.survey;
  const surge = fleet.zones.map((zone) => request.surge[zone] ?? 0);
  const all = surge.reduce((sum, each) => sum + each, 0);
  const extra = Math.min(request.surgeTotal ?? all, all);
  if (extra > 1) return 0;
  const extraZones = surge.flatMap((allowed, zone) => (extra === 1 && allowed > 0 ? [zone] : []));
  const firsts = surveyFirsts(yard);
  const costIn = (zone: number, begun: number) =>
    Math.min(...(firsts[zone] ?? []).map((first) => costOf(first, zone, begun, extraZones)));
  return leastOverOrders(
    firsts.flatMap((inZone, zone) => (inZone.length > 0 ? [zone] : [])),
    costIn,
  );
}

/** The least that a node pays which goes first in its zone when these zones, as bits, have begun; Infinity: it cannot. */
function costOf(
  { weights, fitsHoles }: First,
  own: number,
  begun: number,
  extraZones: readonly number[],
): number {
  const pays = (finals: number) => {
    let sum = 0;
    for (const [zones, weight] of weights) if ((zones & finals) === 0) sum += weight;
    return sum;
  };
  let least = fitsHoles ? pays(begun) : Number.POSITIVE_INFINITY;
  for (const zone of extraZones)
    if (fitsHoles || zone === own) least = Math.min(least, pays(begun | (1 << zone)));
  return least;
}

/** Nodes to be drained by zone. */
function surveyFirsts(yard: Yard): readonly (readonly First[])[] {
  const { fleet, nodes } = yard.survey;
  const grounds = surveyGrounds(yard);
  const firsts = fleet.zones.map((): First[] => []);
  for (let node = 0; node < nodes.all.length; node += 1) {
    if (yard.origin[node] !== origin.drained) continue;
    const zone = yard.zone[node] ?? 0;
    const ground = grounds[zone];
    if (ground === undefined) continue;
    const weights = weightsOn(yard, ground, node);
    firsts[zone]?.push({ weights, fitsHoles: canEmptyIntoHoles(yard, ground, node) });
  }
  return firsts;
}

function weightsOn(yard: Yard, ground: ZoneGround, node: number): ReadonlyMap<number, number> {
  const { pods, clusters } = yard.survey;
  const weights = new Map<number, number>();
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    const cluster = pods.cluster[pod] ?? -1;
    if (cluster < 0 || yard.primary[cluster] !== pod || mayScaleOut(yard, cluster)) continue;
    const zones = zonesToSucceedIn(yard, ground, cluster);
    if (zones === undefined) continue;
    weights.set(zones, (weights.get(zones) ?? 0) + (clusters.weight[cluster] ?? 1));
  }
  return weights;
}

/**
 * Zones, as bits, where a member that could lead may become final once there are final nodes; undefined: nothing can be claimed,
 * since one is final already, may go anywhere or has room on a kept node, or since nobody could lead.
 */
function zonesToSucceedIn(yard: Yard, ground: ZoneGround, cluster: number): number | undefined {
  const { clusters } = yard.survey;
  const primary = yard.primary[cluster] ?? -1;
  const home = yard.at[primary] ?? -1;
  const hasToStandOnNewNode = isHeldInZone(yard, primary) && !mayStandBeside(yard, ground, primary, home);
  let zones = 0;
  let somebody = false;
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (!couldLead(yard, pod)) continue;
    somebody = true;
    const node = yard.at[pod] ?? -1;
    const zone = yard.zone[node] ?? 0;
    if (yard.origin[node] !== origin.drained || !isBoundToZone(yard, pod)) return undefined;
    if ((yard.finals[zone] ?? []).some((other) => hasRoom(yard, pod, other))) return undefined;
    if (zone === yard.zone[home] && hasToStandOnNewNode && areKeptApart(yard.survey, primary, pod)) continue;
    zones |= 1 << zone;
  }
  return somebody ? zones : undefined;
}

/** Whether a member may take over now, or will once this plan has moved it. */
export function couldLead(yard: Yard, pod: number): boolean {
  const able = yard.survey.clusters.ability[pod] ?? 0;
  if (able === ability.now) return true;
  return able === ability.afterMove && yard.origin[yard.at[pod] ?? -1] === origin.drained;
}
