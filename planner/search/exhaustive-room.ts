/**
 * A quick no for states from which no order leads to the end: what has to be final yet asks for more than final nodes have left and
 * quotas can ever bring. Without it a search tries every order of parking before it says so.
 */
import { extraIn, type Yard } from '../yard/yard.ts';
import { isToLeave, mayComeYet, relievesOn } from './exhaustive-acts.ts';
import type { Scope } from './exhaustive-scope.ts';

/** More sums than that tell no more than the room itself does. */
const sumsMax = 256;

/** Returns whether room is certainly too little; to be asked again whenever a pod has found its final place. */
export function openRooms(yard: Yard, scope: Scope): () => boolean {
  const { fleet, pods, mayBeIn } = yard.survey;
  const zones = fleet.zones.map((_, zone) => zone);
  const held = new Map(
    scope.movers.map((pod) => {
      const [only = -1, ...others] = zones.filter((zone) => mayBeIn(pods.rule[pod] ?? 0, zone));
      const isHeld = others.length === 0 && yard.zone[yard.at[pod] ?? -1] === only;
      return [pod, isHeld && !mayBeRelieved(yard, pod) ? only : -1];
    }),
  );
  const fillings = openFillings(yard);
  const everywhere = [...held.values()].every((zone) => zone >= 0);
  return () => {
    const lacks = (zone: number) =>
      lacksRoom(
        yard,
        scope,
        fillings,
        scope.movers.filter((pod) => held.get(pod) === zone && isToLeave(yard, pod)),
        (other) => (other === zone ? bringable(yard, scope, zone, 1) : 0),
        (other) => other === zone,
      );
    if (zones.some(lacks)) return true;
    if (everywhere) return false;
    const all = scope.movers.filter((pod) => isToLeave(yard, pod));
    return lacksRoom(
      yard,
      scope,
      fillings,
      all,
      (zone) => bringable(yard, scope, zone, 0),
      () => true,
    );
  };
}

/** A primary that a temporary member may relieve leaves no load in its zone. */
function mayBeRelieved(yard: Yard, pod: number): boolean {
  const cluster = yard.survey.pods.cluster[pod] ?? -1;
  return cluster >= 0 && (mayComeYet(yard, cluster) || yard.survey.clusters.temporary[cluster] === pod);
}

/**
 * Replacements that the quotas of a zone can bring at most from now on: as many as now, and one for each node given back. For pods
 * of the zone itself `staying` is one: the node that the last of them leaves is still there when their last replacement comes.
 */
function bringable(yard: Yard, { drained }: Scope, zone: number, staying: 0 | 1): number {
  const { request, fleet } = yard.survey;
  const name = fleet.zones[zone] ?? '';
  const surge = Math.min(request.surge[name] ?? 0, request.surgeTotal ?? Number.POSITIVE_INFINITY);
  const live = drained.filter((node) => yard.zone[node] === zone && yard.live[node] === 1).length;
  const most = request.limits.maxNewNodesPerZone?.[name] ?? Number.POSITIVE_INFINITY;
  return Math.max(
    0,
    Math.min(surge - extraIn(yard, zone) + live - staying, most - (yard.addedIn[zone] ?? 0)),
  );
}

function lacksRoom(
  yard: Yard,
  scope: Scope,
  fillings: (pods: readonly number[], r: number) => Filling,
  pods: readonly number[],
  bring: (zone: number) => number,
  isCounted: (zone: number) => boolean,
): boolean {
  if (pods.length === 0) return false;
  const { survey } = yard;
  const { width, asks } = survey;
  const { sizes, resources } = scope;
  return resources.some((r) => {
    const fill = fillings(pods, r);
    let lacking = pods.reduce((sum, pod) => sum + (asks[(survey.pods.ask[pod] ?? 0) * width + r] ?? 0), 0);
    yard.finals.forEach((nodes, zone) => {
      if (!isCounted(zone)) return;
      for (const node of nodes)
        lacking -= fill((yard.free[node * width + r] ?? 0) + heldForATime(yard, scope, node, r));
      const own = sizes.filter((size) => survey.sizes.zone[size] === zone);
      const largest = Math.max(0, ...own.map((size) => survey.sizes.room[size * width + r] ?? 0));
      lacking -= bring(zone) * fill(largest);
    });
    return lacking > 0;
  });
}

/** What temporary members take up that make room again once those they relieve have come back. */
function heldForATime(yard: Yard, { clusters }: Scope, node: number, r: number): number {
  const { asks, width, pods, clusters: table } = yard.survey;
  let held = 0;
  for (const cluster of clusters)
    if (relievesOn(yard, cluster, node))
      held += asks[(pods.ask[table.temporary[cluster] ?? -1] ?? 0) * width + r] ?? 0;
  return held;
}

/** How much of some room whole pods can fill, at most. */
type Filling = (room: number) => number;

/** Fillings by the pods that ask and the resource: the same pods are left in many states. */
function openFillings(yard: Yard): (pods: readonly number[], r: number) => Filling {
  const { asks, width, pods: table } = yard.survey;
  const known = new Map<string, Filling>();
  return (pods, r) => {
    const key = `${r}:${pods.join()}`;
    const filling =
      known.get(key) ?? fillingOf(pods.map((pod) => asks[(table.ask[pod] ?? 0) * width + r] ?? 0));
    known.set(key, filling);
    return filling;
  };
}

function fillingOf(wanted: readonly number[]): Filling {
  let sums = new Set([0]);
  for (const each of wanted) {
    if (sums.size > sumsMax) return (room) => Math.max(0, room);
    sums = new Set([...sums, ...[...sums].map((sum) => sum + each)]);
  }
  const ascending = Float64Array.from(sums).sort();
  return (room) => {
    let most = 0;
    for (const sum of ascending) {
      if (sum > room) break;
      most = sum;
    }
    return most;
  };
}
