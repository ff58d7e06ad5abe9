/** The fleet of a whole drain and its plan. */
import type { DrainPlan, DrainRequest } from '../../planner/plan.ts';
import { generateFleet } from '../../simulations/generate-fleet.ts';
import { planOn } from '../../simulations/strategies/planned.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { objectsOf, withoutSyncMode } from '../bench/executor-stage.ts';

export type FleetWanted = {
  readonly nodes: number;
  readonly seed: number;
  /** New nodes that a zone may have at a time; undefined: as many as are drained. */
  readonly surge?: number;
  /** False: single members are restarted. A halted run in which a temporary member stands does not go on by itself (decision 7). */
  readonly temporaryMembers?: boolean;
  /** Default: ten for each node. */
  readonly clusters?: number;
  /** Share of the nodes that are drained; default: all. */
  readonly drained?: number;
  /** Share of the CPU that is asked for. */
  readonly utilisation?: number;
  /** One cluster in twenty is synchronous, where Patroni chooses who may take over; default: none. */
  readonly synchronous?: boolean;
};

export type WholeFleet = { readonly world: World; readonly plan: DrainPlan };

/**
 * Returns a fleet and its plan. Nodes that come are larger than those that go, so that every pod finds room wherever the scheduler puts it:
 * what is looked for here is what goes wrong by size alone. Throws where there is no plan.
 */
export async function wholeFleet(wanted: FleetWanted): Promise<WholeFleet> {
  const { nodes, seed, surge = nodes, synchronous = false, temporaryMembers = true, ...more } = wanted;
  const { list, request } = generateFleet({ seed, nodes, ...more });
  const objects = objectsOf(list.items);
  const world = createWorld({
    objects: synchronous ? objects : objects.map(withoutSyncMode),
    seed,
    durations: { spread: 0.3 },
    newNodeSize: () => ({ cpu: '192', memory: '768Gi', pods: '500' }),
    heartbeats: false,
    isWatched: false,
  });
  // The controllers of a freshly loaded fleet settle first.
  world.advanceTo(world.nowMs() + 2_000);
  const asked: DrainRequest = {
    ...request,
    surge: { default: surge },
    clusters: temporaryMembers ? request.clusters : restarted(request.clusters),
    limits: { parallelSwitchovers: 100, parallelDrainsPerZone: surge },
  };
  const planned = await planOn(world, asked);
  if (planned.kind !== 'plan') throw new Error(planned.because);
  const [refusal] = planned.plan.refusals;
  if (refusal !== undefined) throw new Error(`node ${refusal.node} is refused: ${refusal.code}`);
  return { world, plan: planned.plan };
}

function restarted(clusters: DrainRequest['clusters'] = {}): DrainRequest['clusters'] {
  const settings = Object.entries(clusters).map(
    ([key, { singleMember: _, ...others }]) => [key, others] as const,
  );
  return Object.fromEntries(settings);
}
