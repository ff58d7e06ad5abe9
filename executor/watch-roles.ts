/**
 * Role changes in any cluster of the plan, also in those that no step is at just now. Role labels are cheap to look at and
 * may lie; Patroni's word is asked only where they say something else than the journal, and only that word is believed.
 */
import type { RunContext } from './contexts.ts';
import { roleChange } from './decide/decide-switchover.ts';
import { isAcceptedLeader, leaderByJournal, leaderByOurCount } from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import { presetOf, presetsOf, primaryLabels, roleLabelsOf, scopeOf } from './member-labels.ts';
import { observeCluster } from './observe.ts';
import { type Lane, lastSwitchover } from './record/lane.ts';
import { appendToRun } from './record/record.ts';
import type { RunFold, UnplannedChange } from './record/run-fold.ts';
import type { ClusterSight } from './sight.ts';

/** Returns true where the run was halted, for somebody else changed who leads a cluster of its plan. */
export async function haltOnForeignRoleChange(ctx: RunContext, fold: RunFold): Promise<boolean> {
  const noted = fold.unplanned.find((change) => !change.accepted);
  if (noted !== undefined) {
    return haltOnNoted(ctx, noted);
  }
  const nowMs = ctx.clock.nowMs();
  const lastMs = ctx.rolesSeenAtMs?.get(ctx.runId);
  if (lastMs !== undefined && nowMs >= lastMs && nowMs - lastMs < ctx.pace.rolesEveryMs) {
    return false;
  }
  for (const { cluster, ...change } of await foreignRoleChanges(ctx, fold, leaderByOurCount)) {
    if (await halt(ctx, fold, cluster, change)) {
      return true;
    }
  }
  ctx.rolesSeenAtMs?.set(ctx.runId, nowMs);
  return false;
}

/**
 * Writes down role changes that are not ours and that the journal of a halted run does not have: those of other clusters at the same
 * time, and those since. A new plan begins with the leaders of then, and they would be counted nowhere. Returns whether there were any.
 */
export async function noteForeignRoleChanges(ctx: RunContext, fold: RunFold): Promise<boolean> {
  let isAnyWritten = false;
  for (const { cluster, ...change } of await foreignRoleChanges(ctx, fold, leaderByJournal)) {
    if ((await note(ctx, fold, cluster, change, leaderByJournal)) === 'written') {
      isAnyWritten = true;
    }
  }
  for (const lane of fold.lanes.values()) {
    if (await noteBesideOurs(ctx, fold, lane)) {
      isAnyWritten = true;
    }
  }
  return isAnyWritten;
}

/**
 * Who should lead a cluster whose switchover may have taken place nobody can say, so only the timeline tells of somebody else's change on top
 * of it: back to the old leader, or on to a third member. Patroni itself takes one back where nobody was fit to lead ("Switchover failed").
 */
async function noteBesideOurs(ctx: RunContext, fold: RunFold, lane: Lane): Promise<boolean> {
  const asked = lastSwitchover(lane);
  if (asked === undefined) {
    return false;
  }
  const { leader: from, cluster: key } = asked;
  const cluster = await askPatroni(ctx, key);
  const { leader: to, timeline } = cluster?.patroni ?? {};
  if (cluster === undefined || to === undefined || timeline === undefined) {
    return false;
  }
  const isOnTop = to === from ? timeline > asked.timeline : timeline > asked.timeline + 1;
  const { unplanned } = roleChange(cluster, fold, from, to);
  if (!isOnTop || unplanned === undefined) {
    return false;
  }
  const isNews = (now: RunFold): boolean =>
    now.lanes.get(lane.step.id)?.last === lane.last &&
    roleChange(cluster, now, from, to).unplanned !== undefined;
  return appendToRun(ctx, { kind: 'unplanned', ...unplanned }, isNews);
}

type LeaderBy = (fold: RunFold, cluster: string) => string | undefined;

type ForeignRoleChange = { readonly cluster: ClusterSight; readonly from: string; readonly to: string };

/** By Patroni's own word. */
async function foreignRoleChanges(
  ctx: RunContext,
  fold: RunFold,
  leaderBy: LeaderBy,
): Promise<readonly ForeignRoleChange[]> {
  const changes: ForeignRoleChange[] = [];
  for (const [key, from] of await clustersLabelledOtherwise(ctx, fold, leaderBy)) {
    const cluster = await askPatroni(ctx, key);
    const to = cluster?.patroni.leader;
    if (cluster !== undefined && to !== undefined && to !== from) {
      changes.push({ cluster, from, to });
    }
  }
  return changes;
}

