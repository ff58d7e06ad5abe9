/** What a run has waited for is so in the fleet itself: then nobody has to have done anything for it to be true. */
import type { Because } from '../../planner/plan.ts';
import type { Stage } from './stage.ts';

/**
 * Patroni chooses the synchronous standby, and keeps the one that went on streaming: no plan can know whom it will choose later. A run
 * that may not go on by a new plan waits for its candidate in vain then.
 */
export function isTrueOfFleet({ world }: Stage, { facts }: Because): boolean {
  if (facts.waitedFor !== 'candidate-not-sync-standby') return false;
  const [namespace, name = ''] = String(facts.subject).split('/');
  for (const cluster of world.clusters.values()) {
    if (cluster.namespace !== namespace || !cluster.members.has(name)) continue;
    return Boolean(cluster.config.synchronous_mode) && !cluster.syncStandbys.includes(name);
  }
  return false;
}
