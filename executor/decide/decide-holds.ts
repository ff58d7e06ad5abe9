/**
 * Pure: which primaries a run holds while it goes on. Those that its switchovers have made and that stay where they are: a primary
 * that Karpenter or the Cluster Autoscaler moved again would be a second interruption of the same cluster.
 */
import type { DrainPlan, Step } from '../../planner/plan.ts';
import type { Hold } from '../record/fold-holds.ts';
import type { RunFold } from '../record/run-fold.ts';
import { clusterOf, planIndex } from './plan-index.ts';
import { hasMoveToCome, lanesOfCluster, leaderByOurCount } from './plan-questions.ts';

/** Attempts to set one hold of which nothing came: a hold is no reason to keep on asking. */
const missesMax = 5;

export type HoldWish =
  | { readonly kind: 'hold'; readonly cluster: string; readonly namespace: string; readonly name: string }
  | { readonly kind: 'unhold'; readonly hold: Hold };

/**
 * What was last judged of a plan. Each of tens of thousands of steps that end makes the pass over the run come again, and each concerns one
 * of thousands of clusters: of all others what was said still holds.
 */
type Judged = Pick<RunFold, 'lanes' | 'holds' | 'leadersAtStart' | 'leadersSince'> & {
  /** Pods that were ever held, by cluster: of each the fold says what is so now. */
  readonly pods: Map<string, Set<string>>;
  /** Of clusters in which something is to be changed. */
  readonly wishes: ReadonlyMap<string, readonly HoldWish[]>;
};

const judgedByPlan = new WeakMap<DrainPlan, Judged>();

/** Returns what is to be changed, holds that have lost their reason first, else by cluster and pod. */
export function holdWishes(fold: RunFold): readonly HoldWish[] {
  const { lanes, holds, leadersAtStart, leadersSince } = fold;
  const last = judgedByPlan.get(fold.plan);
  const isSince = last?.leadersAtStart === leadersAtStart && last.leadersSince === leadersSince;
  const before = isSince ? last : undefined;
  const wishes = new Map(before?.wishes);
  const pods = before?.pods ?? new Map<string, Set<string>>();
  for (const cluster of clustersToJudge(fold, before, pods)) {
    const wanted = wishesOf(fold, cluster, pods.get(cluster) ?? new Set());
    if (wanted.length > 0) {
      wishes.set(cluster, wanted);
    } else {
      wishes.delete(cluster);
    }
  }
  judgedByPlan.set(fold.plan, { lanes, holds, leadersAtStart, leadersSince, pods, wishes });
  const inOrder = [...wishes]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, wanted]) => wanted);
  const toTakeOff = inOrder.filter(({ kind }) => kind === 'unhold');
  const toSet = fold.holdRefused === true ? [] : inOrder.filter(({ kind }) => kind === 'hold');
  return [...toTakeOff, ...toSet];
}

/** All that something may be said of, or those of which something was written since `before`; `pods` learns who is held. */
function clustersToJudge(
  { plan, lanes, holds }: RunFold,
  before: Judged | undefined,
  pods: Map<string, Set<string>>,
): ReadonlySet<string> {
  const steps =
    before === undefined
      ? planIndex(plan).switchovers
      : [...lanes.changedSince(before.lanes)].map(({ step }) => step);
  const clusters = new Set(steps.flatMap(groupsOf));
  for (const pod of before === undefined ? holds.keys() : holds.changedSince(before.holds)) {
    for (const hold of [before?.holds.get(pod), holds.get(pod)]) {
      if (hold !== undefined) {
        const cluster = groupOf(hold);
        clusters.add(cluster);
        pods.set(cluster, (pods.get(cluster) ?? new Set()).add(pod));
      }
    }
  }
  return clusters;
}

function groupsOf(step: Step): readonly string[] {
  const cluster = clusterOf(step);
  if (cluster === undefined) {
    return [];
  }
  return step.kind === 'move' ? [cluster, alone(step.pod)] : [cluster];
}

/** One that was found on the fleet alone is judged by itself. */
function groupOf({ cluster, namespace, name }: Hold): string {
  return cluster ?? alone(`${namespace}/${name}`);
}

function alone(pod: string): string {
  return `pod ${pod}`;
}

function wishesOf(fold: RunFold, cluster: string, pods: ReadonlySet<string>): readonly HoldWish[] {
  const held = [...pods]
    .sort()
    .flatMap((pod) => fold.holds.get(pod) ?? [])
    .filter((hold) => groupOf(hold) === cluster);
  const toTakeOff = held.filter((hold) => !hold.isLeft && hasLostItsReason(fold, hold));
  return [...toTakeOff.map((hold): HoldWish => ({ kind: 'unhold', hold })), ...wantedHolds(fold, cluster)];
}

/** It leads no more, or is to be moved by this run. Where it is not known who leads, the hold stays. */
function hasLostItsReason(fold: RunFold, { cluster, namespace, name }: Hold): boolean {
  const leader = cluster === undefined ? undefined : leaderByOurCount(fold, cluster);
  return (leader !== undefined && leader !== name) || hasMoveToCome(fold, `${namespace}/${name}`);
}

function wantedHolds(fold: RunFold, cluster: string): readonly HoldWish[] {
  const wishes: HoldWish[] = [];
  for (const { step, done } of lanesOfCluster(fold, cluster)) {
    const to = step.kind === 'switchover' ? done?.to : undefined;
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
