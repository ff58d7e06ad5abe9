/**
 * The fewest waves. Nodes of one wave are emptied together: no step of it waits for one of its releases, so that at some moment
 * all of them are empty and still there. What a zone can hold at that moment bounds how many they are.
 */
import { parkedShareMax } from '../limits.ts';
import { isAttachLimit } from '../survey/resources.ts';
import { origin, type Yard } from '../yard/yard.ts';
import { isHeldInZone } from './zone-loads.ts';

export type WavesBound = {
  readonly waves: number;
  /** `room-with-few-parked` holds for plans that park no more than `parkedMax` pods. */
  readonly because: 'parallel-drains' | 'room' | 'room-with-few-parked' | 'whole-nodes';
};

type Zone = {
  readonly drained: number;
  /** By drained node and resource: what its pods hold in the zone. */
  readonly loads: Float64Array;
  /** Largest of all drained nodes and replacements, by resource. */
  readonly largestNode: Float64Array;
  readonly largestReplacement: Float64Array;
  /** What kept nodes have free. */
  readonly keptFree: Float64Array;
  /** What the largest pods on drained nodes ask for, as many as may be parked, by resource. */
  readonly parked: Float64Array;
  readonly surge: number;
};

/** Returns how many pods a plan may park for speed: a hundredth of the moves that have to be made. */
export function parkedMax(yard: Yard): number {
  let moves = 0;
  for (let node = 0; node < yard.survey.nodes.all.length; node += 1)
    if (yard.origin[node] === origin.drained) moves += yard.leaving[node] ?? 0;
  return Math.floor(moves * parkedShareMax);
}

/**
 * Returns the bound for plans that park `parked` pods; `yard` is the state at the start. One such plan makes `reached` waves:
 * no bound is larger, and once one is as large the zones that are left cannot raise it.
 */
export function boundWaves(yard: Yard, parked: number, reached: number): WavesBound {
  const { fleet, request } = yard.survey;
  const most = request.limits.parallelDrainsPerZone;
  if (request.mode === 'whole-nodes') {
    const waves = yard.survey.nodes.all.filter((_, node) => yard.origin[node] === origin.drained).length;
    return { waves, because: 'whole-nodes' };
  }
  let best: WavesBound = { waves: 0, because: 'parallel-drains' };
  const few = parkedMax(yard);
  for (let number = 0; number < fleet.zones.length; number += 1) {
    const nodes = drainedIn(yard, number);
    if (nodes === 0) continue;
    best = larger(best, { waves: Math.ceil(nodes / most), because: 'parallel-drains' });
    if (best.waves >= reached) break;
    const zone = surveyZone(yard, number, nodes, few);
    best = larger(best, { waves: Math.ceil(nodes / Math.min(most, carried(yard, zone))), because: 'room' });
    if (parked <= few)
      best = larger(best, { waves: wavesWithFewParked(yard, zone, most), because: 'room-with-few-parked' });
  }
  return best;
}

function larger(a: WavesBound, b: WavesBound): WavesBound {
  return b.waves > a.waves ? b : a;
}

function surveyZone(yard: Yard, zone: number, count: number, few: number): Zone {
  const { nodes, width, sizes, pods, asks, request, fleet } = yard.survey;
  const loads = new Float64Array(count * width);
  const staying = new Float64Array(width);
  let drained = 0;
  const largestNode = new Float64Array(width);
  const largestReplacement = new Float64Array(width);
  const keptFree = new Float64Array(width);
  const podsAsking = new Int32Array(asks.length / width);
  for (let node = 0; node < nodes.all.length; node += 1) {
    if (yard.zone[node] !== zone) continue;
    if (yard.origin[node] === origin.kept)
      for (let r = 0; r < width; r += 1)
        keptFree[r] = (keptFree[r] ?? 0) + Math.max(0, yard.free[node * width + r] ?? 0);
    if (yard.origin[node] !== origin.drained) continue;
    const load = drained * width;
    drained += 1;
    staying.fill(0);
    for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
      const ask = (pods.ask[pod] ?? 0) * width;
      const held = isHeldInZone(yard, pod);
      if (held) podsAsking[pods.ask[pod] ?? 0] = (podsAsking[pods.ask[pod] ?? 0] ?? 0) + 1;
      if (held) addTo(loads, load, asks, ask, width);
      else if (pods.stays[pod] === 1) addTo(staying, 0, asks, ask, width);
    }
    const size = sizes.ofNode[node] ?? -1;
    for (let r = 0; r < width; r += 1) {
      const replacement = sizes.room[size * width + r] ?? 0;
      const own = (nodes.allocatable[node * width + r] ?? 0) - (staying[r] ?? 0);
      largestNode[r] = Math.max(largestNode[r] ?? 0, own, replacement);
      largestReplacement[r] = Math.max(largestReplacement[r] ?? 0, replacement);
    }
  }
  const surge = Math.min(
    request.surge[fleet.zones[zone] ?? ''] ?? 0,
    request.surgeTotal ?? Number.POSITIVE_INFINITY,
  );
  return {
    drained,
    loads,
    largestNode,
    largestReplacement,
    keptFree,
    parked: sumOfLargest(podsAsking, asks, width, few),
    surge,
  };
}

