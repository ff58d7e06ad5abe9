/**
 * In some of the runs a Patroni that is silent takes connections and never answers, so that a look at its cluster takes seconds: as many as the
 * adapter waits for one answer, and twice that where the leader hangs too (executor/patroni/index.ts).
 */
import type { Random } from '../../simulations/world/random.ts';
import type { Stage } from './stage.ts';

const share = 0.4;
const readDeadlineMs = 4_000;

/** Returns whether silent ones hang. */
export function drawHangs(random: Random): boolean {
  return random.next() < share;
}

/** Returns how long the look at the cluster of these members takes. */
export function hangsForMs({ world, hangs }: Stage, members: readonly { readonly name: string }[]): number {
  if (!hangs || world.faults.silentPatroni.size === 0) return 0;
  const [first] = members;
  for (const { namespace, leader, members: known } of world.clusters.values()) {
    if (first === undefined || !known.has(first.name)) continue;
    const isSilent = (name: string): boolean => world.faults.silentPatroni.has(`${namespace}/${name}`);
    const hanging = [isSilent(first.name), leader !== undefined && isSilent(leader)];
    return readDeadlineMs * hanging.filter(Boolean).length;
  }
  return 0;
}
