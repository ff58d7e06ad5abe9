/**
 * What the first nodes given back in their zones cost on top of what each cluster costs on its own.
 */
import type { Pod } from '../model.ts';
import { hostname } from './check-domains.ts';
import { heldBySpread } from './check-held-by-spread.ts';
import { labelsMatch } from './check-labels.ts';
import type { NumberedCluster, NumberedPod } from './check-model.ts';
import { staticRuleAgainst } from './check-placement.ts';
import { mayScaleOut, priceOf } from './check-prices.ts';
import { isPrimary, type NodeState, nodeOf, podsOn, type Walk } from './check-state.ts';
import { neverLeads } from './check-successors.ts';
import { freeOn, isBoundToZone } from './check-zone-room.ts';

/**
 * The least weight that is paid twice by the nodes given back first in their zones, whichever these are; 0 where two extra nodes
 * may be there. A zone without a node given back has a new node only while it has the one extra node. So when the first node
 * of a zone is emptied, a member is final only on a kept node, in a zone where one was given back before, or in the zone with
 * the extra node. A primary on that node with nobody final to take over moves twice. Where the extra node is elsewhere, the node
 * is emptied into the free room of its own zone; where it is not, whoever left the node and can wait nowhere stands on the one
 * new node, and members kept apart from it do not.
 */
