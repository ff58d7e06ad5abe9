/**
 * Pure: what a plan made in the middle of a run is made on: the fleet without the marks of that run, and a request for the nodes
 * that are left, with what is left of the surge.
 */
import type { Fleet, FleetNode } from '../planner/model.ts';
import type { DrainRequest } from '../planner/plan.ts';
import { FENCE_TAINT } from './marks.ts';

/** Surge of a zone that a request does not name: the contract's default. */
const surgeDefault = 1;

/** Returns true where the node carries the fence of this run. */
export function isFencedBy(node: FleetNode, runId: string): boolean {
  return node.taints.some(({ key, value }) => key === FENCE_TAINT && value === runId);
}

/** Returns the fleet as if this run had fenced nothing. Cordons stay: a node to be drained may have one. */
export function withoutFencesOf(fleet: Fleet, runId: string): Fleet {
  const nodes = fleet.nodes.map((node) =>
    isFencedBy(node, runId)
      ? { ...node, taints: node.taints.filter(({ key, value }) => key !== FENCE_TAINT || value !== runId) }
      : node,
  );
  return { ...fleet, nodes };
}

/** Returns the fleet without these nodes and all that stands on them: released ones only wait to be taken away. */
export function withoutNodes(fleet: Fleet, gone: ReadonlySet<string>): Fleet {
  if (gone.size === 0) {
    return fleet;
  }
  return {
    ...fleet,
    nodes: fleet.nodes.filter(({ name }) => !gone.has(name)),
    pods: fleet.pods.filter(({ node }) => node === undefined || !gone.has(node)),
  };
}

/** Returns how many live nodes each zone has. */
export function countLive(fleet: Fleet): ReadonlyMap<string, number> {
  const live = new Map<string, number>(fleet.zones.map((zone) => [zone, 0]));
  for (const { zone } of fleet.nodes) {
    live.set(zone, (live.get(zone) ?? 0) + 1);
  }
  return live;
}

/** What the run has found and done so far, by zone. */
export type Before = {
  /** Live nodes before the first act. */
  readonly liveByZone: ReadonlyMap<string, number>;
  /** Nodes that were asked for and may still come. */
  readonly awaited?: ReadonlyMap<string, number>;
  /** Nodes that came. */
  readonly brought?: ReadonlyMap<string, number>;
};

/**
 * Returns the request for `names` alone. Live nodes of a zone may never exceed those before the first act plus its surge: extra
 * nodes that are alive already, or may still come, count against it, and what is missing since may come back on top. New nodes are limited
 * for the whole run.
 */
export function requestForRest(
  request: DrainRequest,
  names: readonly string[],
  before: Before,
  fleet: Fleet,
): DrainRequest {
  const { surge = {}, limits } = request;
  const live = countLive(fleet);
  const extra = new Map<string, number>();
  for (const [zone, count] of live) {
    const now = count + (before.awaited?.get(zone) ?? 0);
    extra.set(zone, now - (before.liveByZone.get(zone) ?? 0));
  }
  const perZone: Record<string, number> = {};
  for (const [zone, count] of extra) {
    const allowed = surge.perZone?.[zone] ?? surge.default ?? surgeDefault;
    perZone[zone] = Math.max(0, allowed - count);
  }
  const total = restOfTotal(surge.total ?? null, [...extra.values()]);
  const rest = { ...request, nodes: { names }, surge: { ...surge, perZone, total } };
  const maxNewNodesPerZone = restOfNewNodes(limits?.maxNewNodesPerZone, before, [...live.keys()]);
  return maxNewNodesPerZone === undefined ? rest : { ...rest, limits: { ...limits, maxNewNodesPerZone } };
}

/** Undefined: there is no limit. */
function restOfNewNodes(
  most: NonNullable<DrainRequest['limits']>['maxNewNodesPerZone'],
  { awaited, brought }: Before,
  zones: readonly string[],
): Readonly<Record<string, number>> | undefined {
  if (most === undefined || most === null) {
    return undefined;
  }
  const byZone = typeof most === 'number' ? zones.map((zone) => [zone, most] as const) : Object.entries(most);
  return Object.fromEntries(
    byZone.map(([zone, count]) => {
      const had = (brought?.get(zone) ?? 0) + (awaited?.get(zone) ?? 0);
      return [zone, Math.max(0, count - had)];
    }),
  );
}

function restOfTotal(total: number | null, extra: readonly number[]): number | null {
  return total === null ? null : Math.max(0, total - extra.reduce((sum, count) => sum + count, 0));
}
