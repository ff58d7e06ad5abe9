/**
 * What the first node to be given back costs on top of what each cluster costs on its own.
 */
import type { Pod } from '../model.ts';
import type { NumberedPod } from './check-numbered-fleet.ts';
import { staticRuleAgainst } from './check-placement.ts';
import { mustLeave } from './check-pod-nature.ts';
import { mayScaleOut, neverLeads, priceOf } from './check-prices.ts';
import { isPrimary, type NodeState, nodeOf, type Walk } from './check-state.ts';
import { freeOn, isBoundToZone } from './check-zone-room.ts';

/**
 * The least weight that is paid twice by whichever node is given back first; 0 where two extra nodes may be there. Before the
 * first release one zone at most has an extra node, so that a member is final by then only on a kept node, in that zone, or
 * in a zone whose kept nodes have room for it. A primary on the node that goes first, with nobody final to take over, moves
 * twice. A node outside the zone with the extra node has to be emptied into the free room of its own zone.
 */
export function firstReleaseWeight(walk: Walk, emptied: readonly NodeState[]): number {
  const { surgeOf, surgeTotal } = walk.request;
  const zones = walk.fleet.zones.filter((zone) => surgeOf(zone) > 0);
  const surge = zones.reduce((sum, zone) => sum + surgeOf(zone), 0);
  const extra = Math.min(surge, surgeTotal ?? surge);
  if (extra > 1) return 0;
  const ground = { walk, zones: zoneGrounds(walk) };
  let least = Number.POSITIVE_INFINITY;
  for (const node of emptied) {
    const fits = fitsNeighbours(ground, node);
    for (const extraZone of extra === 0 ? [undefined] : [undefined, ...zones])
      if (fits || extraZone === node.node.zone) least = Math.min(least, paidTwice(ground, node, extraZone));
  }
  // Nobody can be first: no plan can be right, and nothing needs to be claimed about it.
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/** What a zone offers before the first release. */
type ZoneGround = {
  readonly kept: readonly NodeState[];
  /** Nodes that may take pods: kept ones, and those to be emptied where parking is allowed. */
  readonly holes: ReadonlySet<NodeState>;
  /** Free room of all holes by resource. */
  readonly free: readonly number[];
  /** Whether some kept node has room for such a pod, by what it asks for. */
  readonly fits: Map<readonly number[], boolean>;
};
type Ground = { readonly walk: Walk; readonly zones: ReadonlyMap<string, ZoneGround> };

function zoneGrounds(walk: Walk): Ground['zones'] {
  const parks = walk.request.parking && !walk.request.cordonsFirst;
  const grounds = new Map<string, ZoneGround>();
  for (const zone of walk.fleet.zones) {
    const inZone = walk.nodes.filter((node) => node.node.zone === zone);
    const holes = new Set(inZone.filter((node) => (parks ? !node.refused : !node.asked)));
    const free = walk.numbered.resources.map((_, id) =>
      [...holes].reduce((sum, node) => sum + freeOn(walk, node, id), 0),
    );
    grounds.set(zone, { kept: inZone.filter((node) => !node.asked), holes, free, fits: new Map() });
  }
  return grounds;
}

function paidTwice(ground: Ground, node: NodeState, extraZone: string | undefined): number {
  const { walk } = ground;
  let weight = 0;
  for (const numbered of node.pods) {
    const { pod, cluster: state } = numbered;
    if (state === undefined || !isPrimary(walk, numbered) || mayScaleOut(walk, state)) continue;
    const price = priceOf(walk, state);
    if (price === undefined || price === 'outage') continue;
    const { cluster } = state;
    const able = state.members.filter(
      ({ member }) => member.name !== pod.name && !neverLeads(cluster, member),
    );
    const isFinal = able.some((each) => canBeFinal(ground, each.pod, extraZone));
    if (!isFinal) weight += walk.request.weightOf(state);
  }
  return weight;
}

function canBeFinal(ground: Ground, state: NumberedPod | undefined, extraZone: string | undefined): boolean {
  const stands = state === undefined ? undefined : nodeOf(ground.walk, state);
  if (state === undefined || stands === undefined || !stands.toBeEmptied) return true;
  if (stands.node.zone === extraZone || !isBoundToZone(ground.walk, state)) return true;
  const zone = ground.zones.get(stands.node.zone);
  const wanted = state.rules.amounts;
  const known = zone?.fits.get(wanted);
  if (zone === undefined || known !== undefined) return known ?? true;
  const fits = zone.kept.some((node) =>
    wanted.every((amount, id) => amount === 0 || amount <= freeOn(ground.walk, node, id)),
  );
  zone.fits.set(wanted, fits);
  return fits;
}

/**
 * Whether what is bound to the zone of a node could stand on its neighbours: together by what it asks for, and each pod on one
 * of them at all. A member that asks for a label of new nodes, say, can wait on no old one.
 */
function fitsNeighbours({ walk, zones }: Ground, node: NodeState): boolean {
  const zone = zones.get(node.node.zone);
  const load = walk.numbered.resources.map(() => 0);
  for (const state of node.pods) {
    if (!mustLeave(state.pod) || !isBoundToZone(walk, state)) continue;
    if (!mayStandBeside(zone?.holes ?? new Set(), state.pod, node)) return false;
    state.rules.amounts.forEach((amount, id) => {
      load[id] = (load[id] ?? 0) + amount;
    });
  }
  return load.every((wanted, id) => {
    const own = zone?.holes.has(node) === true ? freeOn(walk, node, id) : 0;
    return wanted === 0 || wanted <= (zone?.free[id] ?? 0) - own;
  });
}

function mayStandBeside(holes: ReadonlySet<NodeState>, pod: Pod, except: NodeState): boolean {
  for (const hole of holes) {
    const { node } = hole;
    if (hole === except || !node.ready || node.unschedulable) continue;
    if (staticRuleAgainst(pod, node) === undefined) return true;
  }
  return false;
}
