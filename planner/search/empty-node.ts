/**
 * One node as a whole: its primaries hand over, everything moves off it, or nothing is done at all.
 */
import { cause, markEmptied, movePod, scaleIn, scaleOut, switchOver, undo } from '../yard/acts.ts';
import { mayStand } from '../yard/may-stand.ts';
import { canBeSucceeded } from '../yard/roles.ts';
import { isPrimary, mayPark, type Yard } from '../yard/yard.ts';
import { anyZone, findFinalPlace, findParking, mayWaitOn, type Places, roomIn } from './find-place.ts';
import { coverAndHandOver, handOverToAnybody } from './hand-over.ts';
import { sortFew } from './sort-few.ts';

/** How an attempt empties nodes. */
export type Manner = {
  /** Whether a replica may be made final before its own node's turn: it saves a switchover and takes up room early. */
  readonly ahead: boolean;
  /** Whether pods bound to one zone choose their place first, and replacements are the largest there are. */
  readonly careful: boolean;
  /** Where pods without a volume make room to wait: whether all of a zone do so at once, which packs best, or as few as it takes. */
  readonly clearsAll?: boolean;
};

export type EmptyingOptions = {
  readonly manner: Manner;
  /** Zones in which replacements may be brought, as bits. */
  readonly bringIn: number;
  /** Moves onto nodes that are themselves to be drained may reach this number. */
  readonly parkedMax: number;
  /** Whether pods without a volume leave other nodes ahead of their turn, so that those of this one find room to wait there. */
  readonly clears: boolean;
  /** 1: a node of the same wave, where nothing is parked. */
  readonly wave: Uint8Array;
  /**
   * Whether what has to leave anyway takes its places first, and replicas that go ahead of their node take what is left: where
   * there is room for some of them only.
   */
  readonly ownFirst: boolean;
  /** Whether a primary that nobody final can succeed may hand over to somebody who has to hand over again. */
  readonly pay: boolean;
};

/** Empties a node and returns true, or leaves everything as it was and returns false. */
export function tryToEmpty(yard: Yard, node: number, options: EmptyingOptions): boolean {
  const mark = yard.logEnd;
  const done = options.ownFirst
    ? moveAllOff(yard, node, options, false) && movePrimariesOff(yard, node, options)
    : handOverAll(yard, node, options) && moveAllOff(yard, node, options, true);
  if (done) {
    markEmptied(yard, node);
    return true;
  }
  undo(yard, mark);
  return false;
}

function placesFor(node: number, { bringIn, manner }: EmptyingOptions): Places {
  return { bringIn, like: node, largest: manner.careful };
}

function handOverAll(yard: Yard, node: number, options: EmptyingOptions): boolean {
  const { pods } = yard.survey;
  const places = placesFor(node, options);
  for (const pod of podsOn(yard, node)) {
    const cluster = pods.cluster[pod] ?? -1;
    // Whoever took over may have stood here too, and is final now.
    if (yard.at[pod] !== node || !isPrimary(yard, pod) || !canBeSucceeded(yard, cluster)) continue;
    const mark = yard.logEnd;
    if (coverAndHandOver(yard, cluster, places, options.manner.ahead)) continue;
    undo(yard, mark);
    if (!options.pay || !handOverToAnybody(yard, cluster)) return false;
  }
  return true;
}

/**
 * Largest first packs best; equal ones go by name. What finds no final place is parked when everything else has gone, so that
 * a fence is opened once for all that waits on one node.
 */
function moveAllOff(yard: Yard, node: number, options: EmptyingOptions, primaries: boolean): boolean {
  const leaving = podsToLeave(yard, node, primaries);
  sortLargestFirst(yard, leaving, node);
  if (options.manner.careful) leaving.sort((a, b) => choosiness(yard, b) - choosiness(yard, a));
  const places = placesFor(node, options);
  const parksMax = mayPark(yard) ? options.parkedMax - yard.parked : 0;
  const waiting: number[] = [];
  for (const pod of leaving) {
    if (moveToFinal(yard, pod, node, places)) continue;
    if (waiting.length >= parksMax || isPrimary(yard, pod)) return false;
    waiting.push(pod);
  }
  if (options.clears && options.manner.clearsAll === true && waiting.length > 0)
    clearZone(yard, node, options);
  return waiting.every((pod) => park(yard, pod, node, options));
}

