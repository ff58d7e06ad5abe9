/**
 * Why a node is refused for want of room, where that can be shown in one line: its zone cannot hold what would have to leave, or one
 * of its pods finds no hole even when all else is done.
 */
import type { Facts, Refusal } from '../plan.ts';
import { isHeldInZone } from '../prove/zone-loads.ts';
import type { Survey } from '../survey/survey.ts';
import { openYard } from '../yard/open-yard.ts';
import { addable, isFinal, origin, type Yard } from '../yard/yard.ts';

/** What is bound to a zone and leaves its node, against what may hold it at the end; by resource. */
type ZoneBalance = {
  readonly load: Float64Array;
  readonly open: Float64Array;
  readonly largestReplacement: Float64Array;
  readonly drained: number;
};

/**
 * Returns the refusals, with facts that show the want of room where it can be shown simply: `resource` with `load` and `room`, or
 * with `largestPod`, `asks` and `free`. `end` is the state after the plan.
 */
export function showNoRoom(refusals: readonly Refusal[], end: Yard): readonly Refusal[] {
  if (!refusals.some(({ code }) => code === 'no-room')) return refusals;
  const { survey } = end;
  const refused = survey.nodes.all.flatMap((_, node) => (end.origin[node] === origin.refused ? [node] : []));
  const start = openYard(survey, new Set(refused));
  const balances = survey.fleet.zones.map((_, zone) => balanceOf(start, zone));
  return refusals.map((refusal) => {
    const node = survey.nodes.named.get(refusal.node) ?? -1;
    const balance = balances[start.zone[node] ?? -1];
    if (refusal.code !== 'no-room' || balance === undefined) return refusal;
    const why = zoneTooFull(start, node, balance) ?? podWithoutHole(end, node);
    return why === undefined ? refusal : { ...refusal, facts: { ...refusal.facts, ...why } };
  });
}

function balanceOf(start: Yard, zone: number): ZoneBalance {
  const { width, sizes } = start.survey;
  const load = new Float64Array(width);
  const open = new Float64Array(width);
  const largestReplacement = new Float64Array(width);
  let drained = 0;
  for (let node = 0; node < start.nodeCount; node += 1) {
    if (start.zone[node] !== zone) continue;
    if (isFinal(start, node)) addFree(start, node, open);
    else {
      drained += 1;
      addLoad(start, node, load);
    }
  }
  for (let size = 0; size < sizes.count; size += 1)
    for (let r = 0; r < width; r += 1)
      if (sizes.zone[size] === zone)
        largestReplacement[r] = Math.max(largestReplacement[r] ?? 0, sizes.room[size * width + r] ?? 0);
  return { load, open, largestReplacement, drained };
}

function addFree({ survey, free }: Yard, node: number, sum: Float64Array): void {
  for (let r = 0; r < survey.width; r += 1)
    sum[r] = (sum[r] ?? 0) + Math.max(0, free[node * survey.width + r] ?? 0);
}

function addLoad(yard: Yard, node: number, sum: Float64Array): void {
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    if (!isHeldInZone(yard, pod)) continue;
    for (let r = 0; r < yard.survey.width; r += 1) sum[r] = (sum[r] ?? 0) + askOf(yard.survey, pod, r);
  }
}

function askOf({ pods, asks, width }: Survey, pod: number, resource: number): number {
  return asks[(pods.ask[pod] ?? 0) * width + resource] ?? 0;
}

/**
 * When this node and all others are empty, no more replacements stand than were given back and surge allows; even if each were of
 * the largest size, and loads could be cut to fit, they and what other nodes have free do not hold what had to leave.
 */
function zoneTooFull(start: Yard, node: number, balance: ZoneBalance): Facts | undefined {
  const { resources, request, fleet, width } = start.survey;
  const zone = fleet.zones[start.zone[node] ?? 0] ?? '';
  const surge = Math.min(request.surge[zone] ?? 0, request.surgeTotal ?? Number.POSITIVE_INFINITY);
  const most = request.limits.maxNewNodesPerZone?.[zone] ?? Number.POSITIVE_INFINITY;
  const replacements = Math.min(most, balance.drained + 1 + surge);
  const own = new Float64Array(width);
  const itsFree = new Float64Array(width);
  addLoad(start, node, own);
  addFree(start, node, itsFree);
  for (let r = 0; r < width; r += 1) {
    const load = (balance.load[r] ?? 0) + (own[r] ?? 0);
    const kept = (balance.open[r] ?? 0) - (itsFree[r] ?? 0);
    const room = kept + replacements * (balance.largestReplacement[r] ?? 0);
    if (load > room) return { resource: resources[r] ?? '', load, room };
  }
  return undefined;
}

/** The largest pod of the node that no other node of its zone has room for when all else is done and no extra node may come. */
function podWithoutHole(end: Yard, node: number): Facts | undefined {
  const { survey } = end;
  if (addable(end, end.zone[node] ?? 0) > 0) return undefined;
  for (let r = 0; r < survey.width; r += 1) {
    let largest = -1;
    for (let pod = end.head[node] ?? -1; pod >= 0; pod = end.next[pod] ?? -1)
      if (isHeldInZone(end, pod) && (largest < 0 || askOf(survey, pod, r) > askOf(survey, largest, r)))
        largest = pod;
    const free = largestHole(end, node, r);
    const asks = largest < 0 ? 0 : askOf(survey, largest, r);
    if (asks > free)
      return {
        resource: survey.resources[r] ?? '',
        largestPod: survey.pods.all[largest]?.key ?? '',
        asks,
        free,
      };
  }
  return undefined;
}

function largestHole({ survey, live, zone, free, nodeCount }: Yard, node: number, resource: number): number {
  let hole = 0;
  for (let other = 0; other < nodeCount; other += 1)
    if (other !== node && live[other] === 1 && zone[other] === zone[node])
      hole = Math.max(hole, free[other * survey.width + resource] ?? 0);
  return hole;
}
