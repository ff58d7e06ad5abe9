/**
 * What a cluster costs at least, as the fleet stands before the first step: one switchover where somebody can take over now,
 * one outage where nobody ever can, and one of the two where a replica has still to prove itself (its lag is unknown, it does
 * not run).
 */

import type { NumberedCluster } from './check-model.ts';
import { nodeOf, primaryOf, type Walk } from './check-state.ts';

export type Price = 'switchover' | 'outage' | 'either';

/** What a cluster costs at least; undefined: nothing, for its primary stands on a node that is kept. */
export function priceOf(walk: Walk, numbered: NumberedCluster): Price | undefined {
  const { cluster, successor } = numbered;
  if (numbered.contradictsItself) return undefined;
  const pod = primaryOf(walk, numbered)?.pod;
  if (pod === undefined || nodeOf(walk, pod)?.toBeEmptied !== true) return undefined;
  if (cluster.paused || !walk.request.maySwitch(numbered)) return 'outage';
  if (successor === 'now') return 'switchover';
  if (successor === 'later') return 'either';
  // A temporary member takes over where that is wished and possible.
  return walk.request.singleMemberOf(numbered) === 'scale-out' ? 'either' : 'outage';
}

/** Whether the cluster may get a temporary member: nobody else could take over, and the request wants one. */
export function mayScaleOut({ request }: Walk, numbered: NumberedCluster): boolean {
  if (!request.maySwitch(numbered) || request.singleMemberOf(numbered) !== 'scale-out') return false;
  return numbered.successor !== 'now';
}