function podsToLeave(yard: Yard, node: number, primaries: boolean): number[] {
  const { stays } = yard.survey.pods;
  const pods = podsOn(yard, node);
  let count = 0;
  for (let place = 0; place < pods.length; place += 1) {
    const pod = pods[place] ?? -1;
    if (stays[pod] === 1 || (!primaries && isPrimary(yard, pod))) continue;
    pods[count] = pod;
    count += 1;
  }
  pods.length = count;
  return pods;
}

/**
 * Primaries one after the other, those that cost most first: handed over for good where the room that the others need is left,
 * else, if it may be paid for, to somebody who has to hand over again.
 */
function movePrimariesOff(yard: Yard, node: number, options: EmptyingOptions): boolean {
  const { pods, clusters } = yard.survey;
  const places = placesFor(node, options);
  const weight = (pod: number) => clusters.weight[pods.cluster[pod] ?? -1] ?? 1;
  const primaries = podsOn(yard, node).filter((pod) => isPrimary(yard, pod));
  primaries.sort((a, b) => weight(b) - weight(a) || sizeOf(yard, a, node) - sizeOf(yard, b, node) || a - b);
  let waiting = primaries.reduce((sum, pod) => sum + sizeOf(yard, pod, node), 0);
  return primaries.every((pod) => {
    waiting -= sizeOf(yard, pod, node);
    const cluster = pods.cluster[pod] ?? -1;
    if (!canBeSucceeded(yard, cluster)) return moveToFinal(yard, pod, node, places);
    const mark = yard.logEnd;
    const leavesRoom = () => waiting <= roomIn(yard, yard.zone[node] ?? 0);
    const ahead = coverAndHandOver(yard, cluster, places, options.manner.ahead);
    if (ahead && moveFormer(yard, pod, node, places, options) && leavesRoom()) return true;
    undo(yard, mark);
    if (!options.pay || !handOverToAnybody(yard, cluster)) return false;
    return moveFormer(yard, pod, node, places, options);
  });
}

function moveFormer(
  yard: Yard,
  pod: number,
  node: number,
  places: Places,
  options: EmptyingOptions,
): boolean {
  if (yard.at[pod] !== node || moveToFinal(yard, pod, node, places)) return true;
  return mayPark(yard) && yard.parked < options.parkedMax && park(yard, pod, node, options);
}

/**
 * Equal ones by name, in which order they come. They are the few dozen pods of a node: each is put in its place among those before
 * it, with its size looked up once.
 */
function sortLargestFirst(yard: Yard, pods: number[], node: number): void {
  const sizes = new Array<number>(pods.length);
  for (let place = 0; place < pods.length; place += 1) {
    const pod = pods[place] ?? -1;
    const size = sizeOf(yard, pod, node);
    let here = place;
    for (; here > 0 && (sizes[here - 1] ?? 0) < size; here -= 1) {
      sizes[here] = sizes[here - 1] ?? 0;
      pods[here] = pods[here - 1] ?? -1;
    }
    sizes[here] = size;
    pods[here] = pod;
  }
}

/** What a pod asks for of the scarcest resource of a node's zone. */
function sizeOf(yard: Yard, pod: number, node: number): number {
  const { pods, asks, width, scarce } = yard.survey;
  return asks[(pods.ask[pod] ?? 0) * width + (scarce[yard.zone[node] ?? 0] ?? 0)] ?? 0;
}

function park(yard: Yard, pod: number, node: number, options: EmptyingOptions): boolean {
  const found = findParking(yard, pod, node, options.wave);
  const parking = found < 0 && options.clears ? clearParking(yard, pod, node, options) : found;
  if (parking < 0) return false;
  movePod(yard, pod, parking, cause.parked);
  return true;
}

/**
 * Returns another node of the zone that has room once pods without a volume have left it for good: they have to move anyway, and
 * may go where the extra node is; -1: there is none.
 */
function clearParking(yard: Yard, pod: number, from: number, options: EmptyingOptions): number {
  const { pods, kinds } = yard.survey;
  for (const node of nodesToWaitOn(yard, from, options)) {
    if (!kinds.fits(pods.rule[pod] ?? 0, yard.kind[node] ?? 0)) continue;
    const mark = yard.logEnd;
    if (moveLooseOff(yard, node, from, options, () => mayStand(yard, pod, node))) return node;
    undo(yard, mark);
  }
  return -1;
}

