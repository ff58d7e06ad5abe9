/**
 * The fewest waves, recounted zone by zone from loads and room. It holds because waves are real (check-waves.ts): until the
 * last node of a wave is empty none of them is given back, so that at that moment everything bound to the zone stands on
 * kept nodes, on the new nodes alive then, or on what is still to be emptied.
 */
import type { FleetNode } from '../model.ts';
import type { NumberedPod } from './check-model.ts';
import { roomOf } from './check-placement.ts';
import { staysOnNode } from './check-pod-nature.ts';
import { mayScaleOut } from './check-prices.ts';
import { replacementLike } from './check-replacement.ts';
import { isPrimary, type NodeState, podsOn, type Walk } from './check-state.ts';
import { freeOn, isBoundToZone, keptIn } from './check-zone-room.ts';

/** What one resource is like in one zone. */
type Room = {
  /** Of each node to be emptied: what is bound to the zone and has to leave. */
  readonly loads: readonly number[];
  /** Of single pods among that. */
  readonly pods: readonly number[];
  readonly keptFree: number;
  /** What the largest replacement holds, and the largest node of all, old ones included. */
  readonly newSize: number;
  readonly anySize: number;
};

const parkedShare = 0.01;
/** Sums of room come out of divisions. */
const tiny = 1e-9;

/** The fewest waves by the number of nodes alone. */
export function wavesByCount(walk: Walk, emptied: readonly NodeState[]): number {
  const { drainsPerZone, wholeNodes } = walk.request;
  if (wholeNodes) return emptied.length;
  let most = 0;
  for (const nodes of Map.groupBy(emptied, (node) => node.node.zone).values())
    most = Math.max(most, nodes.length);
  return Math.ceil(most / drainsPerZone);
}

/**
 * The fewest waves by room: for every plan, or only for those that park no more than one in a hundred of the `moves` that must
 * be made.
 */
export function wavesByRoom(
  walk: Walk,
  emptied: readonly NodeState[],
  moves: number,
  parksFew: boolean,
): number {
  const { drainsPerZone, surgeOf, surgeTotal } = walk.request;
  const parked = Math.floor(parkedShare * moves);
  let most = wavesByCount(walk, emptied);
  for (const [zone, nodes] of Map.groupBy(emptied, (node) => node.node.zone)) {
    const surge = Math.min(surgeOf(zone), surgeTotal ?? Number.POSITIVE_INFINITY);
    for (const room of roomsIn(walk, zone, nodes)) {
      const together = Math.min(drainsPerZone, Math.max(1, emptiedTogether(room, surge)));
      most = Math.max(most, Math.ceil(nodes.length / together));
      if (parksFew) most = Math.max(most, wavesOf(room, surge, drainsPerZone, parked));
    }
  }
  return most;
}

/**
 * How many nodes a wave can empty: the extra nodes, and as many as the zone's nodes hold more than its load, in nodes.
 * Nodes are counted with the larger of old and new size: what is not there cannot make the bound too high.
 */
function emptiedTogether({ loads, keptFree, anySize }: Room, surge: number): number {
  const load = loads.reduce((sum, each) => sum + each, 0);
  if (load === 0 || anySize <= 0) return loads.length;
  const slack = loads.length - (load - keptFree) / anySize;
  return Math.floor(surge + slack + tiny);
}

/**
 * How many waves a plan needs that parks no more than `parked` pods: what has been released so far, the nodes with the least
 * load first, has to fit into the free room of kept nodes and the new nodes alive, but for the `parked` largest pods. In
 * the first wave `surge` new nodes can be alive, in every other one as many more as nodes have been released before.
 */
function wavesOf(room: Room, surge: number, drainsPerZone: number, parked: number): number {
  const { keptFree, newSize } = room;
  const loads = room.loads.toSorted((a, b) => a - b);
  const largest = room.pods.toSorted((a, b) => b - a).slice(0, parked);
  const elsewhere = keptFree + largest.reduce((sum, each) => sum + each, 0);
  let [waves, released, moved] = [0, 0, 0];
  while (released < loads.length) {
    const capacity = elsewhere + (surge + released) * newSize + tiny;
    const before = released;
    while (released < loads.length && released < before + drainsPerZone) {
      const next = moved + (loads[released] ?? 0);
      // Where not even one fits, one is taken all the same: such a plan has to park more, and nothing is claimed of it.
      if (next > capacity && released > before) break;
      moved = next;
      released += 1;
      if (next > capacity) break;
    }
    waves += 1;
  }
  return waves;
}

/** Load and room of a zone for each resource that somebody bound to it asks for. Volumes to attach are left out: not every node limits them. */
function roomsIn(walk: Walk, zone: string, nodes: readonly NodeState[]): readonly Room[] {
  const bound = nodes.map((node) =>
    podsOn(walk, node)
      .filter((state) => state.mustLeave && countsAsLoad(walk, state))
      .map(({ rules }) => rules.amounts),
  );
  const kept = keptIn(walk, zone);
  const replacements = replacementsFor(walk, zone, nodes);
  return walk.numbered.resources.flatMap((resource, id): readonly Room[] => {
    const amountOf = (requests: readonly number[]) => requests[id] ?? 0;
    const loads = bound.map((pods) => pods.reduce((sum, pod) => sum + amountOf(pod), 0));
    if (resource.startsWith('attachable-volumes-') || loads.every((load) => load === 0)) return [];
    const newSize = Math.max(0, ...replacements.map((node) => node.allocatable[resource] ?? 0));
    const oldSize = Math.max(0, ...nodes.map((node) => roomBesideStaying(walk, node, id)));
    const keptFree = kept.reduce((sum, node) => sum + freeOn(walk, node, id), 0);
    const anySize = Math.max(newSize, oldSize);
    return [{ loads, pods: bound.flat().map(amountOf), keptFree, newSize, anySize }];
  });
}

/** The replacements of these nodes, one of each size. */
function replacementsFor(walk: Walk, zone: string, nodes: readonly NodeState[]): readonly FleetNode[] {
  const kinds = new Map(nodes.map(({ node }) => [JSON.stringify(node.allocatable), node]));
  return [...kinds.values()].map((node) => replacementLike(walk, node.name, zone, [node]));
}

function roomBesideStaying(walk: Walk, node: NodeState, id: number): number {
  let room = roomOf(walk, node, id);
  for (const state of podsOn(walk, node)) if (staysOnNode(state.pod)) room -= state.rules.amounts[id] ?? 0;
  return room;
}

/** A primary whose temporary member takes over in another zone leaves nothing behind. */
function countsAsLoad(walk: Walk, numbered: NumberedPod): boolean {
  const { cluster } = numbered;
  if (cluster !== undefined && isPrimary(walk, numbered) && mayScaleOut(walk, cluster)) return false;
  return isBoundToZone(walk, numbered);
}
