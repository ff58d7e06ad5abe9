/**
 * Pure: a switchover, asked for once and believed only when it was seen.
 *
 * Patroni's answers lie in both directions: 200 may name another target, 503 "status unknown" may be a success, and no
 * answer at all may be either. What is true is who leads, and on which timeline: a promotion raises the timeline by one.
 * So the act carries leader and timeline as they were, and the look afterwards compares.
 *
 * A checkpoint keeps the stop of the old primary short. Patroni makes it itself, while the primary still takes writes:
 * https://github.com/patroni/patroni/blob/master/patroni/postgresql/__init__.py (stop, checkpoint)
 */
import type { Facts } from '../../planner/plan.ts';
import { mayHaveHappened } from '../answers.ts';
import type { Act } from '../journal.ts';
import { isToBeSeen, type LaneAct } from '../record/lane.ts';
import type { RunFold } from '../record/run-fold.ts';
import { chooseCandidate } from './choose-candidate.ts';
import {
  blocked,
  type Decision,
  done,
  halt,
  type Memory,
  type RoleChange,
  settleOpenAct,
  waitFor,
} from './decision.ts';
import {
  candidateIsFit,
  firstBlocked,
  type Guard,
  isNotPaused,
  leaderRuns,
  nobodyElseDrains,
  noneIsScheduled,
  nothingInTheWay,
  othersAreWhole,
  switchoverIsFree,
  timelinesAgree,
} from './guards.ts';
import { isAcceptedLeader } from './plan-questions.ts';
import type { ClusterSeen, Seen } from './seen.ts';
import { waitForWindow } from './wait-for-window.ts';

type SwitchoverSight = Extract<Seen, { kind: 'switchover' }>;
type SwitchoverAct = Extract<Act, { kind: 'switchover' }>;
type Asked = LaneAct & { readonly act: SwitchoverAct };

/** Returns the decision: by who leads now. */
export function decideSwitchover(sight: SwitchoverSight, memory: Memory): Decision {
  const { step, cluster } = sight;
  const leader = cluster.patroni.leader;
  const asked = lastAsked(memory);
  if (leader === undefined) {
    return asked !== undefined && mayHaveHappened(asked.answer?.answer)
      ? waitFor('switchover-under-way', step.cluster, { from: step.from, to: step.to })
      : waitFor('no-leader', step.cluster);
  }
  if (leader === step.to || leader === asked?.act.candidate) {
    return decideArrived(sight, memory, leader);
  }
  return leader === step.from
    ? decideBefore(sight, memory, asked)
    : decideElsewhere(sight, memory, asked, leader);
}

function lastAsked(memory: Memory): Asked | undefined {
  for (const made of memory.lane.acts.toReversed()) {
    // A withdrawn act was never begun: nothing that happens can be its doing.
    if (made.act.kind === 'switchover' && made.answer?.answer !== 'withdrawn') {
      return { ...made, act: made.act };
    }
  }
  return undefined;
}

/**
 * The last attempt that a promotion can be the doing of. After a clear no, or after nothing was seen of it for so long that a further
 * attempt was allowed, what is seen is the doing of an earlier attempt, or of somebody else. "Switchover failed" (503) is such a no:
 * the failover key was gone and nobody else led.
 */
function lastBegun(memory: Memory): Asked | undefined {
  for (const made of memory.lane.acts.toReversed()) {
    if (made.act.kind === 'switchover' && mayHaveHappened(made.answer?.answer)) {
      return { ...made, act: made.act };
    }
  }
  return undefined;
}

/** The wanted member leads. Ours if we asked for it and exactly one promotion took place since we looked. */
function decideArrived(sight: SwitchoverSight, memory: Memory, to: string): Decision {
  const { step, cluster } = sight;
  const timeline = cluster.patroni.timeline;
  const asked = lastBegun(memory);
  if (asked === undefined) {
    return roleChangedByOthers(cluster, memory, step.from, to);
  }
  if (timeline === undefined) {
    return waitFor('timeline-unknown', step.cluster);
  }
  if (timeline === asked.act.timeline) {
    return waitFor('switchover-under-way', step.cluster, { from: step.from, to });
  }
  if (timeline !== asked.act.timeline + 1) {
    return roleChangedByOthers(cluster, memory, step.from, to);
  }
  const facts = { from: step.from, to, timelineBefore: asked.act.timeline, timeline };
  return labelsFollowed(sight, to) ? done(facts) : waitFor('role-labels-not-moved', step.cluster, facts);
}

/**
 * The budget of the primary and every client that connects by label follow the role label. The member that led may carry
 * none for some 10 seconds; it must only not be called the primary any more.
 */
