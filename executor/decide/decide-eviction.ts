/**
 * Pure: what all moves share while the pod to be moved still stands, and where its replacement may not stand.
 */
import type { MoveStep } from '../../planner/plan.ts';
import type { LaneAct } from '../record/lane.ts';
import {
  answerOpenAct,
  blocked,
  type Decision,
  halt,
  type Memory,
  settleOpenAct,
  waitFor,
} from './decision.ts';
import { drainedNodes } from './plan-questions.ts';
import type { MemberSeen } from './seen.ts';

/** Delays after a closed budget double up to this many times the idle delay. */
const budgetDelaysMax = 12;

/** Evictions in a row that found the pod changed since it was looked at. */
const conflictsMax = 5;

/** Waits for a pod that is on its way out; says so where only finalizers keep it. */
export function waitUntilGone(subject: string, { node, heldBy }: MemberSeen): Decision {
  return waitFor('pod-terminating', subject, {
    ...(node === undefined ? {} : { node }),
    ...(heldBy === undefined ? {} : { heldBy }),
  });
}

/**
 * The pod that the step moves is still there. Returns: wait while it terminates, settle an eviction without answer, and
 * evict when `guard` finds nothing against it.
 */
export function decideSamePod(memory: Memory, pod: MemberSeen, guard: () => Decision | undefined): Decision {
  const subject = `${pod.namespace}/${pod.name}`;
  if (pod.terminating) {
    return answerOpenAct(memory, 'seen-done') ?? waitUntilGone(subject, pod);
  }
  if (memory.lane.acts.some((made) => wasAdmitted(made, pod))) {
    // The look is older than the eviction.
    return answerOpenAct(memory, 'seen-done') ?? waitFor('pod-terminating', subject);
  }
  const unsettled = settleOpenAct(memory, subject, memory.pace.actSettleMs);
  if (unsettled !== undefined) {
    return unsettled;
  }
  const last = memory.lane.attempts > 0 ? memory.lane.acts.at(-1) : undefined;
  const message = last?.answer?.facts.message ?? '';
  if (last?.answer?.answer === 'forbidden') {
    return halt(memory, 'eviction-forbidden', { subject, message });
  }
  const stop = guard();
  if (stop !== undefined) {
    return stop;
  }
  if (last !== undefined && isBudgetFresh(memory, last)) {
    return blocked('budget-closed', subject, { message });
  }
  const { namespace, name, uid, ownerKind, resourceVersion } = pod;
  const unchanged = resourceVersion === undefined || isRestless(memory) ? {} : { resourceVersion };
  const owner = ownerKind === undefined ? {} : { ownerKind };
  return { kind: 'act', act: { kind: 'evict', namespace, name, uid, ...unchanged, ...owner } };
}

function wasAdmitted({ act, answer }: LaneAct, pod: MemberSeen): boolean {
  return act.kind === 'evict' && act.uid === pod.uid && answer?.answer === 'evicted';
}

/** A pod that somebody writes to several times a second would never be the pod that was looked at: then its UID must do. */
function isRestless({ lane }: Memory): boolean {
  const last = lane.acts.slice(-conflictsMax);
  return last.length === conflictsMax && last.every((made) => made.answer?.answer === 'conflict');
}

/** Whether a budget admits is known only by asking, and each question is an eviction: asked less and less often. */
function isBudgetFresh(memory: Memory, last: LaneAct): boolean {
  if (last.answer?.answer !== 'budget') {
    return false;
  }
  const times = Math.min(budgetDelaysMax, 2 ** Math.min(memory.lane.attempts - 1, 10));
  return memory.nowMs - last.answer.atMs < memory.pace.idleMs * times;
}

/** Returns the halt where a replacement stands on a node to be drained, and not because the plan parks it there. */
export function landedOnDrainedNode(memory: Memory, step: MoveStep, pod: MemberSeen): Decision | undefined {
  const drained = drainedNodes(memory.fold);
  if (pod.node === undefined || !drained.has(pod.node) || drained.has(step.to)) {
    return undefined;
  }
  return halt(memory, 'landed-on-drained-node', {
    subject: `${pod.namespace}/${pod.name}`,
    node: pod.node,
    expected: step.to,
  });
}