function clearZone(yard: Yard, from: number, options: EmptyingOptions): void {
  for (const node of nodesToWaitOn(yard, from, options)) moveLooseOff(yard, node, from, options, () => false);
}

function nodesToWaitOn(yard: Yard, from: number, { wave }: EmptyingOptions): readonly number[] {
  const all = yard.survey.nodes.all.map((_, node) => node);
  return all.filter(
    (node) => node !== from && yard.zone[node] === yard.zone[from] && mayWaitOn(yard, node, wave),
  );
}

/** Moves pods without a volume off a node until there is enough room; false where there never is. */
function moveLooseOff(
  yard: Yard,
  node: number,
  from: number,
  options: EmptyingOptions,
  isEnough: () => boolean,
): boolean {
  const { pods } = yard.survey;
  const places = placesFor(from, options);
  const loose = podsOn(yard, node).filter(
    (pod) => pods.stays[pod] !== 1 && pods.bound[pod] !== 1 && (pods.cluster[pod] ?? -1) < 0,
  );
  sortLargestFirst(yard, loose, node);
  for (const pod of loose) {
    const place = findFinalPlace(yard, pod, yard.zone[node] ?? 0, places);
    if (place < 0) continue;
    movePod(yard, pod, place, cause.otherPod);
    if (isEnough()) return true;
  }
  return false;
}

/** Whether a pod has to find room in its zone: without a volume it may go anywhere, and so may a temporary member in its place. */
function choosiness(yard: Yard, pod: number): number {
  const { pods, clusters } = yard.survey;
  if (isPrimary(yard, pod) && (clusters.temporary[pods.cluster[pod] ?? -1] ?? -1) >= 0) return 0;
  return pods.bound[pod] ?? 0;
}

function moveToFinal(yard: Yard, pod: number, node: number, places: Places): boolean {
  const zone = yard.zone[node] ?? 0;
  const cluster = yard.survey.pods.cluster[pod] ?? -1;
  const primary = isPrimary(yard, pod);
  if (primary && (yard.survey.clusters.temporary[cluster] ?? -1) >= 0)
    return replaceByTemporary(yard, pod, cluster, zone, places);
  const place = findFinalPlace(yard, pod, zone, places);
  if (place < 0) return false;
  movePod(yard, pod, place, primary ? cause.nobodyCanSucceed : causeOf(yard, pod, cluster));
  return true;
}

function causeOf(yard: Yard, pod: number, cluster: number): number {
  if (cluster < 0) return cause.otherPod;
  return yard.former[pod] !== 0 ? cause.formerPrimary : cause.offTheNode;
}

/**
 * The temporary member takes over for good, and the one on the node to be drained is taken away: one switchover, no outage. Where that
 * one may not be taken away, the temporary member leads while it moves, and goes again: two switchovers.
 */
function replaceByTemporary(yard: Yard, pod: number, cluster: number, zone: number, places: Places): boolean {
  const { clusters } = yard.survey;
  const temporary = clusters.temporary[cluster] ?? -1;
  const place = findFinalPlace(yard, temporary, zone, { ...places, bringIn: anyZone });
  if (place < 0) return false;
  const mark = yard.logEnd;
  scaleOut(yard, cluster, place);
  switchOver(yard, temporary);
  if (clusters.primaryMayGo[cluster] === 1) {
    scaleIn(yard, pod);
    return true;
  }
  const own = clusters.mayReturn[pod] === 1 ? findFinalPlace(yard, pod, zone, places) : -1;
  if (own < 0) {
    undo(yard, mark);
    return false;
  }
  movePod(yard, pod, own, cause.formerPrimary);
  switchOver(yard, pod);
  scaleIn(yard, temporary);
  return true;
}

/** Returns the pods on a node, in the order of their names; nearly so they stand in its list. */
export function podsOn(yard: Yard, node: number): number[] {
  const { head, next } = yard;
  let count = 0;
  for (let pod = head[node] ?? -1; pod >= 0; pod = next[pod] ?? -1) count += 1;
  // Made as long as it becomes: growing would copy it again and again.
  const pods = new Array<number>(count);
  let place = 0;
  for (let pod = head[node] ?? -1; pod >= 0; pod = next[pod] ?? -1) {
    pods[place] = pod;
    place += 1;
  }
  sortFew(pods, (a, b) => a - b);
  return pods;
}
