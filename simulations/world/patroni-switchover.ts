/**
 * POST /switchover: its checks in Patroni's order, its texts and codes as recorded, and what then happens.
 * https://github.com/patroni/patroni/blob/master/patroni/api.py (do_POST_failover)
 */
import type { PatroniAnswer, PatroniAnswerNow } from './answers.ts';
import { toMs } from './durations.ts';
import type { SwitchoverLie } from './faults.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import {
  followSoon,
  leaderOf,
  promote,
  raceSoon,
  releaseLock,
  successorOf,
  takeLock,
} from './patroni-leader.ts';
import { publishMember } from './patroni-publish.ts';
import { scheduleSwitchover, writeSwitchover } from './patroni-schedule.ts';
import { isNofailover, positionOf } from './patroni-state.ts';
import { badRequestPage, say } from './patroni-texts.ts';
import type { World } from './world.ts';

type Asked = { leader: string; candidate: string | undefined };

/**
 * The leader begins to stop this long after it was asked; its lock is free when it has stopped (both seen), which takes as long as its
 * last checkpoint. https://github.com/patroni/patroni/issues/3106
 */
const STOPS_AFTER_SECONDS = 0.2;
const STOPPED_AFTER_SECONDS = 1.4;
/** The candidate takes the lock at its next look. */
const TAKEN_AFTER_SECONDS = 1.55;
/** A request that comes to nothing is answered after about a second (seen). */
const FAILED_AFTER_SECONDS = 1.1;
/** Patroni gives up waiting: "status unknown" (2 * max(10, loop_wait) seconds at most). */
const UNKNOWN_AFTER_SECONDS = 20;
/** With loop_wait 30 the next loop may still do what nobody waits for any more. */
const LATE_AFTER_SECONDS = 45;

/** Returns Patroni's no at once, or an answer that comes later in virtual time. */
export function postSwitchover(world: World, cluster: ClusterState, body: unknown): PatroniAnswer {
  const asked = readAsked(body);
  if (asked === undefined) return badRequestPage();
  const refused = refusal(world, cluster, asked);
  if (refused !== undefined) return refused;
  const { leader = '', candidate, scheduled } = asked;
  if (scheduled !== undefined) {
    const later = { leader, candidate, atMs: Date.parse(scheduled) };
    return scheduleSwitchover(world, cluster, later, () =>
      startScheduled(world, cluster, { leader, candidate }),
    );
  }
  const lie = world.faults.takeLie(cluster.key);
  return {
    kind: 'later',
    done: (resolve) => carryOut(world, cluster, { leader, candidate }, lie, resolve),
  };
}

/** POST /failover: its refusals. It asks fewer questions than a switchover, so nothing here may ask for it. */
export function postFailover(body: unknown): PatroniAnswerNow {
  const asked = readAsked(body);
  if (asked === undefined) return badRequestPage();
  return asked.candidate === undefined
    ? say(400, 'Failover could be performed only to a specific candidate')
    : say(501, 'failovers by request are not part of this simulation');
}

function readAsked(
  body: unknown,
): { leader?: string; candidate: string | undefined; scheduled?: string } | undefined {
  if (typeof body !== 'object' || body === null || Object.keys(body).length === 0) return undefined;
  const fields = new Map<string, unknown>(Object.entries(body));
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const leader = text('leader');
  const scheduled = text('scheduled_at');
  return {
    candidate: text('candidate') ?? text('member'),
    ...(leader === undefined ? {} : { leader }),
    ...(scheduled === undefined ? {} : { scheduled }),
  };
}

function refusal(
  world: World,
  cluster: ClusterState,
  asked: { leader?: string; candidate: string | undefined; scheduled?: string },
): PatroniAnswerNow | undefined {
  if (asked.leader === undefined)
    return say(400, 'Switchover could be performed only from a specific leader');
  if (cluster.config.pause === true && asked.candidate === undefined) {
    return say(400, 'Switchover is possible only to a specific candidate in a paused state');
  }
  if (asked.scheduled !== undefined) return refuseSchedule(world, cluster, asked.scheduled);
  if (cluster.leader !== asked.leader) return say(412, 'leader name does not match');
  const synchronous = Boolean(cluster.config.synchronous_mode);
  const others = [...cluster.members.values()].filter((member) => member.name !== cluster.leader);
  if (asked.candidate !== undefined) {
    if (!isNamed(cluster, asked.candidate)) {
      return say(412, 'candidate name does not match with sync_standby');
    }
    if (!cluster.members.has(asked.candidate)) return say(412, 'candidate does not exists');
    if (asked.candidate === cluster.leader) return undefined;
  } else if (synchronous && cluster.syncStandbys.length === 0) {
    return say(412, 'switchover is not possible: can not find sync_standby');
  } else if (others.length === 0) {
    return say(412, 'switchover is not possible: cluster does not have members except leader');
  }
  const good = others.filter(
    (member) => (asked.candidate === undefined || member.name === asked.candidate) && answers(world, member),
  );
  return good.length > 0
    ? undefined
    : say(412, 'switchover is not possible: no good candidates have been found');
}

