/**
 * What a plan comes to, as far as one is compared with what another surge would give.
 */
import { countInterruptions } from '../prove/judge-clusters.ts';
import type { Found } from '../search/found.ts';
import type { Survey } from '../survey/survey.ts';

export type Outcome = {
  /** Nodes refused for whatever reason. */
  readonly refused: readonly string[];
  /** Whether a node is refused for want of room. */
  readonly lacksRoom: boolean;
  /** Weighted, like the next. */
  readonly outages: number;
  readonly weightedSwitchovers: number;
  readonly switchovers: number;
  /** Pods that move twice. */
  readonly parked: number;
  /** Whether clusters pay more than each of them would have to alone. */
  readonly isAboveMinimum: boolean;
};

/** Returns the outcome of the plan found. */
export function outcomeOf({ clusters, nodes }: Survey, found: Found): Outcome {
  const { attempt, bounds, cost, refusals } = found;
  const { switchovers } = countInterruptions(attempt.yard);
  const least = bounds.ofCluster.reduce(
    (sum, count, cluster) => sum + count * (clusters.weight[cluster] ?? 1),
    0,
  );
  return {
    refused: nodes.all.filter((_, node) => found.refused.has(node)).map(({ name }) => name),
    lacksRoom: refusals.some(({ code }) => code === 'no-room'),
    outages: cost.outages,
    weightedSwitchovers: cost.switchovers,
    switchovers: switchovers.reduce((sum, count) => sum + count, 0),
    parked: attempt.yard.parked,
    isAboveMinimum: cost.outages > bounds.outages || cost.switchovers > least,
  };
}
