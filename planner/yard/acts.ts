/**
 * The acts a plan is made of. Each changes the yard and enters itself in the log, so that it can be taken back.
 */
import { countNode } from './reach.ts';
import { nextSyncStandby, recount } from './roles.ts';
import { dropFinal, enlistFinal, put, take } from './standing.ts';
import { isFinal, origin, type Yard } from './yard.ts';

export const logWidth = 6;
export const act = {
  move: 1,
  switchover: 2,
  add: 3,
  /** A node is empty. */
  empty: 4,
  /** It is given back. */
  release: 5,
  scaleOut: 6,
  scaleIn: 7,
  /** The next wave begins. */
  wave: 8,
} as const;

/** Why a pod moves, as numbers for the log. */
export const cause = {
  replicaFirst: 0,
  offTheNode: 1,
  formerPrimary: 2,
  otherPod: 3,
  parked: 4,
  nobodyCanSucceed: 5,
} as const;

/** Moves a pod to a node. */
export function movePod(yard: Yard, pod: number, to: number, why: number): void {
  const from = yard.at[pod] ?? -1;
  const cluster = yard.survey.pods.cluster[pod] ?? -1;
  enter(yard, act.move, pod, from, to, why, cluster < 0 ? -1 : (yard.syncNow[cluster] ?? -1));
  take(yard, pod);
  put(yard, pod, to);
  yard.moves[pod] = (yard.moves[pod] ?? 0) + 1;
  if (isParking(yard, to)) yard.parked += 1;
  if (cluster < 0) return;
  if (yard.survey.clusters.sync[cluster] === 1 && yard.syncNow[cluster] === pod)
    yard.syncNow[cluster] = nextSyncStandby(yard, cluster, pod);
  recount(yard, cluster);
}

/** Whether whoever moves to this node is parked there; of a primary that nobody can succeed the cause is its outage. */
export function isParking(yard: Yard, to: number): boolean {
  return yard.origin[to] === origin.drained;
}

/** Hands the role of primary to another member. */
export function switchOver(yard: Yard, to: number): void {
  const cluster = yard.survey.pods.cluster[to] ?? -1;
  const from = yard.primary[cluster] ?? -1;
  enter(yard, act.switchover, cluster, from, to, 0, yard.syncNow[cluster] ?? -1);
  yard.primary[cluster] = to;
  if (from >= 0) yard.former[from] = (yard.former[from] ?? 0) + 1;
  countLed(yard, to, 1);
  if (yard.survey.clusters.sync[cluster] === 1) yard.syncNow[cluster] = nextSyncStandby(yard, cluster, to);
  recount(yard, cluster);
}

function countLed(yard: Yard, pod: number, change: 1 | -1): void {
  const node = yard.at[pod] ?? -1;
  const zone = yard.zone[node] ?? 0;
  if (isFinal(yard, node)) yard.ledIn[zone] = (yard.ledIn[zone] ?? 0) + change;
}

/** Adds a node of a size in place of one that is drained, and returns it. */
export function addNode(yard: Yard, size: number, replaced: number): number {
  const { sizes, width } = yard.survey;
  const node = yard.nodeCount;
  const zone = sizes.zone[size] ?? 0;
  yard.nodeCount += 1;
  yard.origin[node] = origin.added;
  yard.live[node] = 1;
  yard.zone[node] = zone;
  yard.kind[node] = sizes.kind[size] ?? 0;
  yard.size[node] = size;
  yard.replaces[node] = replaced;
  yard.replacedBy[replaced] = (yard.replacedBy[replaced] ?? 0) + 1;
  for (let r = 0; r < width; r += 1) yard.free[node * width + r] = sizes.room[size * width + r] ?? 0;
  yard.addedIn[zone] = (yard.addedIn[zone] ?? 0) + 1;
  yard.liveIn[zone] = (yard.liveIn[zone] ?? 0) + 1;
  enlistFinal(yard, node);
  yard.topologies.enter(node, size);
  countNode(yard.reaches, node, 1);
  enter(yard, act.add, node, replaced, size, 0, 0);
  return node;
}

/** Closes an empty node: nothing is put there any more, and it is given back when its wave ends. */
export function markEmptied(yard: Yard, node: number): void {
  yard.emptied[node] = 1;
  enter(yard, act.empty, node, 0, 0, 0, 0);
}

/** Gives an emptied node back; it stops counting against surge. */
export function releaseNode(yard: Yard, node: number): void {
  yard.live[node] = 0;
  const zone = yard.zone[node] ?? 0;
  yard.liveIn[zone] = (yard.liveIn[zone] ?? 0) - 1;
  countNode(yard.reaches, node, -1);
  enter(yard, act.release, node, 0, 0, 0, 0);
}

/** Brings a cluster's temporary member onto a node. */
export function scaleOut(yard: Yard, cluster: number, onto: number): void {
  const pod = yard.survey.clusters.temporary[cluster] ?? -1;
  enter(yard, act.scaleOut, pod, -1, onto, 0, cluster);
  put(yard, pod, onto);
  recount(yard, cluster);
}

