/** One way of replacing nodes, played on a world of its own. */

import type { World } from '../world/world.ts';
export type StrategyResult = {
  readonly strategy: string;
  /** False: it came to no end; `stuck` then says where. */
  readonly finished: boolean;
  readonly stuck?: string;
  /** Changes of primary per cluster, by key; clusters without one are listed with 0. */
  readonly roleChanges: Readonly<Record<string, number>>;
  readonly switchovers: number;
  readonly failovers: number;
  readonly outages: number;
  readonly evictions: number;
  /** Virtual seconds from start to end. */
  readonly seconds: number;
  readonly violations: readonly { readonly code: string; readonly subject: string }[];
};

/** Returns what the world remembers of the strategy that was played on it since `startMs`. */
export function summarize(
  world: World,
  played: { readonly strategy: string; readonly startMs: number; readonly stuck: string | undefined },
): StrategyResult {
  const counts = new Map([...world.clusters.keys()].sort().map((key) => [key, 0]));
  for (const change of world.roleChanges) counts.set(change.cluster, (counts.get(change.cluster) ?? 0) + 1);
  const failovers = world.roleChanges.filter((change) => change.kind === 'failover').length;
  return {
    strategy: played.strategy,
    finished: played.stuck === undefined,
    ...(played.stuck === undefined ? {} : { stuck: played.stuck }),
    roleChanges: Object.fromEntries(counts),
    switchovers: world.roleChanges.length - failovers,
    failovers,
    outages: world.outages.length,
    evictions: world.evictions.length,
    seconds: Math.round((world.nowMs() - played.startMs) / 1000),
    violations: world.violations.map(({ code, subject }) => ({ code, subject })),
  };
}