export function firstReleaseWeight(walk: Walk, emptied: readonly NodeState[]): number {
  const { surgeOf, surgeTotal } = walk.request;
  const zones = walk.fleet.zones.filter((zone) => surgeOf(zone) > 0);
  const surge = zones.reduce((sum, zone) => sum + surgeOf(zone), 0);
  const extra = Math.min(surge, surgeTotal ?? surge);
  if (extra > 1) return 0;
  const spread = heldBySpread(walk, (state) => state.mustLeave && isHeldInZone(walk, state));
  const isHeld = (state: NumberedPod) => spread.has(state) || isHeldInZone(walk, state);
  const ground = { walk, isHeld, zones: zoneGrounds(walk, isHeld) };
  const candidates = emptied.map((node) => candidateOf(ground, node));
  const byZone = Map.groupBy(candidates, ({ zone }) => zone);
  const extraZones = extra === 0 ? [] : zones;
  const least =
    byZone.size <= orderedZonesMax
      ? cheapestRest({ byZone, extraZones, known: new Map() }, [])
      : Math.min(...candidates.map((candidate) => costOf(candidate, [], extraZones)));
  // Nobody can be first: no plan can be right, and nothing needs to be claimed about it.
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/** With more zones than this only the first one counts. */
const orderedZonesMax = 8;

/** A node that could be the first of its zone to be given back, and the clusters that would pay for it. */
type Candidate = {
  readonly zone: string;
  /** Whether it could be emptied without a new node in its zone. */
  readonly fitsNeighbours: boolean;
  /** `zones`: those where some member could be final, were there a final node. */
  readonly claims: readonly { readonly weight: number; readonly zones: readonly string[] }[];
};

type Beginnings = {
  readonly byZone: ReadonlyMap<string, readonly Candidate[]>;
  readonly extraZones: readonly string[];
  readonly known: Map<string, number>;
};

/** What zones pay at least that come after those that have begun. */
function cheapestRest(beginnings: Beginnings, begun: readonly string[]): number {
  const { byZone, extraZones, known } = beginnings;
  if (begun.length === byZone.size) return 0;
  const key = JSON.stringify(begun);
  const answer = known.get(key);
  if (answer !== undefined) return answer;
  let least = Number.POSITIVE_INFINITY;
  for (const [zone, candidates] of byZone) {
    if (begun.includes(zone)) continue;
    const own = Math.min(...candidates.map((candidate) => costOf(candidate, begun, extraZones)));
    if (own < least) least = Math.min(least, own + cheapestRest(beginnings, [...begun, zone].sort()));
  }
  known.set(key, least);
  return least;
}

function costOf(candidate: Candidate, begun: readonly string[], extraZones: readonly string[]): number {
  const { zone, fitsNeighbours, claims } = candidate;
  let least = Number.POSITIVE_INFINITY;
  for (const extraZone of [undefined, ...extraZones]) {
    if (!fitsNeighbours && extraZone !== zone) continue;
    const pays = claims.filter(
      ({ zones }) => !zones.some((each) => each === extraZone || begun.includes(each)),
    );
    least = Math.min(
      least,
      pays.reduce((sum, { weight }) => sum + weight, 0),
    );
  }
  return least;
}

/** What a zone offers as long as it has no new node. */
type ZoneGround = {
  readonly kept: readonly NodeState[];
  /** Nodes that may take pods: kept ones, and those to be emptied where parking is allowed. */
  readonly holes: ReadonlySet<NodeState>;
  /** Free room of all holes by resource, once what may stand in other zones has left those to be emptied. */
  readonly free: readonly number[];
  /** Whether some kept node has room for such a pod, by what it asks for. */
  readonly fits: Map<readonly number[], boolean>;
  /** The first two holes where a pod may stand, whatever else is there, by what it says about nodes. */
  readonly suitable: Map<string, readonly NodeState[]>;
};
type Ground = {
  readonly walk: Walk;
  readonly zones: ReadonlyMap<string, ZoneGround>;
  /** Whether a pod is in its zone as long as that has no new node. */
  readonly isHeld: (state: NumberedPod) => boolean;
};

function zoneGrounds(walk: Walk, isHeld: Ground['isHeld']): Ground['zones'] {
  const { parking, cordonsFirst, wholeNodes } = walk.request;
  const parks = parking && !cordonsFirst && !wholeNodes;
  const grounds = new Map<string, ZoneGround>();
  for (const zone of walk.fleet.zones) {
    const inZone = walk.nodes.filter((node) => node.node.zone === zone);
    const holes = new Set(inZone.filter((node) => (parks ? !node.refused : !node.asked)));
    const free = walk.numbered.resources.map((_, id) =>
      [...holes].reduce((sum, node) => sum + roomWithoutGuests(walk, isHeld, node, id), 0),
    );
    const kept = inZone.filter((node) => !node.asked);
    grounds.set(zone, { kept, holes, free, fits: new Map(), suitable: new Map() });
  }
  return grounds;
}

/** What a node could have free while pods bound to its zone are still there. */
function roomWithoutGuests(walk: Walk, isHeld: Ground['isHeld'], node: NodeState, id: number): number {
  let room = freeOn(walk, node, id);
  if (!node.toBeEmptied) return room;
  for (const state of podsOn(walk, node))
    if (state.mustLeave && !isHeld(state)) room += state.rules.amounts[id] ?? 0;
  return room;
}

/** A primary that a temporary member may take over from leaves nothing behind in its zone. */
function isHeldInZone(walk: Walk, state: NumberedPod): boolean {
  const { cluster } = state;
  if (cluster !== undefined && isPrimary(walk, state) && mayScaleOut(walk, cluster)) return false;
  return isBoundToZone(walk, state);
}

function candidateOf(ground: Ground, node: NodeState): Candidate {
  const { walk } = ground;
  const claims = podsOn(walk, node).flatMap((state) => {
    const { cluster } = state;
    if (cluster === undefined || !isPrimary(walk, state) || mayScaleOut(walk, cluster)) return [];
    const price = priceOf(walk, cluster);
    if (price === undefined || price === 'outage') return [];
    const zones = zonesOfSuccessors(ground, state, cluster);
    return zones === undefined ? [] : [{ weight: walk.request.weightOf(cluster), zones }];
  });
  return { zone: node.node.zone, fitsNeighbours: fitsNeighbours(ground, node), claims };
}

/** Zones where a member can be final once they have final nodes; undefined: one can be without, or is. */
function zonesOfSuccessors(
  ground: Ground,
  primary: NumberedPod,
  { cluster, members }: NumberedCluster,
): readonly string[] | undefined {
  const { walk } = ground;
  const waits = mayWaitSomewhere(ground, primary);
  const zones = new Set<string>();
  for (const { member, pod: state } of members) {
    if (member.name === cluster.primary || neverLeads(cluster, member)) continue;
    const stands = state === undefined ? undefined : nodeOf(walk, state);
    if (state === undefined || stands === undefined || !stands.toBeEmptied) return undefined;
    if (!isBoundToZone(walk, state) || keptNodeHasRoom(ground, state, stands.node.zone)) return undefined;
    const atHome = stands.node.zone === nodeOf(walk, primary)?.node.zone;
    if (!(atHome && !waits && neverShareNode(primary.pod, state.pod))) zones.add(stands.node.zone);
  }
  return [...zones];
}

function keptNodeHasRoom({ walk, zones }: Ground, state: NumberedPod, name: string): boolean {
  const zone = zones.get(name);
  const wanted = state.rules.amounts;
  const known = zone?.fits.get(wanted);
  if (zone === undefined || known !== undefined) return known ?? true;
  const fits = zone.kept.some((node) =>
    wanted.every((amount, id) => amount === 0 || amount <= freeOn(walk, node, id)),
  );
  zone.fits.set(wanted, fits);
  return fits;
}

/** Whether a pod may be elsewhere than on a new node of its zone once its own node has been given back. */
function mayWaitSomewhere(ground: Ground, state: NumberedPod): boolean {
  const node = nodeOf(ground.walk, state);
  if (node === undefined || !state.mustLeave || !isHeldInZone(ground.walk, state)) return true;
  return mayStandBeside(ground.zones.get(node.node.zone), state.pod, node);
}

/** By rules that pick them both, so that it does not matter who is primary. */
function neverShareNode(one: Pod, other: Pod): boolean {
  const both = [one, other];
  return [...one.podAntiAffinity, ...other.podAntiAffinity].some((term) => {
    const { topologyKey, namespaces, selector } = term;
    if (topologyKey !== hostname) return false;
    const looksInto = ({ namespace }: Pod) => namespaces === 'all' || namespaces.includes(namespace);
    return both.every((pod) => looksInto(pod) && labelsMatch(selector, pod.labels));
  });
}

/**
 * Whether what is bound to the zone of a node could stand on its neighbours: together by what it asks for, and each pod on one
 * of them at all. A member that asks for a label of new nodes, say, can wait on no old one.
 */
function fitsNeighbours({ walk, isHeld, zones }: Ground, node: NodeState): boolean {
  const zone = zones.get(node.node.zone);
  const load = walk.numbered.resources.map(() => 0);
  for (const state of podsOn(walk, node)) {
    if (!state.mustLeave || !isHeld(state)) continue;
    if (!mayStandBeside(zone, state.pod, node)) return false;
    state.rules.amounts.forEach((amount, id) => {
      load[id] = (load[id] ?? 0) + amount;
    });
  }
  return load.every((wanted, id) => {
    const own = zone?.holes.has(node) === true ? roomWithoutGuests(walk, isHeld, node, id) : 0;
    return wanted === 0 || wanted <= (zone?.free[id] ?? 0) - own;
  });
}

function mayStandBeside(zone: ZoneGround | undefined, pod: Pod, except: NodeState): boolean {
  if (zone === undefined) return false;
  const { nodeSelector, nodeTerms, volumeTerms, tolerations } = pod;
  const key = JSON.stringify([nodeSelector, nodeTerms, volumeTerms, tolerations]);
  const known = zone.suitable.get(key) ?? suitableHoles(zone.holes, pod);
  zone.suitable.set(key, known);
  return known.some((hole) => hole !== except);
}

/** Two are enough to know whether there is one beside any node. */
function suitableHoles(holes: ReadonlySet<NodeState>, pod: Pod): readonly NodeState[] {
  const found: NodeState[] = [];
  for (const hole of holes) {
    const { node } = hole;
    if (!node.ready || node.unschedulable || staticRuleAgainst(pod, node) !== undefined) continue;
    found.push(hole);
    if (found.length === 2) break;
  }
  return found;
}