function drainedIn(yard: Yard, zone: number): number {
  let count = 0;
  for (let node = 0; node < yard.survey.nodes.all.length; node += 1)
    if (yard.zone[node] === zone && yard.origin[node] === origin.drained) count += 1;
  return count;
}

function addTo(sums: Float64Array, to: number, asks: Float64Array, ask: number, width: number): void {
  for (let r = 0; r < width; r += 1) sums[to + r] = (sums[to + r] ?? 0) + (asks[ask + r] ?? 0);
}

/** Alike pods are counted: there are far fewer distinct asks than pods. */
function sumOfLargest(
  podsAsking: Int32Array,
  asks: Float64Array,
  width: number,
  count: number,
): Float64Array {
  const sums = new Float64Array(width);
  const distinct: number[] = [];
  for (let ask = 0; ask < podsAsking.length; ask += 1) if ((podsAsking[ask] ?? 0) > 0) distinct.push(ask);
  for (let r = 0; r < width; r += 1) {
    distinct.sort((a, b) => (asks[b * width + r] ?? 0) - (asks[a * width + r] ?? 0));
    let left = count;
    for (const ask of distinct) {
      const taken = Math.min(left, podsAsking[ask] ?? 0);
      sums[r] = (sums[r] ?? 0) + taken * (asks[ask * width + r] ?? 0);
      left -= taken;
      if (left === 0) break;
    }
  }
  return sums;
}

/** What each drained node's pods hold of one resource. */
function loadsOf({ drained, loads }: Zone, resource: number, width: number): Float64Array {
  const own = new Float64Array(drained);
  for (let node = 0; node < drained; node += 1) own[node] = loads[node * width + resource] ?? 0;
  return own;
}

/**
 * How many nodes of a zone can be empty at once: surge, and what all its nodes hold in excess of its load. The larger of old
 * and new size is counted: what is not there cannot make the bound too high.
 */
function carried(yard: Yard, zone: Zone): number {
  const { resources } = yard.survey;
  let slack = zone.drained;
  resources.forEach((name, r) => {
    const load = loadsOf(zone, r, resources.length).reduce((sum, each) => sum + each, 0);
    const size = zone.largestNode[r] ?? 0;
    if (load === 0 || size <= 0 || isAttachLimit(name)) return;
    slack = Math.min(slack, zone.drained - (load - (zone.keptFree[r] ?? 0)) / size);
  });
  return Math.max(1, Math.floor(zone.surge + slack + 1e-9));
}

/**
 * A plan that parks few pods has nearly all that left its old node on kept and new nodes. New nodes alive in a wave are no more
 * than surge and what was released before it, so that the emptied nodes grow from wave to wave as new ones can take their loads,
 * the smallest loads first.
 */
function wavesWithFewParked(yard: Yard, zone: Zone, most: number): number {
  let waves = 0;
  yard.survey.resources.forEach((name, r) => {
    if (isAttachLimit(name)) return;
    const loads = loadsOf(zone, r, yard.survey.width).sort();
    const standing = (zone.keptFree[r] ?? 0) + (zone.parked[r] ?? 0);
    let released = 0;
    let load = 0;
    for (let wave = 1; released < loads.length; wave += 1) {
      const room = standing + (zone.surge + released) * (zone.largestReplacement[r] ?? 0);
      const before = released;
      while (released < loads.length && released - before < most && load + (loads[released] ?? 0) <= room) {
        load += loads[released] ?? 0;
        released += 1;
      }
      // Nothing fits: no plan does it; the search says so.
      if (released === before) return;
      waves = Math.max(waves, wave);
    }
  });
  return waves;
}
