/**
 * Leaders that take long to stop: the last checkpoint writes all that is not on disk yet, and the lock is held until then. Whoever asked
 * for the switchover is told after a while that nobody knows what comes of it. https://github.com/patroni/patroni/issues/3106
 */
import type { Random } from '../../simulations/world/random.ts';
import { type Stage, tell } from './stage.ts';

const share = 0.2;
/** Most clusters of such a fleet, and not all. */
const slowShare = 0.7;
const mostSeconds = 240;

/** Draws clusters whose leaders stop slowly until the run heals, in some of the runs; `chance` serves nothing else. */
export function planSlowStops(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  for (const { key } of stage.world.clusters.values())
    if (chance.next() < slowShare) stopSlowly(stage, key, chance);
}

/** From now on. */
export function stopSlowly(stage: Stage, cluster: string, chance: Random): void {
  const seconds = Math.ceil(mostSeconds * chance.next());
  stage.world.faults.stopSeconds.set(cluster, seconds);
  stage.happened.add('leader-stops-slowly');
  tell(stage, () => `MISHAP leader-stops-slowly: ${cluster} takes ${seconds} s longer`);
}
