/** What must be so at the end of a run, however it came there. */
import { CORDON_MARK, FENCE_TAINT, RELEASE_MARK } from '../../executor/marks.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { Step } from '../../planner/plan.ts';
import type { RoleChange } from '../../simulations/world/answers.ts';
import { judgeApprovals } from './judge-approvals.ts';
import { judgeNoHoldLeft } from './judge-holds.ts';
import { judgeLooked, judgeNewPlans, judgeOrder } from './judge-journal.ts';
import { judgeReplicas } from './judge-scale.ts';
import { judgeWindows } from './judge-windows.ts';
import { entriesOf, everWritten, type Stage, violate } from './stage.ts';
import { isOfOthers } from './switch-over-by-hand.ts';
import type { MishapKind } from './troubles.ts';

/** A halted run keeps its marks: somebody may resume it. */
const hasEndedForGood: ReadonlySet<string> = new Set(['finished', 'aborted', 'rejected', 'expired']);

/** Judges the fleet and the journal at the end of the run. */
export function judgeEnd(stage: Stage, fold: RunFold, hasEnded: boolean): void {
  judgeSwitchovers(stage);
  judgeCredit(stage, fold);
  judgeBlame(stage, fold);
  judgeOrder(stage);
  judgeLooked(stage);
  judgeNewPlans(stage);
  if (stage.needsApproval) judgeApprovals(stage);
  judgeMoves(stage);
  judgeWindows(stage);
  for (const { code, subject, facts } of stage.world.violations)
    if (!isExcused(stage, code, subject)) violate(stage, `${code} ${subject} ${JSON.stringify(facts)}`);
  if (!hasEnded) {
    violate(stage, `neither finished nor halted: ${fold.state} ${JSON.stringify(describeRun(fold).steps)}`);
    return;
  }
  judgeReason(stage, fold);
  if (fold.state === 'finished') judgeFinished(stage, fold);
  if (fold.state === 'finished') judgeNoticed(stage, fold);
  if (fold.state === 'finished') judgeReplicas(stage);
  if (fold.state === 'finished' || fold.state === 'aborted') judgeCounts(stage, fold);
  if (hasEndedForGood.has(fold.state)) {
    judgeMarks(stage);
    judgeNoHoldLeft(stage);
  }
}

/** Never more switchovers of ours than planned and planned anew. A failover of the fleet's own is none of ours. */
function judgeSwitchovers(stage: Stage): void {
  const { world } = stage;
  const done = new Map<string, number>();
  for (const change of world.roleChanges)
    if (isOfOurs(stage, change)) done.set(change.cluster, (done.get(change.cluster) ?? 0) + 1);
  for (const [cluster, count] of done) {
    const planned = plannedSwitchovers(stage, cluster) + lostSwitchovers(stage, cluster);
    if (count > planned) violate(stage, `${cluster} switched over ${count} times, planned were ${planned}`);
  }
}

export function isOfOurs(stage: Stage, change: RoleChange): boolean {
  return change.kind === 'switchover' && !isOfOthers(stage, change);
}

/** Those of which Redis has lost the entry: the run takes them for somebody else's, and may make its own afterwards. */
export function lostSwitchovers({ lost }: Stage, cluster: string): number {
  return lost.filter(
    ({ event }) => event.kind === 'act' && event.act.kind === 'switchover' && event.act.cluster === cluster,
  ).length;
}

/** What the last plan of the run meant to do, and what was done before it. */
export function plannedSwitchovers(stage: Stage, cluster: string): number {
  const { world, firstPlan, plans, replannedMs } = stage;
  const entries = entriesOf(stage);
  const last = entries.findLast(({ event }) => event.kind === 'replanned');
  const plan = last?.event.kind === 'replanned' ? plans?.get(last.event.plan) : firstPlan;
  const before = world.roleChanges.filter(
    (change) => isOfOurs(stage, change) && change.cluster === cluster && change.atMs < replannedMs,
  );
  const planned = plan?.steps.filter((step) => step.kind === 'switchover' && step.cluster === cluster) ?? [];
  return before.length + planned.length;
}

/** A switchover that is called done took place, and was one of ours. */
export function judgeCredit(stage: Stage, fold: RunFold): void {
  for (const { step, done, acts } of fold.lanes.values()) {
    if (step.kind !== 'switchover' || done === undefined) continue;
    const isReal = stage.world.roleChanges.some(
      (change) =>
        isOfOurs(stage, change) &&
        change.cluster === step.cluster &&
        change.to === done.to &&
        change.timeline === done.timeline,
    );
    // A failover to the same member, after an attempt that may still happen, looks like that attempt to everybody.
    const mayBeOurs = acts.some(
      ({ act, answer }) =>
        act.kind === 'switchover' &&
        act.timeline + 1 === done.timeline &&
        (answer === undefined || answer.answer === 'unknown'),
    );
    if (!isReal && !mayBeOurs)
      violate(stage, `${step.id} counts a role change of ${step.cluster} that was none of ours`);
  }
}

