/**
 * Pure: does what is left of a plan still stand on the fleet as it is now? `check-plan` walks it, with what the run has done
 * so far taken as done.
 *
 * Only what a step cannot mend by waiting counts: who leads, which pods and nodes there are, which nodes are closed. Where
 * pods will stand is the scheduler's word, and health comes and goes; each step looks at both before it acts.
 */

import type { ViolationCode } from '../planner/check/check-codes.ts';
import { checkPlan } from '../planner/check/check-plan.ts';
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan, MoveStep, ScaleInStep, Step, Violation } from '../planner/plan.ts';
import { excludeEachOther, podToMove } from './decide/plan-questions.ts';
import { isInFlight, type Lane } from './record/lane.ts';
import type { RunFold } from './record/run-fold.ts';
import { isFencedBy, withoutFencesOf } from './rest-of-fleet.ts';

const notToBeMendedByWaiting: ReadonlySet<string> = new Set<ViolationCode>([
  'pod-unknown',
  'pod-replaced',
  'pod-elsewhere',
  'pod-would-not-return',
  'node-unknown',
  'cluster-unknown',
  'member-mismatch',
  'member-name-taken',
  'not-the-primary',
  'primary-moved',
  'outage-not-of-primary',
  'two-budgets',
  'drained-node-open',
  'release-not-closed',
]);

/** Said of a cluster that has another primary than the step counts on, or none. */
const aboutThePrimary: ReadonlySet<string> = new Set<ViolationCode>([
  'not-the-primary',
  'primary-moved',
  'outage-not-of-primary',
]);

/**
 * Returns what breaks the rest of the plan; empty: it stands. `before` and `after` are the run as the journal had it before
 * and after `fleet` was read: what a step was at in between is its own business.
 */
export function judgeRest(before: RunFold, after: RunFold, fleet: Fleet): readonly Violation[] {
  const busy = busySteps(before, after);
  const rest = restOfPlan(after, fleet, busy);
  const leaderless = new Set(
    fleet.clusters.filter((each) => each.primary === undefined).map(({ key }) => key),
  );
  const steps = new Map(rest.steps.map((step) => [step.id, step]));
  return checkPlan(rest, withoutFencesOf(fleet, after.runId)).filter((violation) => {
    const step = steps.get(violation.step ?? '');
    // What no step is named with is about the plan as a document: it was judged at the start.
    if (step === undefined || !notToBeMendedByWaiting.has(violation.code)) {
      return false;
    }
    const isBusy = busy.some((other) => other.id === step.id || excludeEachOther(other, step));
    return !isBusy && !isLookedAfterByStep(violation, step, leaderless);
  });
}

function busySteps(before: RunFold, after: RunFold): readonly Step[] {
  return [...after.lanes.values()]
    .filter((lane) => {
      const earlier = before.lanes.get(lane.step.id);
      return isInFlight(lane) || mayHaveEvicted(lane) || earlier?.last !== lane.last;
    })
    .map(({ step }) => step);
}

/**
 * That an eviction did not take place was seen from the pod still being there once it had time to go. A worker whose clock is ahead sees
 * that too early.
 */
function mayHaveEvicted({ acts, done }: Lane): boolean {
  const last = acts.at(-1);
  return done === undefined && last?.act.kind === 'evict' && last.answer?.answer === 'seen-not-done';
}

/** What the step concerned finds out and takes well. */
function isLookedAfterByStep({ code }: Violation, step: Step, leaderless: ReadonlySet<string>): boolean {
  // Pods of a Deployment come and go; a node that is gone needs no release.
  const isNoMember = step.kind === 'move' && step.cluster === null && code.startsWith('pod-');
  const cluster = 'cluster' in step ? step.cluster : null;
  const isElection = aboutThePrimary.has(code) && cluster !== null && leaderless.has(cluster);
  return isNoMember || isElection || (step.kind === 'release' && code === 'node-unknown');
}

/** The plan as if it had been made now: only the steps to come, with the nodes and pods that came so far by their names. */
function restOfPlan(fold: RunFold, fleet: Fleet, busy: readonly Step[]): DrainPlan {
  const uids = new Set(fleet.pods.filter((pod) => !pod.terminating).map((pod) => pod.uid));
  const there = new Set(fleet.nodes.map((node) => node.name));
  const fenced = new Set(fleet.nodes.filter((node) => isFencedBy(node, fold.runId)).map((node) => node.name));
  const kept = fold.plan.steps.filter((step) => {
    const isDone = fold.lanes.get(step.id)?.done !== undefined;
    switch (step.kind) {
      // What is closed and opened so far is walked again: the fleet is judged as it was before our fences.
      case 'fence':
        return !isDone || fenced.has(step.node);
      case 'unfence':
        return !isDone || there.has(step.node);
      // One that is under way closes the node all the same; what is amiss with it, it sees itself.
      case 'cordon':
        return !isDone;
      case 'add-node':
        return !isDone && !fold.bound.has(step.node);
      case 'move':
        return !isDone && (!busy.includes(step) || uids.has(podToMove(fold, step).uid));
      default:
        return !isDone && !busy.includes(step);
    }
  });
  const ids = new Set(kept.map((step) => step.id));
  const steps = kept.map((step) => ({
    ...asItIsNow(fold, step),
    after: step.after.filter((id) => ids.has(id)),
  }));
  const names = steps.flatMap((step) => (step.kind === 'release' ? [step.node] : []));
  return { ...fold.plan, request: { ...fold.plan.request, nodes: { names } }, steps };
}

/** The step with the real names of nodes that came, and the pod that a parked one has become. */
function asItIsNow(fold: RunFold, step: Step): Step {
  const real = (name: string): string => fold.bound.get(name) ?? name;
  switch (step.kind) {
    case 'move': {
      const { uid } = podToMove(fold, step);
      const from = uid === step.uid ? step.from : (whereItCame(fold, uid) ?? step.from);
      const moved: MoveStep = { ...step, uid, from: real(from), to: real(step.to) };
      return moved;
    }
    case 'scale-out':
      return { ...step, node: real(step.node) };
    case 'scale-in':
      return { ...step, node: whereMemberCame(fold, step) ?? real(step.node) };
    default:
      return step;
  }
}

function whereItCame(fold: RunFold, uid: string): string | undefined {
  const lane = [...fold.lanes.values()].find(({ done }) => done?.uid === uid);
  return typeof lane?.done?.node === 'string' ? lane.done.node : undefined;
}

/** The node to which the last step that brings the member there brought it; undefined: none of the run, or it has still to be done. */
function whereMemberCame(fold: RunFold, { cluster, member }: ScaleInStep): string | undefined {
  const bringing = [...fold.lanes.values()].findLast(
    ({ step }) =>
      (step.kind === 'scale-out' || step.kind === 'move') &&
      step.cluster === cluster &&
      step.member === member,
  );
  return typeof bringing?.done?.node === 'string' ? bringing.done.node : undefined;
}
