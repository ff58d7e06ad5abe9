import { act, cause, logWidth } from '../yard/acts.ts';
import type { Attempt } from './attempt.ts';

/** What an attempt costs; outages and switchovers are weighted. */
export type Cost = {
  readonly stuck: number;
  readonly outages: number;
  readonly switchovers: number;
  readonly waves: number;
  readonly moves: number;
};

/** Returns what an attempt costs. */
export function costOf({ yard, stuck }: Attempt): Cost {
  const { clusters, pods } = yard.survey;
  const cost = { stuck: stuck.length, outages: 0, switchovers: 0, waves: 0, moves: 0 };
  const { log } = yard;
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    const subject = log[entry + 1] ?? 0;
    const kind = log[entry];
    if (kind === act.wave) cost.waves += 1;
    if (kind === act.switchover) cost.switchovers += clusters.weight[subject] ?? 1;
    if (kind !== act.move) continue;
    cost.moves += 1;
    if (log[entry + 4] === cause.nobodyCanSucceed)
      cost.outages += clusters.weight[pods.cluster[subject] ?? -1] ?? 1;
  }
  return cost;
}

/** Negative where `a` is cheaper: interruptions first, then waves, then moves. */
export function compareCosts(a: Cost, b: Cost): number {
  return (
    a.stuck - b.stuck ||
    a.outages - b.outages ||
    a.switchovers - b.switchovers ||
    a.waves - b.waves ||
    a.moves - b.moves
  );
}
