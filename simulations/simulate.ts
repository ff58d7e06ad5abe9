/** What-if: strategies side by side on a fleet, each on a world of its own that begins the same, in virtual time. */

import type { DrainRequest } from '../planner/plan.ts';
import type { OwnLabels } from '../planner/read/member-presets.ts';
import { playKubectlDrain } from './strategies/kubectl-drain.ts';
import { playNaive } from './strategies/naive.ts';
import { playPlanned } from './strategies/planned.ts';
import { nodesOf } from './strategies/rotation.ts';
import type { StrategyResult } from './strategies/strategy.ts';
import { createWorld } from './world/create-world.ts';
import { type Durations, rehearsedSpread } from './world/durations.ts';
import type { World } from './world/world.ts';

export const strategyNames = ['planned', 'naive', 'kubectl-drain'] as const;
export type StrategyName = (typeof strategyNames)[number];

const strategies: Readonly<
  Record<StrategyName, (world: World, options: SimulationOptions) => StrategyResult | Promise<StrategyResult>>
> = {
  planned: (world, { request }) => playPlanned(world, request),
  naive: (world, { request, nodes }) => playNaive(world, nodes ?? nodesOf(world, request)),
  'kubectl-drain': (world, { request, nodes }) => playKubectlDrain(world, nodes ?? nodesOf(world, request)),
};

export type SimulationOptions = {
  /** A dump: objects or Lists as kubectl prints them. */
  readonly objects: readonly unknown[];
  readonly request: DrainRequest;
  /** What other strategies than the planned one replace: the nodes that the plan does not refuse. Default: all of the request. */
  readonly nodes?: readonly string[];
  /** Default: planned and naive. */
  readonly strategies?: readonly StrategyName[];
  /** First seed; each further run takes the next one. Default 1. */
  readonly seed?: number;
  /** Default 1. */
  readonly runs?: number;
  readonly durations?: Partial<Durations>;
  /** Labels of members that no default preset describes. */
  readonly ownLabels?: OwnLabels | undefined;
};

export type SimulationResult = StrategyResult & { readonly seed: number };

/** Above this many pods positions are published at changes only: loops of hundreds of clusters cost more than they show. */
const HEARTBEAT_PODS_MAX = 200;

/** Returns one result for each strategy and seed, in the order asked for. Same options, same results. */
export async function simulate(options: SimulationOptions): Promise<readonly SimulationResult[]> {
  const results: SimulationResult[] = [];
  const firstSeed = options.seed ?? 1;
  for (const strategy of options.strategies ?? (['planned', 'naive'] as const)) {
    for (let seed = firstSeed; seed < firstSeed + (options.runs ?? 1); seed += 1) {
      const world = openWorld(options, seed);
      results.push({ ...(await strategies[strategy](world, options)), seed });
    }
  }
  return results;
}

/** Returns the world in which a rehearsal with this seed begins: the dump, settled. */
export function openWorld(
  options: Pick<SimulationOptions, 'objects' | 'request' | 'durations' | 'ownLabels'>,
  seed: number,
): World {
  const common = {
    objects: options.objects,
    ownLabels: options.ownLabels,
    seed,
    durations: { spread: rehearsedSpread, ...options.durations },
    newNodeSize: (zone: string) => replacementSize(options.request, zone),
  };
  const world = createWorld({ ...common, heartbeats: countPods(options.objects) <= HEARTBEAT_PODS_MAX });
  // The controllers of a freshly loaded fleet settle first.
  world.advanceTo(world.nowMs() + SETTLE_MS);
  return world;
}

/** The pipeline brings what the request says of its nodes. */
function replacementSize({ replacement }: DrainRequest, zone: string): Readonly<Record<string, string>> {
  const { labels: _, perZone = {}, ...everywhere } = replacement ?? {};
  const sizes = Object.entries({ ...everywhere, ...perZone[zone] });
  return Object.fromEntries(sizes.flatMap(([name, size]) => (size === undefined ? [] : [[name, `${size}`]])));
}

const SETTLE_MS = 2_000;

function countPods(objects: readonly unknown[]): number {
  let pods = 0;
  for (const object of objects) {
    if (typeof object !== 'object' || object === null) continue;
    if ('items' in object && Array.isArray(object.items)) pods += countPods(object.items);
    else if ('kind' in object && object.kind === 'Pod') pods += 1;
  }
  return pods;
}