function labelsFollowed({ step, cluster, roleLabel }: SwitchoverSight, to: string): boolean {
  const roleOf = (name: string): string | undefined =>
    cluster.pods.find((pod) => pod.name === name)?.labels?.[roleLabel];
  return isPrimaryLabel(roleOf(to)) && !isPrimaryLabel(roleOf(step.from));
}

function isPrimaryLabel(role: string | undefined): boolean {
  return role === 'primary' || role === 'master' || role === 'standby_leader';
}

/** The same member leads as before: not asked yet, under way, or answered with a no. */
function decideBefore(sight: SwitchoverSight, memory: Memory, asked: Asked | undefined): Decision {
  const { step, cluster } = sight;
  const timeline = cluster.patroni.timeline;
  const isAnotherTimeline = asked !== undefined && timeline !== undefined && timeline !== asked.act.timeline;
  if (asked !== undefined && mayHaveHappened(asked.answer?.answer)) {
    if (isAnotherTimeline) {
      return roleChangedByOthers(cluster, memory, step.from, step.from);
    }
    const unsettled = settleSwitchover(sight, memory, asked);
    if (unsettled !== undefined) {
      return unsettled;
    }
  }
  if (isAnotherTimeline && mayHaveComeBack(asked) && !isAcceptedReturn(sight, memory, asked)) {
    return roleChangedByOthers(cluster, memory, step.from, step.from);
  }
  if (memory.lane.attempts >= memory.pace.switchoverAttemptsMax) {
    return halt(memory, 'switchover-attempts-used-up', {
      subject: step.cluster,
      attempts: memory.lane.attempts,
      ...answerFacts(asked),
    });
  }
  const refusedMs = asked?.answer?.answer === 'not-done' ? memory.nowMs - asked.answer.atMs : undefined;
  if (refusedMs !== undefined && refusedMs < memory.pace.switchoverRetryMs && memory.lane.attempts > 0) {
    return blocked('switchover-not-done', step.cluster, answerFacts(asked));
  }
  return guarded(sight, memory, timeline);
}

/**
 * "Switchover failed" (503) is also said where the primary has stopped, found nobody fit to take over any more, and taken the lock again, one
 * timeline later: https://github.com/patroni/patroni/blob/master/patroni/ha.py (manual_failover_process_no_leader)
 */
function mayHaveComeBack({ answer }: Asked): boolean {
  return answer?.answer === 'not-done' && answer.facts.status === 503;
}

/** That the same member leads again on this timeline stands in the journal since, and a person has resumed the run: it is no news. */
function isAcceptedReturn({ step, cluster }: SwitchoverSight, { fold }: Memory, asked: Asked): boolean {
  return fold.unplanned.some(
    ({ accepted, sequence, cluster: key, to, facts }) =>
      accepted &&
      sequence > asked.sequence &&
      key === cluster.key &&
      to === step.from &&
      facts.timeline !== undefined &&
      facts.timeline === cluster.patroni.timeline,
  );
}

/**
 * Asked, and nothing is seen of it. Never asked again blindly: Patroni may still do it in its next loop. Only after the
 * settle time, leader and timeline unchanged all the while, a further attempt is allowed. A leader that stops is about to hand over, however
 * long its last checkpoint takes: nobody gives that up, for it comes all the same and would be taken for somebody else's. One that does not answer
 * has not said that it does not, and only its timeline tells that it has led all the while.
 */
function settleSwitchover(sight: SwitchoverSight, memory: Memory, asked: Asked): Decision | undefined {
  const { pace, lane } = memory;
  const { timeline, leaderSilent } = sight.cluster.patroni;
  if (timeline === undefined || leaderSilent === true || leaderRuns(sight.cluster) !== undefined) {
    return waitFor('switchover-under-way', sight.step.cluster, { from: sight.step.from, to: sight.step.to });
  }
  if (lane.openAct !== undefined) {
    return settleOpenAct(memory, sight.step.cluster, pace.switchoverSettleMs);
  }
  const sinceMs = memory.nowMs - (asked.answer?.atMs ?? asked.atMs);
  if (sinceMs >= pace.switchoverSettleMs) {
    return undefined;
  }
  return waitFor('switchover-under-way', sight.step.cluster, { from: sight.step.from, to: sight.step.to });
}

