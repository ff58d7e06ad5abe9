/**
 * The acts of an exhaustive search: what each does to the yard and what it costs.
 */
import { addNode, cause, movePod, releaseNode, scaleIn, scaleOut, switchOver } from '../yard/acts.ts';
import { canBeSucceeded, isReadyToLead } from '../yard/roles.ts';
import { isFinal, origin, type Yard } from '../yard/yard.ts';
import type { Scope } from './exhaustive-scope.ts';
import { membersOf } from './hand-over.ts';

export type SearchAct =
  | { readonly kind: 'add'; readonly size: number }
  | { readonly kind: 'release'; readonly node: number }
  | { readonly kind: 'switch'; readonly to: number }
  | { readonly kind: 'move'; readonly pod: number; readonly to: number; readonly outage: boolean }
  | { readonly kind: 'scale-out'; readonly cluster: number; readonly to: number }
  | { readonly kind: 'scale-in'; readonly pod: number };

/** What is paid, dearest first: an outage is dearer than any number of switchovers, a switchover than any number of moves. */
export type Paid = { readonly outages: number; readonly switchovers: number; readonly parked: number };

export const nothingPaid: Paid = { outages: 0, switchovers: 0, parked: 0 };

/** Less than zero: a is cheaper. */
export function comparePaid(a: Paid, b: Paid): number {
  return a.outages - b.outages || a.switchovers - b.switchovers || a.parked - b.parked;
}

/** Returns what is paid in two parts. */
export function sumPaid(a: Paid, b: Paid): Paid {
  return {
    outages: a.outages + b.outages,
    switchovers: a.switchovers + b.switchovers,
    parked: a.parked + b.parked,
  };
}

/** Lets an act happen. `why` is the cause of a move. */
export function perform(yard: Yard, act: SearchAct, why: number = cause.offTheNode): void {
  switch (act.kind) {
    case 'add':
      addNode(yard, act.size, nodeToReplace(yard, act.size));
      break;
    case 'release':
      releaseNode(yard, act.node);
      break;
    case 'switch':
      switchOver(yard, act.to);
      break;
    case 'move':
      movePod(yard, act.pod, act.to, why);
      break;
    case 'scale-out':
      scaleOut(yard, act.cluster, act.to);
      break;
    case 'scale-in':
      scaleIn(yard, act.pod);
      break;
  }
}

/** The first drained node of that size, one without a replacement before all others. */
function nodeToReplace(yard: Yard, size: number): number {
  const suits = (node: number) => yard.origin[node] === origin.drained;
  const all = (yard.survey.sizes.nodes[size] ?? []).filter(suits);
  return all.find((node) => yard.replacedBy[node] === 0) ?? all[0] ?? -1;
}

/** Whether a pod stands on a node to be drained, where it cannot remain. */
export function isToLeave(yard: Yard, pod: number): boolean {
  const node = yard.at[pod] ?? -1;
  return node >= 0 && !isFinal(yard, node);
}

/** Whether a cluster's temporary member may still come. */
export function mayComeYet(yard: Yard, cluster: number): boolean {
  const pod = yard.survey.clusters.temporary[cluster] ?? -1;
  // Whoever has gone again was primary before it went.
  return pod >= 0 && (yard.at[pod] ?? -1) < 0 && yard.former[pod] === 0;
}

/** Whether a cluster's temporary member stands on a node for a time: whom it relieves is still there. */
export function relievesOn(yard: Yard, cluster: number, node: number): boolean {
  const { clusters } = yard.survey;
  const temporary = clusters.temporary[cluster] ?? -1;
  return yard.at[temporary] === node && (yard.at[clusters.primary[cluster] ?? -1] ?? -1) >= 0;
}

/**
 * What has to be paid at least from here on: a primary that has to leave hands over once more, or is restarted where nobody can
 * succeed it. It never falls by more than an act costs, so that whatever is taken from the frontier first has cost the least.
 */
export function stillToPay(yard: Yard, { clusters }: Scope): Paid {
  let [outages, switchovers] = [0, 0];
  for (const cluster of clusters) {
    if (!isToLeave(yard, yard.primary[cluster] ?? -1)) continue;
    const weight = yard.survey.clusters.weight[cluster] ?? 1;
    if (canBeSucceeded(yard, cluster) || mayComeYet(yard, cluster)) switchovers += weight;
    else outages += weight;
  }
  return { outages, switchovers, parked: 0 };
}

/**
 * Does what can be done at once without loss, and returns it with what it costs.
 *
 * - A primary that has to leave hands over to a member that will not move again as soon as there is one: that switchover has to
 *   be paid, it is the cluster's last, and nothing waits for the old primary to lead.
 * - A member that was relieved for a time and will not move again leads again, and its temporary member goes: that switchover was
 *   paid for when the temporary member took over for a time on a final node, and is to be paid on any other.
 * - Where nothing may be parked, an empty node is given back: it is of no use to anybody.
 */
export function settle(
  yard: Yard,
  scope: Scope,
): { readonly acts: readonly SearchAct[]; readonly paid: Paid } {
  const acts: SearchAct[] = [];
  let switchovers = 0;
  const act = (each: SearchAct) => {
    perform(yard, each);
    acts.push(each);
  };
  const { clusters } = yard.survey;
  for (const cluster of scope.clusters) {
    const primary = yard.primary[cluster] ?? -1;
    const temporary = clusters.temporary[cluster] ?? -1;
    if (temporary >= 0 && (yard.at[temporary] ?? -1) >= 0) {
      const relieved = clusters.primary[cluster] ?? -1;
      if (primary !== temporary || !isReadyToLead(yard, relieved)) continue;
      if (isToLeave(yard, temporary)) switchovers += clusters.weight[cluster] ?? 1;
      act({ kind: 'switch', to: relieved });
      act({ kind: 'scale-in', pod: temporary });
      continue;
    }
    if (!isToLeave(yard, primary)) continue;
    const to = successorOf(yard, cluster);
    if (to < 0) continue;
    act({ kind: 'switch', to });
    switchovers += clusters.weight[cluster] ?? 1;
  }
  if (!scope.parks)
    for (const node of scope.drained)
      if (yard.live[node] === 1 && yard.leaving[node] === 0) act({ kind: 'release', node });
  return { acts, paid: { ...nothingPaid, switchovers } };
}

/** Who takes over of those that will not move again: not on a refused node, then in the zone that leads least; -1: nobody. */
function successorOf(yard: Yard, cluster: number): number {
  const rank = (pod: number) => {
    const node = yard.at[pod] ?? -1;
    const later = yard.origin[node] === origin.refused ? yard.survey.clusters.all.length : 0;
    return later + (yard.ledIn[yard.zone[node] ?? 0] ?? 0);
  };
  let best = -1;
  for (const pod of membersOf(yard, cluster))
    if (isReadyToLead(yard, pod) && (best < 0 || rank(pod) < rank(best))) best = pod;
  return best;
}