/** Switchovers that an ended run counts, and those that it names since nobody can tell. */
export function switchoversCounted(fold: RunFold): number {
  const { counts, because } = describeRun(fold);
  const { unknownSwitchovers } = because.facts;
  return counts.done + (Array.isArray(unknownSwitchovers) ? unknownSwitchovers.length : 0);
}

/** No interruption of ours is left out of the counts at the end: an aborted run names those of which nobody can tell. */
function judgeCounts(stage: Stage, fold: RunFold): void {
  const counted = switchoversCounted(fold);
  const made = stage.world.roleChanges.filter((change) => isOfOurs(stage, change));
  const lost = made.filter(({ cluster }) => lostSwitchovers(stage, cluster) > 0);
  if (made.length > counted + lost.length)
    violate(stage, `${made.length} switchovers were made, counted or named as unclear are ${counted}`);
}

/** What the run itself has asked for, it does not lay at somebody else's door. */
function judgeBlame(stage: Stage, fold: RunFold): void {
  for (const { cluster, to, facts } of fold.unplanned) {
    const isOwn = stage.world.roleChanges.some(
      (change) =>
        isOfOurs(stage, change) &&
        change.cluster === cluster &&
        change.to === to &&
        change.timeline === facts.timeline,
    );
    if (isOwn && lostSwitchovers(stage, cluster) === 0)
      violate(
        stage,
        `${cluster} went to ${to} by a switchover of ours, and the run calls it somebody else's`,
      );
  }
}

/** No pod is moved more often than planned by us; the same pod never twice. */
export function judgeMoves(stage: Stage): void {
  const uids = stage.world.evictions.map(({ uid }) => uid);
  if (new Set(uids).size < uids.length) violate(stage, 'a pod was evicted twice');
}

/**
 * A target that Patroni made up is not our doing, and neither is one that somebody else chose, or a replica that freezes while it is asked to lead. A synchronous cluster
 * protects what was written then, whatever happens.
 */
export function isExcused({ happened, world }: Stage, code: string, subject: string): boolean {
  // Whoever places a pod past the scheduler may do so in the last moment; what was there before is judged with the release.
  if (code === 'released-node-not-empty') return happened.has('somebody-places-pod');
  if (code !== 'wal-discarded') return false;
  const isSynchronous = Boolean(world.clusters.get(subject)?.config.synchronous_mode);
  const causes: readonly MishapKind[] = [
    'switchover-lies',
    'replica-freezes',
    'somebody-switches-over',
    'somebody-scales',
    // The leader dies while it stops.
    'node-dies',
  ];
  return !isSynchronous && causes.some((kind) => happened.has(kind));
}

/** A run that ends without its plan done was told to. That a halt is true is judged when it is written down (judge-halts.ts). */
export function judgeReason(stage: Stage, fold: RunFold): void {
  if (fold.state === 'finished' || fold.state === 'halted') return;
  if (fold.state === 'aborted') {
    if (!stage.happened.has('abort')) violate(stage, 'aborted, and nobody asked for it');
    return;
  }
  // That it was its time is judged with the approvals.
  if (fold.state === 'expired' && stage.approvalMs !== undefined) return;
  if (fold.state === 'rejected' && stage.happened.has('rejected')) return;
  violate(stage, `ended without a true reason: ${fold.state} ${JSON.stringify(fold.because)}`);
}

export function judgeFinished(stage: Stage, fold: RunFold): void {
  const { world, plan } = stage;
  const undone = [...fold.lanes.values()].filter((lane) => lane.done === undefined);
  if (undone.length > 0) violate(stage, `finished with ${undone.length} steps undone`);
  const isGone = (node: string): boolean => world.releasedNodes.has(node) || stage.takenByOthers.has(node);
  const leftOut = new Set(fold.skipped.map(({ node }) => node));
  for (const step of plan.steps)
    if (step.kind === 'release' && !isGone(step.node) && !leftOut.has(step.node))
      violate(stage, `finished, and ${step.node} was not given back`);
}

/** Reads may be so old, and slow calls lie between. */
const staleMostMs = 8_000;