/** Clusters of the plan, with the leader they should have, where another pod is labelled as primary or that one is not. */
async function clustersLabelledOtherwise(
  ctx: RunContext,
  fold: RunFold,
  leaderBy: LeaderBy,
): Promise<readonly (readonly [string, string])[]> {
  let doubtful = [...fold.leadersAtStart.keys()].flatMap((key) => {
    const leader = leaderBy(fold, key);
    return leader === undefined ? [] : [[key, leader] as const];
  });
  // Most fleets have one such label: the next is looked at only for those whom this one says nothing of.
  for (const roleLabel of roleLabelsOf(presetsOf(ctx))) {
    if (doubtful.length > 0) {
      const labelled = await labelledAsPrimary(ctx, roleLabel);
      doubtful = doubtful.filter(([key, leader]) => labelled.get(key)?.join() !== leader);
    }
  }
  return doubtful;
}

/** Names of the pods of each cluster that are primaries by this label. */
async function labelledAsPrimary(ctx: RunContext, roleLabel: string): Promise<Map<string, string[]>> {
  const { kubernetes, mirror } = ctx.ports;
  const presets = presetsOf(ctx);
  // Labels only raise doubts: a mirror that is behind finds them a moment later.
  const reader = mirror?.isCurrent(['Pod']) === true ? mirror : kubernetes;
  const labelled = new Map<string, string[]>();
  for (const value of primaryLabels) {
    for (const pod of await reader.listPods({ labels: { [roleLabel]: value } })) {
      if (presetOf(pod, presets)?.roleLabel === roleLabel) {
        const key = `${pod.namespace}/${scopeOf(pod, presets) ?? ''}`;
        labelled.set(key, [...(labelled.get(key) ?? []), pod.name]);
      }
    }
  }
  return labelled;
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

/** A worker wrote it down, and died before it could halt the run. Whoever leads by now, nobody has answered for the change yet. */
function haltOnNoted(ctx: RunContext, { cluster, from, to, facts }: UnplannedChange): Promise<boolean> {
  const because = { code: 'role-changed-by-others', facts: { subject: cluster, from, to, ...facts } };
  return appendToRun(ctx, { kind: 'halted', because }, (now) =>
    now.unplanned.some((change) => !change.accepted),
  );
}

async function halt(
  ctx: RunContext,
  fold: RunFold,
  cluster: ClusterSight,
  change: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const noted = await note(ctx, fold, cluster, change, leaderByOurCount);
  if (noted === 'accepted' || noted === 'not-so-any-more') {
    return false;
  }
  const { facts } = roleChange(cluster, fold, change.from, change.to);
  const because = { code: 'role-changed-by-others', facts };
  return appendToRun(
    ctx,
    { kind: 'halted', because },
    isStillFrom(cluster.key, change.from, leaderByOurCount),
  );
}

/** A switchover of ours may have ended between the journal that was read and the look at the cluster. */
function isStillFrom(key: string, from: string, leaderBy: LeaderBy): (now: RunFold) => boolean {
  return (now) => leaderBy(now, key) === from;
}

/** Writes down one change, unless somebody resumed the run knowing of it, or the journal has it. */
async function note(
  ctx: RunContext,
  fold: RunFold,
  cluster: ClusterSight,
  { from, to }: { readonly from: string; readonly to: string },
  leaderBy: LeaderBy,
): Promise<'accepted' | 'known' | 'written' | 'not-so-any-more'> {
  const { key } = cluster;
  if (isAcceptedLeader(fold, key, to)) {
    return 'accepted';
  }
  const { unplanned } = roleChange(cluster, fold, from, to);
  if (unplanned === undefined) {
    return 'known';
  }
  const isStill = isStillFrom(key, from, leaderBy);
  // A worker that stood still since it looked may tell of what others have told, and a new plan and a switchover of ours have overtaken.
  const isNews = (now: RunFold): boolean =>
    isStill(now) && roleChange(cluster, now, from, to).unplanned !== undefined;
  const isWritten = await appendToRun(ctx, { kind: 'unplanned', ...unplanned }, isNews);
  return isWritten ? 'written' : 'not-so-any-more';
}
