/** What may happen in the middle of a whole drain. */
import { isAvailable } from '../../simulations/world/patroni-state.ts';
import type { Stage } from './whole-stage.ts';
import { WholeWorker } from './whole-worker.ts';

/**
 * failover: a primary that the run has still to deal with hands over by itself. evicted: somebody else evicts a replica that the run has
 * still to move. killed: a worker dies and another one begins, which has read nothing.
 */
export type Surprise = 'failover' | 'evicted' | 'killed';

/** Lets it happen. Returns the clusters that fail over by it. */
export function surprise(stage: Stage, kind: Surprise, crew: readonly WholeWorker[]): ReadonlySet<string> {
  switch (kind) {
    case 'killed': {
      crew[0]?.kill();
      new WholeWorker(stage, 'worker-3');
      return new Set();
    }
    case 'failover': {
      const [cluster, replica] = untouched(stage);
      stage.world.failOver(cluster, replica);
      return new Set([cluster]);
    }
    case 'evicted': {
      const [cluster, replica] = untouched(stage);
      const namespace = cluster.slice(0, cluster.indexOf('/'));
      stage.world.deletePod(namespace, replica);
      return new Set();
    }
  }
}

/** A cluster whose switchover is to come, whole at this moment, and a replica of it that the last steps are to move. */
function untouched({ world, plan, journal }: Stage): readonly [cluster: string, replica: string] {
  const begun = new Set([...journal.runs.values()].flatMap((entries) => entries.map(({ lane }) => lane)));
  for (const step of plan.steps.toReversed()) {
    if (step.kind !== 'switchover' || begun.has(step.id)) continue;
    const cluster = world.clusters.get(step.cluster);
    const members = [...(cluster?.members.values() ?? [])];
    if (cluster === undefined || !members.every((member) => isAvailable(world, cluster, member))) continue;
    const replica = members.find(({ name }) => name !== cluster.leader && name !== step.to);
    if (replica !== undefined) return [cluster.key, replica.name];
  }
  throw new Error('no cluster is untouched');
}
