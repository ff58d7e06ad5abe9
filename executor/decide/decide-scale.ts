/**
 * Pure: a temporary member for a cluster that has nobody to take over. Replicas are set to a number, never "one more", so
 * that a repetition changes nothing.
 */

import type { ScaleInStep, ScaleOutStep } from '../../planner/plan.ts';
import { mayHaveHappened } from '../answers.ts';
import type { Act } from '../journal.ts';
import type { Lane } from '../record/lane.ts';
import { waitUntilGone } from './decide-eviction.ts';
import {
  answerOpenAct,
  blocked,
  type Decision,
  done,
  halt,
  type Memory,
  settleOpenAct,
  type Waiting,
  waitFor,
} from './decision.ts';
import {
  firstBlocked,
  type Guard,
  isNotPaused,
  isNotPrimary,
  leaderServes,
  memberOf,
  noneIsNear,
  nothingInTheWay,
  othersAreWhole,
} from './guards.ts';
import { lanesOfCluster } from './plan-questions.ts';
import type { ClusterSeen, Seen } from './seen.ts';
import { waitAfterConflicts } from './wait-after-conflicts.ts';

type SightOf<Kind extends Seen['kind']> = Extract<Seen, { kind: Kind }>;

/** Wants the ordinal of the new member among those of its set, then waits until it streams and has caught up. */
export function decideScaleOut(sight: SightOf<'scale-out'>, memory: Memory): Decision {
  const { step, cluster, replicas, firstOrdinal = 0 } = sight;
  if (replicas === undefined) {
    return halt(memory, 'set-gone', { subject: setOf(step.member) });
  }
  // Without the new one.
  const planned = ordinalOf(step.member) - firstOrdinal;
  if (replicas <= planned) {
    if (hasScaled(memory.lane)) {
      return blocked('operator-scaled-back', setOf(step.member), { replicas, wanted: planned + 1 });
    }
    const stop = firstBlocked(
      () => isAsLeft(step, replicas, planned),
      () => canLeaveLater(memory, step, firstOrdinal),
      () => nothingInTheWay(memory, step),
      // Patroni fills no new member meanwhile.
      () => isNotPaused(cluster),
    );
    const to = { replicas: planned + 1, replicasBefore: replicas, firstOrdinalBefore: firstOrdinal };
    return (
      settleOpenAct(memory, step.member, memory.pace.actSettleMs) ?? stop ?? scale(memory, cluster, step, to)
    );
  }
  if (raisedTo(memory.lane) === undefined) {
    // A member that somebody else has added is none of ours to take away again.
    return scaledByOthers(step, replicas, planned);
  }
  const open = answerOpenAct(memory, 'seen-done');
  if (open !== undefined) {
    return open;
  }
  const pod = cluster.pods.find((each) => each.name === step.member);
  const subject = `${cluster.namespace}/${step.member}`;
  if (pod === undefined) {
    return waitFor('waiting-for-pod', subject);
  }
  if (pod.terminating) {
    return waitUntilGone(subject, pod);
  }
  if (!pod.ready) {
    return waitFor('pod-not-ready', subject);
  }
  const hasCome = done({ pod: subject, uid: pod.uid, ...(pod.node === undefined ? {} : { node: pod.node }) });
  const member = memberOf(cluster, step.member);
  if (member !== undefined && cluster.patroni.leader === member.name && leaderServes(cluster) === undefined) {
    // Whoever leads already, by a failover or a switchover that the journal has lost, streams from nobody.
    return hasCome;
  }
  if (member === undefined || !member.streaming) {
    return waitFor('replica-not-streaming', subject, { state: member?.state ?? 'not in Patroni' });
  }
  if (member.lagBytes === undefined) {
    return waitFor('lag-unknown', subject);
  }
  const limitBytes = memory.pace.lagLimitBytes;
  return member.lagBytes > limitBytes
    ? waitFor('replica-catching-up', subject, { lagBytes: member.lagBytes, limitBytes })
    : hasCome;
}

/**
 * Takes one member away: the last by lowering the replicas, the first by raising the first ordinal as well.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal
 */