/** Long enough for a look at the roles, whatever stands still or dies meanwhile. */
const noticedAfterMs = 4 * 60_000;

/** A run does not go on to its end over a primary that it knows nothing of. An outage of ours may make anybody the primary. */
function judgeNoticed(stage: Stage, fold: RunFold): void {
  const { world, plan } = stage;
  const entries = entriesOf(stage);
  const startedMs = fold.startedAtMs ?? Number.POSITIVE_INFINITY;
  const endedMs = entries.at(-1)?.atMs ?? 0;
  const last = new Map(world.roleChanges.map((change) => [change.cluster, change]));
  for (const change of last.values()) {
    const { cluster, to, atMs } = change;
    const ours = plan.steps.filter((step) => 'cluster' in step && step.cluster === cluster);
    if (ours.length === 0 || ours.some((step) => step.kind === 'move' && step.outage)) continue;
    if (isOfOurs(stage, change) || atMs < startedMs || atMs > endedMs - noticedAfterMs) continue;
    // Who led before the start is nobody to come back to: the run began on what it found, by whatever clock.
    const changes = world.roleChanges.filter((each) => each.cluster === cluster && each.atMs >= startedMs);
    const found = fold.leadersAtStart.get(cluster) ?? changes[0]?.from;
    const ourLeader = changes.findLast((each) => isOfOurs(stage, each))?.to ?? found;
    // Also by a step of a plan that the run has given up since.
    const isCredited = entries.some(
      ({ lane, event }) =>
        event.kind === 'done' &&
        event.facts.to === to &&
        ours.some((step) => step.kind === 'switchover' && step.id === lane),
    );
    if (to === ourLeader || isCredited || looksLikeOurs(stage, change, ours)) continue;
    const isNoticed = entries.some(
      ({ event }) => event.kind === 'unplanned' && event.cluster === cluster && event.to === to,
    );
    if (!isNoticed) violate(stage, `finished, and nobody noticed that ${to} leads ${cluster}`);
  }
}

/**
 * A failover to a third member, one timeline after a switchover of ours that has no clear answer, looks to everybody like that switchover
 * gone astray: it is counted once, as ours.
 */
function looksLikeOurs(stage: Stage, { to, timeline }: RoleChange, ours: readonly Step[]): boolean {
  return ours.some((step) => {
    const lane = entriesOf(stage).filter((entry) => entry.lane === step.id);
    const last = lane.findLastIndex(({ event }) => event.kind === 'act' && event.act.kind === 'switchover');
    const asked = lane[last]?.event;
    if (asked?.kind !== 'act' || asked.act.kind !== 'switchover' || asked.act.timeline + 1 !== timeline)
      return false;
    const said = lane.slice(last).flatMap(({ event }) => (event.kind === 'answer' ? event : []));
    const [elsewhere, ...before] = said.toReversed();
    const isClear = before.some(({ answer }) => answer !== 'unknown' && answer !== 'switched');
    return elsewhere?.answer === 'other-target' && elsewhere.facts.to === to && !isClear;
  });
}

/** No mark of the run is left on any node that stays. */
export function judgeMarks(stage: Stage): void {
  const { world, runId } = stage;
  for (const node of world.store.list('Node')) {
    const { name } = node.metadata;
    const taints: readonly { key: string; value?: string }[] = node.spec?.taints ?? [];
    if (world.releasedNodes.has(name) || isMarkedLately(stage, name)) continue;
    if (node.metadata.annotations?.[RELEASE_MARK] === runId) continue;
    const isCordoned = node.metadata.annotations?.[CORDON_MARK] === runId;
    if (isCordoned || taints.some(({ key, value }) => key === FENCE_TAINT && value === runId))
      violate(stage, `${name} bears a mark of a run that has ended`);
  }
}

/** A read may be five seconds old: an abort right after a mark was set may not see it. No API server lists what is old. */
function isMarkedLately(stage: Stage, node: string): boolean {
  const { troubles } = stage;
  const entries = everWritten(stage);
  const endedMs = entries.findLast(({ event }) => endsWithMarksOff.has(event.kind))?.atMs ?? 0;
  return (
    troubles.stale > 0 &&
    entries.some(
      ({ event, atMs }) =>
        event.kind === 'act' &&
        (event.act.kind === 'fence' || event.act.kind === 'cordon') &&
        event.act.node === node &&
        endedMs - atMs < staleMostMs + 2 * troubles.clockWrongMs,
    )
  );
}

const endsWithMarksOff: ReadonlySet<string> = new Set(['aborted', 'rejected', 'expired']);