/** Members that could take over as far as the REST check looks: streaming is not asked for, and that is the trap. */
function answers(world: World, member: MemberState): boolean {
  const silent = world.faults.silentPatroni.has(`${member.namespace}/${member.name}`);
  return !silent && member.state === 'running' && member.ready && !isNofailover(member);
}

function refuseSchedule(
  world: World,
  cluster: ClusterState,
  scheduled: string,
): PatroniAnswerNow | undefined {
  if (cluster.config.pause === true) return say(400, "Can't schedule switchover in the paused state");
  const atMs = Date.parse(scheduled);
  if (Number.isNaN(atMs)) {
    return say(
      422,
      'Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601',
    );
  }
  if (!/(?:Z|[+-][0-9]{2}:?[0-9]{2})$/.test(scheduled)) {
    return say(400, 'Timezone information is mandatory for the scheduled switchover');
  }
  return atMs < world.nowMs() ? say(422, 'Cannot schedule switchover in the past') : undefined;
}

type Resolve = (answer: PatroniAnswerNow | { readonly kind: 'no-answer' }) => void;

function carryOut(
  world: World,
  cluster: ClusterState,
  asked: Asked,
  lie: SwitchoverLie | undefined,
  resolve: Resolve,
): void {
  let isAnswered = false;
  const answerAfter = (seconds: number, answer: PatroniAnswerNow | { kind: 'no-answer' }): void => {
    world.clock.after(toMs(seconds), () => {
      if (!isAnswered) resolve(answer);
      isAnswered = true;
    });
  };
  const unknown = say(503, 'Switchover status unknown');
  const candidate = cluster.members.get(asked.candidate ?? '');
  const hopeless =
    candidate !== undefined && (candidate.name === asked.leader || isTooFarBehind(world, cluster, candidate));
  const isUnknown = lie === 'unknown-not-done' || lie === 'unknown-but-late';
  if (isUnknown) answerAfter(UNKNOWN_AFTER_SECONDS, unknown);
  if (lie === 'unknown-but-late')
    world.clock.after(toMs(LATE_AFTER_SECONDS), () => startLate(world, cluster, asked));
  if (isUnknown) return;
  // Whoever waits for a leader that stops slowly is not told what comes of it.
  if (world.faults.stopSeconds.has(cluster.key) && lie !== 'no-answer-but-done')
    answerAfter(UNKNOWN_AFTER_SECONDS, unknown);
  if (cluster.switchover !== undefined) {
    cluster.switchover.done.push((leader) => answerAfter(0.5, outcome(asked, leader)));
  } else if (lie === 'failed' || hopeless) {
    answerAfter(FAILED_AFTER_SECONDS, say(503, 'Switchover failed'));
  } else {
    if (lie === 'no-answer-but-done') answerAfter(STOPS_AFTER_SECONDS / 2, { kind: 'no-answer' });
    if (lie === 'unknown-but-done') answerAfter(UNKNOWN_AFTER_SECONDS, unknown);
    const silent = lie === 'no-answer-but-done' || lie === 'unknown-but-done';
    const target = lie === 'other-target' ? otherThan(world, cluster, asked) : asked.candidate;
    const rest = world.durations.switchoverAnswerSeconds - TAKEN_AFTER_SECONDS;
    const now = { leader: asked.leader, candidate: target };
    writeSwitchover(world, cluster, now);
    start(world, cluster, now, (leader) => {
      if (!silent) answerAfter(rest, outcome(asked, leader));
    });
  }
}

/**
 * Nobody waits for it any more, and it happens all the same, unless somebody else leads by now, or the candidate is no synchronous standby
 * any more. https://github.com/patroni/patroni/blob/master/patroni/ha.py (process_manual_failover_from_leader)
 */
function startLate(world: World, cluster: ClusterState, asked: Asked): void {
  if (!mayStart(cluster, asked)) return;
  writeSwitchover(world, cluster, asked);
  start(world, cluster, asked, () => {});
}

function mayStart(cluster: ClusterState, asked: Asked): boolean {
  if (cluster.leader !== asked.leader || cluster.switchover !== undefined) return false;
  return isNamed(cluster, asked.candidate);
}

/** Nothing happens where no member could take over by then. Until it is over, it is shown as scheduled. */
function startScheduled(world: World, cluster: ClusterState, asked: Asked): void {
  const able = [...cluster.members.values()].filter(
    (member) =>
      member.name !== asked.leader &&
      (asked.candidate === undefined || asked.candidate === member.name) &&
      answers(world, member) &&
      !isTooFarBehind(world, cluster, member),
  );
  if (able.length > 0 && mayStart(cluster, asked)) start(world, cluster, asked, () => {});
  else writeSwitchover(world, cluster, undefined);
}