/** Takes a member away for good. */
export function scaleIn(yard: Yard, pod: number): void {
  const cluster = yard.survey.pods.cluster[pod] ?? -1;
  enter(yard, act.scaleIn, pod, yard.at[pod] ?? -1, -1, 0, cluster);
  take(yard, pod);
  recount(yard, cluster);
}

/** Marks the beginning of a wave. */
export function beginWave(yard: Yard): void {
  enter(yard, act.wave, 0, 0, 0, 0, 0);
}

/** Does again every act of a log from `mark` on; the yard stands as it did there. */
export function redo(yard: Yard, log: Int32Array, mark: number): void {
  for (let entry = mark; entry < log.length; entry += logWidth) redoOne(yard, log, entry);
}

/** Does again the act of one entry, on a yard of the same survey on which all acts before it have happened. */
export function redoOne(yard: Yard, log: Int32Array, entry: number): void {
  const subject = log[entry + 1] ?? 0;
  const from = log[entry + 2] ?? 0;
  const to = log[entry + 3] ?? 0;
  switch (log[entry]) {
    case act.move:
      movePod(yard, subject, to, log[entry + 4] ?? 0);
      break;
    case act.switchover:
      switchOver(yard, to);
      break;
    case act.add:
      addNode(yard, to, from);
      break;
    case act.empty:
      markEmptied(yard, subject);
      break;
    case act.release:
      releaseNode(yard, subject);
      break;
    case act.scaleOut:
      scaleOut(yard, log[entry + 5] ?? 0, to);
      break;
    case act.scaleIn:
      scaleIn(yard, subject);
      break;
    case act.wave:
      beginWave(yard);
      break;
  }
}

/** Takes back every act after `mark`, which is an earlier `logEnd`. */
export function undo(yard: Yard, mark: number): void {
  while (yard.logEnd > mark) {
    yard.logEnd -= logWidth;
    undoOne(yard, yard.logEnd);
  }
}

function undoOne(yard: Yard, entry: number): void {
  const { log } = yard;
  const subject = log[entry + 1] ?? 0;
  const from = log[entry + 2] ?? 0;
  const before = log[entry + 5] ?? 0;
  switch (log[entry]) {
    case act.move: {
      take(yard, subject);
      put(yard, subject, from);
      yard.moves[subject] = (yard.moves[subject] ?? 0) - 1;
      if (isParking(yard, log[entry + 3] ?? -1)) yard.parked -= 1;
      const cluster = yard.survey.pods.cluster[subject] ?? -1;
      if (cluster < 0) return;
      yard.syncNow[cluster] = before;
      recount(yard, cluster);
      return;
    }
    case act.switchover:
      yard.primary[subject] = from;
      yard.syncNow[subject] = before;
      if (from >= 0) yard.former[from] = (yard.former[from] ?? 0) - 1;
      countLed(yard, log[entry + 3] ?? -1, -1);
      recount(yard, subject);
      return;
    case act.add:
      removeLastNode(yard, subject, from);
      return;
    case act.empty:
      yard.emptied[subject] = 0;
      return;
    case act.release: {
      const zone = yard.zone[subject] ?? 0;
      yard.live[subject] = 1;
      yard.liveIn[zone] = (yard.liveIn[zone] ?? 0) + 1;
      countNode(yard.reaches, subject, 1);
      return;
    }
    case act.scaleOut:
      take(yard, subject);
      recount(yard, before);
      return;
    case act.scaleIn:
      put(yard, subject, from);
      recount(yard, before);
      return;
  }
}

function removeLastNode(yard: Yard, node: number, replaced: number): void {
  const zone = yard.zone[node] ?? 0;
  yard.nodeCount -= 1;
  yard.live[node] = 0;
  yard.size[node] = -1;
  yard.replacedBy[replaced] = (yard.replacedBy[replaced] ?? 0) - 1;
  yard.addedIn[zone] = (yard.addedIn[zone] ?? 0) - 1;
  yard.liveIn[zone] = (yard.liveIn[zone] ?? 0) - 1;
  countNode(yard.reaches, node, -1);
  dropFinal(yard, node);
}

function enter(
  yard: Yard,
  kind: number,
  subject: number,
  from: number,
  to: number,
  code: number,
  before: number,
): void {
  if (yard.logEnd + logWidth > yard.log.length) {
    const longer = new Int32Array(yard.log.length * 2);
    longer.set(yard.log);
    yard.log = longer;
  }
  const { log, logEnd } = yard;
  log[logEnd] = kind;
  log[logEnd + 1] = subject;
  log[logEnd + 2] = from;
  log[logEnd + 3] = to;
  log[logEnd + 4] = code;
  log[logEnd + 5] = before;
  yard.logEnd += logWidth;
  yard.entered += 1;
}
