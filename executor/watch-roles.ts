/**
 * Role changes in any cluster of the plan, also in those that no step is at just now. Role labels are cheap to look at and
 * may lie; Patroni's word is asked only where they say something else than the journal, and only that word is believed.
 */
import { type RunContext, spiloLabels } from './contexts.ts';
import { roleChange } from './decide/decide-switchover.ts';
import { leaderByOurCount } from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import { type ClusterSight, observeCluster } from './observe.ts';
import type { RunFold } from './record/fold-run.ts';
import { appendToRun } from './record/record.ts';

/** Values of the role label of a primary: Patroni before 4, from 4 on, and of a standby cluster. */
const primaryLabels = ['master', 'primary', 'standby_leader'] as const;

/** Returns true where the run was halted, for somebody else changed who leads a cluster of its plan. */
export async function haltOnForeignRoleChange(ctx: RunContext, fold: RunFold): Promise<boolean> {
  const nowMs = ctx.clock.nowMs();
  const lastMs = ctx.rolesSeenAtMs?.get(ctx.runId);
  if (lastMs !== undefined && nowMs >= lastMs && nowMs - lastMs < ctx.pace.rolesEveryMs) {
    return false;
  }
  for (const [key, ours] of await clustersLabelledOtherwise(ctx, fold)) {
    const cluster = await askPatroni(ctx, key);
    const leader = cluster?.patroni.leader;
    const isForeign = cluster !== undefined && leader !== undefined && leader !== ours;
    if (isForeign && (await halt(ctx, fold, cluster, { from: ours, to: leader }))) {
      return true;
    }
  }
  ctx.rolesSeenAtMs?.set(ctx.runId, nowMs);
  return false;
}

/** Clusters of the plan, with the leader they should have, where another pod is labelled as primary or that one is not. */
async function clustersLabelledOtherwise(
  ctx: RunContext,
  fold: RunFold,
): Promise<readonly (readonly [string, string])[]> {
  const labels = ctx.memberLabels ?? spiloLabels;
  const { kubernetes, mirror } = ctx.ports;
  // Labels only raise doubts: a mirror that is behind finds them a moment later.
  const reader = mirror?.isCurrent(['Pod']) === true ? mirror : kubernetes;
  const labelled = new Map<string, string[]>();
  for (const value of primaryLabels) {
    for (const pod of await reader.listPods({ labels: { [labels.role]: value } })) {
      const key = `${pod.namespace}/${pod.labels[labels.scope] ?? ''}`;
      labelled.set(key, [...(labelled.get(key) ?? []), pod.name]);
    }
  }
  const doubtful: (readonly [string, string])[] = [];
  for (const key of fold.leadersAtStart.keys()) {
    const ours = leaderByOurCount(fold, key);
    const names = labelled.get(key) ?? [];
    if (ours !== undefined && (names.length !== 1 || names[0] !== ours)) {
      doubtful.push([key, ours]);
    }
  }
  return doubtful;
}

/** Undefined: nobody answers. The steps of the cluster meet that too, and wait. */
async function askPatroni(ctx: RunContext, key: string): Promise<ClusterSight | undefined> {
  try {
    return await observeCluster(ctx, key);
  } catch (error) {
    if (error instanceof OutsideError) {
      return undefined;
    }
    throw error;
  }
}

async function halt(
  ctx: RunContext,
  fold: RunFold,
  cluster: ClusterSight,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const { key } = cluster;
  if (fold.unplanned.some((change) => change.accepted && change.cluster === key && change.to === to)) {
    return false;
  }
  // A switchover of ours may have ended between the journal that was read and the look at the cluster.
  const isStillTrue = (now: RunFold): boolean => leaderByOurCount(now, key) === from;
  const { unplanned, facts } = roleChange(cluster, fold, from, to);
  if (unplanned !== undefined) {
    const isWritten = await appendToRun(ctx, { kind: 'unplanned', ...unplanned }, isStillTrue);
    if (!isWritten) {
      return false;
    }
  }
  const because = { code: 'role-changed-by-others', facts };
  return appendToRun(ctx, { kind: 'halted', because }, isStillTrue);
}