function guarded(sight: SwitchoverSight, memory: Memory, timeline: number | undefined): Decision {
  const { step, cluster } = sight;
  const closed = waitForWindow(memory, step);
  if (closed !== undefined) {
    return nothingCameOfIt(memory) ?? closed;
  }
  const candidate = chooseCandidate(memory, cluster, step);
  const stop = firstBlocked(
    () => nothingInTheWay(memory, step),
    () => switchoverIsFree(memory, step),
    () => isNotPaused(cluster),
    () => noneIsScheduled(cluster),
    () => leaderRuns(cluster),
    () => timelinesAgree(cluster, candidate),
    () => candidateIsFit(memory, cluster, candidate),
    () => placeIsLeftAlone(sight, candidate),
    () => othersAreWhole(cluster, step.from),
  );
  if (stop !== undefined) {
    return stop;
  }
  const leaderUrl = cluster.pods.find((pod) => pod.name === step.from)?.patroniUrl;
  if (leaderUrl === undefined || timeline === undefined) {
    return blocked('member-unavailable', `${cluster.namespace}/${step.from}`, { why: 'no address' });
  }
  return {
    kind: 'act',
    act: {
      kind: 'switchover',
      cluster: step.cluster,
      leader: step.from,
      leaderUrl,
      candidate,
      timeline,
    },
  };
}

/**
 * It had its time, and no further attempt follows soon. While its answer is unclear others of its cluster, and those beyond the limit, wait
 * for it: not for as long as a window is closed.
 */
function nothingCameOfIt({ lane }: Memory): Decision | undefined {
  const last = lane.acts.at(-1);
  return last !== undefined && isToBeSeen(last)
    ? { kind: 'answer', answer: 'seen-not-done', facts: {} }
    : undefined;
}

/** A primary that somebody else is about to move would be interrupted twice. */
function placeIsLeftAlone({ cluster, drainedByOthers }: SwitchoverSight, candidate: string): Guard {
  const node = cluster.pods.find((pod) => pod.name === candidate)?.node ?? '';
  return nobodyElseDrains(node, drainedByOthers?.[node]);
}

/**
 * A third member leads: our switchover went astray, or somebody else's. Where Patroni has said nothing for certain, the two look alike:
 * https://patroni.readthedocs.io/en/latest/rest_api.html#cluster-status-endpoints (`/history` tells when and to whom, not why). It is
 * counted as ours then, so that we never claim fewer interruptions than we made, and the halt calls somebody.
 */
function decideElsewhere(
  sight: SwitchoverSight,
  memory: Memory,
  asked: Asked | undefined,
  leader: string,
): Decision {
  const { step, cluster } = sight;
  const facts = { subject: step.cluster, from: step.from, wanted: step.to, to: leader };
  if (asked?.answer?.answer === 'other-target' && asked.answer.facts.to === leader) {
    return halt(memory, 'switched-to-other-target', facts);
  }
  const mayBeOurs = asked !== undefined && mayHaveHappened(asked.answer?.answer);
  if (mayBeOurs && cluster.patroni.timeline === undefined) {
    return waitFor('timeline-unknown', step.cluster);
  }
  const isOurs = mayBeOurs && cluster.patroni.timeline === asked.act.timeline + 1;
  if (!isOurs) {
    return roleChangedByOthers(cluster, memory, step.from, leader);
  }
  // Counted as ours through the answer; the halt follows on the next look.
  const last = memory.lane.acts.at(-1);
  return last !== undefined && isToBeSeen(last)
    ? { kind: 'answer', answer: 'other-target', facts: { to: leader } }
    : halt(memory, 'switched-to-other-target', facts);
}

/** Returns the halt for a role change that is not ours; it goes into the journal as unplanned, once. */
export function roleChangedByOthers(
  cluster: ClusterSeen,
  memory: Memory,
  from: string,
  to: string,
): Decision {
  const { facts, unplanned } = roleChange(cluster, memory.fold, from, to);
  return halt(memory, 'role-changed-by-others', facts, unplanned);
}

/** Returns what there is to say about a role change that is not ours; `unplanned` undefined: the journal has it already. */
export function roleChange(
  cluster: ClusterSeen,
  fold: RunFold,
  from: string,
  to: string,
): { readonly facts: Facts; readonly unplanned: RoleChange | undefined } {
  const timeline = cluster.patroni.timeline;
  const facts: Facts = timeline === undefined ? {} : { timeline };
  const isKnown =
    fold.unplanned.some(
      (change) => change.cluster === cluster.key && change.to === to && change.facts.timeline === timeline,
    ) || isKnownWithoutTimeline(cluster, fold, to);
  return {
    facts: { subject: cluster.key, from, to, ...facts },
    unplanned: isKnown ? undefined : { cluster: cluster.key, from, to, facts },
  };
}

/** Of the two looks one has met a leader that names no timeline: the last change that was told is this one, as far as anybody can know. */
function isKnownWithoutTimeline({ key, patroni }: ClusterSeen, fold: RunFold, to: string): boolean {
  const last = fold.unplanned.findLast((change) => change.cluster === key);
  return (
    last?.to === to &&
    (patroni.timeline === undefined || last.facts.timeline === undefined) &&
    (!last.accepted || isAcceptedLeader(fold, key, to))
  );
}

function answerFacts(asked: Asked | undefined): Facts {
  const message = asked?.answer?.facts.message;
  return typeof message === 'string' ? { message } : {};
}
