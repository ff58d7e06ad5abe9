/**
 * What the old nodes of a zone offer while the zone has no new one, or a single one: who may stand there at all, and free room.
 */
import { isAttachLimit } from '../survey/resources.ts';
import { mayPark, origin, type Yard } from '../yard/yard.ts';
import { podsHeldBySpread } from './held-by-spread.ts';
import { isHeldInZone } from './zone-loads.ts';

export type ZoneGround = {
  /** Nodes by kind that may take pods: kept ones, and those to be drained where pods may be parked. */
  readonly holes: Map<number, number>;
  /** What they have free together, by resource; what stands on the latter and need not stay in the zone counts as free. */
  readonly free: Float64Array;
  /** Pods without a volume that stay in their zone all the same. */
  readonly heldBySpread: ReadonlySet<number>;
};

/** Returns the grounds by zone; `yard` is the state at the start. */
export function surveyGrounds(yard: Yard): readonly ZoneGround[] {
  const { fleet, nodes, width } = yard.survey;
  const heldBySpread = podsHeldBySpread(yard);
  const grounds = fleet.zones.map(() => ({
    holes: new Map<number, number>(),
    free: new Float64Array(width),
    heldBySpread,
  }));
  for (let node = 0; node < nodes.all.length; node += 1) {
    const ground = grounds[yard.zone[node] ?? -1];
    if (ground !== undefined && isHole(yard, node)) count(yard, node, ground);
  }
  return grounds;
}

/** Whether what a node's pods need could be free on the other old nodes of its zone, and each of them may stand on one at all. */
export function canEmptyIntoHoles(yard: Yard, ground: ZoneGround, node: number): boolean {
  const { resources, width, pods, asks } = yard.survey;
  const wanted = new Float64Array(width);
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    if (!isHeldInZone(yard, pod) && !ground.heldBySpread.has(pod)) continue;
    if (!mayStandBeside(yard, ground, pod, node)) return false;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1) wanted[r] = (wanted[r] ?? 0) + (asks[ask + r] ?? 0);
  }
  const own = { ...ground, holes: new Map<number, number>(), free: new Float64Array(width) };
  if (isHole(yard, node)) count(yard, node, own);
  return resources.every(
    (name, r) => isAttachLimit(name) || (wanted[r] ?? 0) <= (ground.free[r] ?? 0) - (own.free[r] ?? 0),
  );
}

/** Whether a pod may stand on some old node of the zone other than `node`, whatever else is there. */
export function mayStandBeside(yard: Yard, { holes }: ZoneGround, pod: number, node: number): boolean {
  const { kinds, pods } = yard.survey;
  const rule = pods.rule[pod] ?? 0;
  const own = isHole(yard, node) ? (yard.kind[node] ?? -1) : -1;
  for (const [kind, count] of holes) if (count > Number(kind === own) && kinds.fits(rule, kind)) return true;
  return false;
}

function isHole(yard: Yard, node: number): boolean {
  return yard.origin[node] === origin.kept || (yard.origin[node] === origin.drained && mayPark(yard));
}

function count(yard: Yard, node: number, { holes, free, heldBySpread }: ZoneGround): void {
  const { width, pods, asks } = yard.survey;
  const kind = yard.kind[node] ?? 0;
  holes.set(kind, (holes.get(kind) ?? 0) + 1);
  for (let r = 0; r < width; r += 1) free[r] = (free[r] ?? 0) + Math.max(0, yard.free[node * width + r] ?? 0);
  if (yard.origin[node] !== origin.drained) return;
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1) {
    if (pods.stays[pod] === 1 || isHeldInZone(yard, pod) || heldBySpread.has(pod)) continue;
    const ask = (pods.ask[pod] ?? 0) * width;
    for (let r = 0; r < width; r += 1) free[r] = (free[r] ?? 0) + (asks[ask + r] ?? 0);
  }
}
