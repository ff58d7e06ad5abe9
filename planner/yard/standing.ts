/**
 * Pods on nodes, and what they leave free: the bookkeeping under every act.
 */
import { countPod } from './crowds.ts';
import type { Yard } from './yard.ts';

/** Counts a kept or added node among those where pods may stand for good. */
export function enlistFinal(yard: Yard, node: number): void {
  const zone = yard.zone[node] ?? 0;
  yard.finalFree[zone] = (yard.finalFree[zone] ?? 0) + scarceFree(yard, node);
  yard.finalPlace[node] = (yard.finals[zone] ?? []).push(node) - 1;
  settleFinal(yard, node);
}

/** Takes back that a node was counted so. */
export function dropFinal(yard: Yard, node: number): void {
  const zone = yard.zone[node] ?? 0;
  const finals = yard.finals[zone] ?? [];
  yard.finalFree[zone] = (yard.finalFree[zone] ?? 0) - scarceFree(yard, node);
  for (let place = yard.finalPlace[node] ?? 0; place + 1 < finals.length; place += 1)
    standAt(yard, finals, place, finals[place + 1] ?? -1);
  finals.pop();
  yard.finalPlace[node] = -1;
}

/** Returns what a node has free of the scarcest resource of its zone. */
export function scarceFree(yard: Yard, node: number): number {
  return yard.free[node * yard.survey.width + scarceOn(yard, node)] ?? 0;
}

/** Moves a node to its place among the final ones when its room has changed: it passes only those with as much room. */
function settleFinal(yard: Yard, node: number): void {
  const finals = yard.finals[yard.zone[node] ?? 0] ?? [];
  const free = scarceFree(yard, node);
  let place = yard.finalPlace[node] ?? 0;
  for (; place > 0; place -= 1) {
    const before = finals[place - 1] ?? -1;
    const room = scarceFree(yard, before);
    if (room < free || (room === free && before < node)) break;
    standAt(yard, finals, place, before);
  }
  for (; place + 1 < finals.length; place += 1) {
    const after = finals[place + 1] ?? -1;
    const room = scarceFree(yard, after);
    if (room > free || (room === free && after > node)) break;
    standAt(yard, finals, place, after);
  }
  standAt(yard, finals, place, node);
}

function standAt(yard: Yard, finals: number[], place: number, node: number): void {
  finals[place] = node;
  yard.finalPlace[node] = place;
}

/** Puts a pod that stands nowhere onto a node. */
export function put(yard: Yard, pod: number, node: number): void {
  const { survey, free, head, next, previous } = yard;
  const { width, asks, pods } = survey;
  const ask = (pods.ask[pod] ?? 0) * width;
  for (let r = 0; r < width; r += 1)
    free[node * width + r] = (free[node * width + r] ?? 0) - (asks[ask + r] ?? 0);
  countFree(yard, node, -(asks[ask + scarceOn(yard, node)] ?? 0));
  const first = head[node] ?? -1;
  next[pod] = first;
  previous[pod] = -1;
  if (first >= 0) previous[first] = pod;
  head[node] = pod;
  yard.at[pod] = node;
  countPod(yard, pod, node, 1);
  if (pods.stays[pod] !== 1) yard.leaving[node] = (yard.leaving[node] ?? 0) + 1;
}

/** Takes a pod off its node, if it stands on one. */
export function take(yard: Yard, pod: number): void {
  const { survey, free, head, next, previous } = yard;
  const { width, asks, pods } = survey;
  const node = yard.at[pod] ?? -1;
  if (node < 0) return;
  const ask = (pods.ask[pod] ?? 0) * width;
  for (let r = 0; r < width; r += 1)
    free[node * width + r] = (free[node * width + r] ?? 0) + (asks[ask + r] ?? 0);
  countFree(yard, node, asks[ask + scarceOn(yard, node)] ?? 0);
  const before = previous[pod] ?? -1;
  const after = next[pod] ?? -1;
  if (before >= 0) next[before] = after;
  else head[node] = after;
  if (after >= 0) previous[after] = before;
  yard.at[pod] = -1;
  countPod(yard, pod, node, -1);
  if (pods.stays[pod] !== 1) yard.leaving[node] = (yard.leaving[node] ?? 0) - 1;
}

function scarceOn(yard: Yard, node: number): number {
  return yard.survey.scarce[yard.zone[node] ?? 0] ?? 0;
}

/** While the fleet is laid out no node is counted yet. */
function countFree(yard: Yard, node: number, change: number): void {
  if (change === 0 || (yard.finalPlace[node] ?? -1) < 0) return;
  const zone = yard.zone[node] ?? 0;
  yard.finalFree[zone] = (yard.finalFree[zone] ?? 0) + change;
  settleFinal(yard, node);
}
