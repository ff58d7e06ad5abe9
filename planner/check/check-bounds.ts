/**
 * What no plan can do better, recounted from the fleet as it stands before the first step, without the planner's help.
 */

import { firstReleaseWeight } from './check-first-release.ts';
import { priceOf } from './check-prices.ts';
import type { Walk } from './check-state.ts';
import { wavesByCount, wavesByRoom } from './check-wave-bounds.ts';

/** Weighted, but for the waves. */
export type Bounds = {
  readonly outages: number;
  readonly switchovers: number;
  /** Costs one or the other; nobody can say which before the plan is carried out. */
  readonly either: number;
  /** What the first node to be given back costs on top, whichever it is; worked out only where the plan claims it. */
  readonly firstRelease: number;
  /** Whether the fleet is small enough for a bound that somebody has found by trying everything. */
  readonly triesAllOrders: boolean;
  readonly triesEverything: boolean;
  readonly wavesByCount: number;
  /** By count and room, for plans of the kind that the certificate names; worked out only where the plan claims it. */
  readonly wavesByRoom: number;
};

/** All orders of whole nodes have been tried by whoever says so: 2^24 sets of nodes are some seconds. */
const orderedNodesMax = 24;
/** Everything that pods may do has been tried by whoever says so. */
const searchedNodesMax = 8;
const searchedPodsMax = 24;

/** The bounds of the plan that is about to be walked. */
export function countBounds(walk: Walk): Bounds {
  const { switchovers, waves } = walk.plan.certificate;
  const sums = { switchover: 0, outage: 0, either: 0 };
  walk.clusters.forEach((cluster) => {
    const price = priceOf(walk, cluster);
    if (price !== undefined) sums[price] += walk.request.weightOf(cluster);
  });
  const emptied = walk.nodes.filter((node) => node.toBeEmptied);
  const { mustLeave } = walk.numbered.columns;
  let moves = 0;
  emptied.forEach(({ pods }) => {
    for (const pod of pods) moves += mustLeave[pod] ?? 0;
  });
  const byCount = wavesByCount(walk, emptied);
  const parksFew = waves.because === 'room-with-few-parked';
  return {
    outages: sums.outage,
    switchovers: sums.switchover,
    either: sums.either,
    firstRelease: switchovers.bound > sums.switchover + sums.either ? firstReleaseWeight(walk, emptied) : 0,
    triesAllOrders: walk.request.wholeNodes && emptied.length <= orderedNodesMax,
    triesEverything: emptied.length <= searchedNodesMax && moves <= searchedPodsMax,
    wavesByCount: byCount,
    wavesByRoom: waves.bound > byCount ? wavesByRoom(walk, emptied, moves, parksFew) : byCount,
  };
}
