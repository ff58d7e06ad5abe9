/**
 * Pure: a temporary member for a cluster that has nobody to take over. Replicas are set to a number, never "one more", so
 * that a repetition changes nothing.
 */

import type { Act } from '../journal.ts';
import {
  answerOpenAct,
  blocked,
  type Decision,
  done,
  halt,
  type Memory,
  settleOpenAct,
  waitFor,
} from './decision.ts';
import {
  firstBlocked,
  isNotPrimary,
  memberOf,
  noneIsNear,
  nothingInTheWay,
  othersAreWhole,
} from './guards.ts';
import type { Seen } from './seen.ts';

type SightOf<Kind extends Seen['kind']> = Extract<Seen, { kind: Kind }>;

/** Wants the ordinal of the new member among the replicas, then waits until it streams and has caught up. */
export function decideScaleOut(sight: SightOf<'scale-out'>, memory: Memory): Decision {
  const { step, cluster, replicas } = sight;
  const wanted = ordinalOf(step.member) + 1;
  if (replicas === undefined) {
    return halt(memory, 'set-gone', { subject: setOf(step.member) });
  }
  if (replicas < wanted) {
    if (memory.lane.acts.some((made) => made.answer?.answer === 'done')) {
      return blocked('operator-scaled-back', setOf(step.member), { replicas, wanted });
    }
    const stop = firstBlocked(() => nothingInTheWay(memory, step));
    return (
      stop ?? scale(memory, cluster.namespace, step.member, { replicas: wanted, replicasBefore: replicas })
    );
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
  if (!pod.ready) {
    return waitFor('pod-not-ready', subject);
  }
  const hasCome = done({ pod: subject, uid: pod.uid, ...(pod.node === undefined ? {} : { node: pod.node }) });
  if (cluster.patroni.leader === step.member) {
    // Whoever leads already, by a failover or a switchover that the journal has lost, streams from nobody.
    return hasCome;
  }
  const member = memberOf(cluster, step.member);
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
  const { step, cluster, replicas } = sight;
  const subject = `${cluster.namespace}/${step.member}`;
  if (replicas === undefined) {
    return halt(memory, 'set-gone', { subject: setOf(step.member) });
  }
  const others = cluster.pods.filter((pod) => pod.name !== step.member);
  const leaving = cluster.pods.find((pod) => pod.name === step.member);
  if (leaving === undefined && replicas <= others.length) {
    return done();
  }
  if (replicas <= others.length) {
    return answerOpenAct(memory, 'seen-done') ?? waitFor('member-leaving', subject);
  }
  if (memory.lane.acts.some((made) => made.answer?.answer === 'done')) {
    return blocked('operator-scaled-back', setOf(step.member), { replicas, wanted: others.length });
  }
  const stop = firstBlocked(
    () => nothingInTheWay(memory, step),
    () => isNotPrimary(cluster, step.member),
    () => noneIsNear(memory, cluster),
    () => othersAreWhole(cluster, step.member),
  );
  if (stop !== undefined) {
    return stop;
  }
  const isFirst = others.every((pod) => ordinalOf(pod.name) > ordinalOf(step.member));
  const isLast = others.every((pod) => ordinalOf(pod.name) < ordinalOf(step.member));
  if (!isFirst && !isLast) {
    // Somebody added members meanwhile: lowering the replicas would take away one of theirs.
    return blocked('operator-scaled-back', setOf(step.member), { replicas, wanted: others.length });
  }
  const firstOrdinal = isFirst ? { firstOrdinal: ordinalOf(step.member) + 1 } : {};
  const to = { replicas: others.length, replicasBefore: replicas, ...firstOrdinal };
  return scale(memory, cluster.namespace, step.member, to);
}

function scale(
  memory: Memory,
  namespace: string,
  member: string,
  to: { readonly replicas: number; readonly replicasBefore: number; readonly firstOrdinal?: number },
): Decision {
  const act: Act = { kind: 'scale', namespace, name: setOf(member), ...to };
  return settleOpenAct(memory, member, memory.pace.actSettleMs) ?? { kind: 'act', act };
}

function setOf(member: string): string {
  return member.slice(0, member.lastIndexOf('-'));
}

function ordinalOf(member: string): number {
  return Number(member.slice(member.lastIndexOf('-') + 1));
}