export function decideScaleIn(sight: SightOf<'scale-in'>, memory: Memory): Decision {
  const { step, cluster, replicas, firstOrdinal = 0 } = sight;
  if (replicas === undefined) {
    return halt(memory, 'set-gone', { subject: setOf(step.member) });
  }
  const place = ordinalOf(step.member) - firstOrdinal;
  if (place < 0 || place >= replicas) {
    return cluster.pods.some((pod) => pod.name === step.member)
      ? (answerOpenAct(memory, 'seen-done') ??
          waitFor('member-leaving', `${cluster.namespace}/${step.member}`))
      : othersServe(cluster);
  }
  if (hasScaled(memory.lane)) {
    return blocked('operator-scaled-back', setOf(step.member), { replicas, wanted: replicas - 1 });
  }
  const stop = firstBlocked(
    // Of a set that somebody else has scaled since, whom lowering takes away may be one of theirs.
    () => isAsLeft(step, replicas, raisedInCluster(memory, step.cluster)),
    () => nothingInTheWay(memory, step),
    () => isNotPrimary(cluster, step.member),
    () => noneIsNear(memory, cluster),
    () => othersAreWhole(cluster, step.member),
    () => isFirstOrLast(step, place, replicas),
  );
  const to = {
    replicas: replicas - 1,
    replicasBefore: replicas,
    firstOrdinalBefore: firstOrdinal,
    ...(place === 0 ? { firstOrdinal: firstOrdinal + 1 } : {}),
  };
  return (
    settleOpenAct(memory, step.member, memory.pace.actSettleMs) ?? stop ?? scale(memory, cluster, step, to)
  );
}

/** Who was to stay may have been taken away by somebody else while the other left: then nobody leads, and no later step would meet it. */
function othersServe(cluster: ClusterSeen): Decision {
  return cluster.patroni.leader === undefined
    ? waitFor('no-leader', cluster.key)
    : (leaderServes(cluster) ?? done());
}

type ScaleStep = ScaleOutStep | ScaleInStep;
type ScaleAct = Extract<Act, { readonly kind: 'scale' }>;

/** Nobody else has scaled the set: it has as many members as the plan counts on, or the run has left there. Undefined: the run has never scaled it. */
function isAsLeft(step: ScaleStep, replicas: number, left: number | undefined): Guard {
  return replicas === left ? undefined : scaledByOthers(step, replicas, left);
}

function isFirstOrLast(step: ScaleStep, place: number, replicas: number): Guard {
  return place === 0 || place === replicas - 1 ? undefined : betweenOthers(step.cluster, step.member);
}

/**
 * With the new one the set has a member whom the plan wants away in the end, and can give up only its first and its last: the plan may have been
 * made while others of the set were missing.
 */
function canLeaveLater({ fold }: Memory, { cluster, member }: ScaleOutStep, firstOrdinal: number): Guard {
  const step = lanesOfCluster(fold, cluster).find((lane) => lane.step.kind === 'scale-in')?.step;
  const leaving = step?.kind === 'scale-in' ? step.member : member;
  return leaving === member || ordinalOf(leaving) === firstOrdinal
    ? undefined
    : betweenOthers(cluster, leaving);
}

function betweenOthers(cluster: string, member: string): Waiting {
  return blocked('member-between-others', `${cluster.slice(0, cluster.indexOf('/'))}/${member}`);
}

function scaledByOthers({ member }: ScaleStep, replicas: number, wanted: number | undefined): Waiting {
  return blocked('scaled-by-others', setOf(member), {
    replicas,
    ...(wanted === undefined ? {} : { wanted }),
  });
}

/** What this step set was there, by an answer or by what was seen. */
function hasScaled({ acts }: Lane): boolean {
  return acts.some(({ answer }) => answer?.answer === 'done' || answer?.answer === 'seen-done');
}

/**
 * Returns the number to which the step has raised the replicas, as far as anybody knows; undefined: it has not. A request of which nothing was seen
 * may have arrived later.
 */
function raisedTo({ acts }: Lane): number | undefined {
  const last = acts.findLast(
    ({ answer }) => mayHaveHappened(answer?.answer) || answer?.answer === 'seen-not-done',
  )?.act;
  return last?.kind === 'scale' ? last.replicas : undefined;
}

function raisedInCluster({ fold }: Memory, cluster: string): number | undefined {
  const lane = lanesOfCluster(fold, cluster).find(({ step }) => step.kind === 'scale-out');
  return lane === undefined ? undefined : raisedTo(lane);
}

function scale(
  memory: Memory,
  { namespace }: ClusterSeen,
  { member }: ScaleStep,
  to: Omit<ScaleAct, 'kind' | 'namespace' | 'name'>,
): Decision {
  const act: ScaleAct = { kind: 'scale', namespace, name: setOf(member), ...to };
  return waitAfterConflicts(memory, setOf(member)) ?? { kind: 'act', act };
}

function setOf(member: string): string {
  return member.slice(0, member.lastIndexOf('-'));
}

function ordinalOf(member: string): number {
  return Number(member.slice(member.lastIndexOf('-') + 1));
}
