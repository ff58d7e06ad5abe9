/**
 * Pure: which primaries a run holds while it goes on. Those that its switchovers have made and that stay where they are: a primary
 * that Karpenter or the Cluster Autoscaler moved again would be a second interruption of the same cluster.
 */
import type { Hold } from '../record/fold-holds.ts';
import type { RunFold } from '../record/run-fold.ts';
import { planIndex } from './plan-index.ts';
import { hasMoveToCome, leaderByOurCount } from './plan-questions.ts';

/** Attempts to set one hold of which nothing came: a hold is no reason to keep on asking. */
const missesMax = 5;

export type HoldWish =
  | { readonly kind: 'hold'; readonly cluster: string; readonly namespace: string; readonly name: string }
  | { readonly kind: 'unhold'; readonly hold: Hold };

/** Returns what is to be changed, holds that have lost their reason first. */
export function holdWishes(fold: RunFold): readonly HoldWish[] {
  const toTakeOff = [...fold.holds.values()].filter((hold) => !hold.isLeft && hasLostItsReason(fold, hold));
  return [
    ...toTakeOff.map((hold): HoldWish => ({ kind: 'unhold', hold })),
    ...(fold.holdRefused === true ? [] : wantedHolds(fold)),
  ];
}

/** It leads no more, or is to be moved by this run. Where it is not known who leads, the hold stays. */
function hasLostItsReason(fold: RunFold, { cluster, namespace, name }: Hold): boolean {
  const leader = cluster === undefined ? undefined : leaderByOurCount(fold, cluster);
  return (leader !== undefined && leader !== name) || hasMoveToCome(fold, `${namespace}/${name}`);
}

function wantedHolds(fold: RunFold): readonly HoldWish[] {
  const wishes: HoldWish[] = [];
  for (const { id, cluster } of planIndex(fold.plan).switchovers) {
    const to = fold.lanes.get(id)?.done?.to;
    if (typeof to !== 'string' || leaderByOurCount(fold, cluster) !== to) {
      continue;
    }
    const namespace = cluster.slice(0, cluster.indexOf('/'));
    const hold = fold.holds.get(`${namespace}/${to}`);
    const isTried = hold !== undefined && (hold.isSet || hold.misses >= missesMax);
    if (!isTried && !hasMoveToCome(fold, `${namespace}/${to}`)) {
      wishes.push({ kind: 'hold', cluster, namespace, name: to });
    }
  }
  return wishes;
}