/** In a synchronous cluster only synchronous standbys may take over. */
function isNamed({ config, syncStandbys }: ClusterState, candidate: string | undefined): boolean {
  return !config.synchronous_mode || candidate === undefined || syncStandbys.includes(candidate);
}

function isTooFarBehind(world: World, cluster: ClusterState, candidate: MemberState): boolean {
  const maximum = Number(cluster.config.maximum_lag_on_failover ?? 1_048_576);
  return cluster.publishedBytes - positionOf(world, cluster, candidate) > maximum;
}

function otherThan(world: World, cluster: ClusterState, asked: Asked): string | undefined {
  const except = new Set([asked.leader, asked.candidate ?? '']);
  return successorOf(world, cluster, except)?.name ?? asked.candidate;
}

function outcome(asked: Asked, leader: string | undefined): PatroniAnswerNow {
  if (leader === undefined || leader === asked.leader) return say(503, 'Switchover failed');
  return asked.candidate === undefined || asked.candidate === leader
    ? say(200, `Successfully switched over to "${leader}"`)
    : say(200, `Switched over to "${leader}" instead of "${asked.candidate}"`);
}

/** The course of a switchover; `done` is told who leads in the end. */
function start(
  world: World,
  cluster: ClusterState,
  asked: Asked,
  done: (leader: string | undefined) => void,
): void {
  cluster.switchover = { ...asked, done: [done] };
  const former = leaderOf(cluster);
  const longer = world.faults.stopSeconds.get(cluster.key) ?? 0;
  world.clock.after(toMs(STOPS_AFTER_SECONDS), () => {
    if (former?.state !== 'running') return;
    former.state = 'stopping';
    publishMember(world, cluster, former);
  });
  world.clock.after(toMs(STOPPED_AFTER_SECONDS + longer), () => {
    if (cluster.leader !== asked.leader || leaderOf(cluster) !== former) return;
    // What a clean stop writes last is streamed to those who stream before the lock is given back.
    releaseLock(world, cluster);
    if (former === undefined || cluster.members.get(former.name) !== former) return;
    former.role = 'demoted';
    former.ready = false;
    former.roleLabel = undefined;
    publishMember(world, cluster, former);
    world.memberReadiness(former, false);
  });
  world.clock.after(toMs(TAKEN_AFTER_SECONDS + longer), () => {
    const waiting = cluster.switchover?.done ?? [];
    cluster.switchover = undefined;
    writeSwitchover(world, cluster, undefined);
    finish(world, cluster, asked, former);
    for (const tell of waiting) tell(cluster.leader);
  });
}

function finish(world: World, cluster: ClusterState, asked: Asked, former: MemberState | undefined): void {
  if (cluster.leader !== undefined) return;
  const candidate = cluster.members.get(asked.candidate ?? '');
  const isAble = candidate?.state === 'running' && !isTooFarBehind(world, cluster, candidate);
  const able = isAble ? candidate : undefined;
  const winner = able ?? successorOf(world, cluster, new Set([asked.leader]));
  if (winner === undefined) {
    // Nobody takes over: the former leader starts again and takes its lock back.
    if (former !== undefined && cluster.members.get(former.name) === former && former.state !== 'stopped') {
      former.state = 'running';
      former.ready = true;
      takeLock(world, cluster, former);
      world.memberReadiness(former, true);
      publishMember(world, cluster, former);
    } else raceSoon(world, cluster);
    return;
  }
  promote(world, cluster, winner, 'switchover');
  if (former !== undefined) restartAsReplica(world, cluster, former);
}

/** Ready after about 5 s, but without a label, not listed as streaming and published as stopped until about 11 s (seen). */
function restartAsReplica(world: World, cluster: ClusterState, former: MemberState): void {
  const same = (): boolean => cluster.members.get(former.name) === former;
  if (!same() || world.isTerminatingPod(former)) return;
  const { demotedReadySeconds, demotedLabelSeconds } = world.durations;
  former.state = 'stopped';
  publishMember(world, cluster, former);
  world.clock.after(toMs(demotedReadySeconds - TAKEN_AFTER_SECONDS), () => {
    if (!same() || world.isTerminatingPod(former)) return;
    former.state = 'running';
    former.role = 'replica';
    former.ready = true;
    former.startedMs = world.nowMs();
    former.timeline = cluster.timeline;
    world.memberReadiness(former, true);
    const rest = demotedLabelSeconds - demotedReadySeconds;
    followSoon(world, cluster, former, rest);
    world.clock.after(toMs(rest), () => {
      if (!same() || former.role !== 'replica') return;
      former.roleLabel = 'replica';
      publishMember(world, cluster, former);
    });
  });
}
