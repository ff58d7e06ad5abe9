/**
 * Pods on nodes, and what they leave free: the bookkeeping under every act.
 */
import { origin, type Yard } from './yard.ts';

/** Counts a kept or added node among those where pods may stand for good, or takes back that it was the last counted. */
export function enlistFinal(yard: Yard, node: number, sign: 1 | -1): void {
  const zone = yard.zone[node] ?? 0;
  const { scarce, width } = yard.survey;
  const free = yard.free[node * width + (scarce[zone] ?? 0)] ?? 0;
  yard.finalFree[zone] = (yard.finalFree[zone] ?? 0) + sign * free;
  if (sign > 0) yard.finals[zone]?.push(node);
  else yard.finals[zone]?.pop();
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
  if (pods.stays[pod] !== 1) yard.leaving[node] = (yard.leaving[node] ?? 0) - 1;
}

function scarceOn(yard: Yard, node: number): number {
  return yard.survey.scarce[yard.zone[node] ?? 0] ?? 0;
}

function countFree(yard: Yard, node: number, change: number): void {
  const from = yard.origin[node];
  if (from !== origin.kept && from !== origin.added) return;
  const zone = yard.zone[node] ?? 0;
  yard.finalFree[zone] = (yard.finalFree[zone] ?? 0) + change;
}
