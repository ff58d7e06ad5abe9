/**
 * What no plan can do better, and the certificate of a plan against it.
 *
 * LB0: a primary on a drained node that nobody can succeed is restarted.
 * LB1: every other primary on a drained node hands over at least once; so does one that gets a temporary member.
 * LB2: first-release.ts. Waves: bound-waves.ts. Small drains: what every order costs at least, search/exhaustive.ts.
 * All are weighted and count the nodes that the plan really empties: refused ones are nobody's cost.
 */
import type { CertificateEntry } from '../plan.ts';
import { origin, type Yard } from '../yard/yard.ts';
import { couldLead, firstReleaseExcess } from './first-release.ts';

export type Bounds = {
  readonly outages: number;
  readonly switchovers: number;
  /** Which of them gives the bound of switchovers. */
  readonly witness: string;
  /** By cluster, in switchovers, not weighted: 0 or 1. */
  readonly ofCluster: Uint8Array;
};

/** Returns the bounds; `yard` is the state at the start, `orderedExcess` what whole nodes cannot avoid beyond one switchover a cluster. */
export function boundPlan(yard: Yard, orderedExcess: number): Bounds {
  const { clusters } = yard.survey;
  let outages = 0;
  let single = 0;
  const ofCluster = new Uint8Array(clusters.all.length);
  clusters.primary.forEach((primary, cluster) => {
    if (primary < 0 || yard.origin[yard.at[primary] ?? -1] !== origin.drained) return;
    const weight = clusters.weight[cluster] ?? 1;
    if ((clusters.temporary[cluster] ?? -1) < 0 && !isSomebodyAble(yard, cluster)) {
      outages += weight;
      return;
    }
    single += weight;
    ofCluster[cluster] = 1;
  });
  const excess = firstReleaseExcess(yard);
  const more = Math.max(excess, orderedExcess);
  const witness =
    more === 0
      ? 'primaries-on-drained-nodes'
      : excess >= orderedExcess
        ? 'first-released-node'
        : 'order-of-whole-nodes';
  return { outages, switchovers: single + more, witness, ofCluster };
}

/** Returns the bounds once every order has been tried and none costs less than this. */
export function exactBounds(bounds: Bounds, least: Pick<Bounds, 'outages' | 'switchovers'>): Bounds {
  const { outages, switchovers } = least;
  const raised = bounds.outages < outages || bounds.switchovers < switchovers;
  return { ...bounds, outages, switchovers, witness: raised ? 'exhaustive-search' : bounds.witness };
}

function isSomebodyAble(yard: Yard, cluster: number): boolean {
  const { clusters } = yard.survey;
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1)
    if (couldLead(yard, clusters.members[place] ?? -1)) return true;
  return false;
}

/** Whether an attempt that empties all nodes interrupts no more than it must. */
export function isProved(
  cost: { readonly stuck: number; readonly outages: number; readonly switchovers: number },
  bounds: Bounds,
): boolean {
  return cost.stuck === 0 && cost.outages <= bounds.outages && cost.switchovers <= bounds.switchovers;
}

/** Returns a certificate entry; proved only where the value is the bound. */
export function certify(bound: number, value: number, because?: string): CertificateEntry {
  const proved = bound === value;
  return {
    bound,
    value,
    proved,
    ...(proved ? {} : { gap: value - bound }),
    ...(because === undefined ? {} : { because }),
  };
}
