/**
 * Pure questions to the plan and its journal that several decisions ask.
 */
import type { MoveStep, Step } from '../../planner/plan.ts';
import { parallelSwitchoversDefault } from '../limits.ts';
import { isInFlight, type Lane } from '../record/lane.ts';
import type { RunFold } from '../record/run-fold.ts';
import { clusterOf, planIndex, setOf } from './plan-index.ts';

function lanesOf(fold: RunFold, steps: readonly Step[] = []): readonly Lane[] {
  const lanes: Lane[] = [];
  for (const { id } of steps) {
    const lane = fold.lanes.get(id);
    if (lane !== undefined) {
      lanes.push(lane);
    }
  }
  return lanes;
}

/** Returns the lanes of the steps that concern members of the cluster, in plan order. */
export function lanesOfCluster(fold: RunFold, cluster: string): readonly Lane[] {
  return lanesOf(fold, planIndex(fold.plan).byCluster.get(cluster));
}

/** Returns the lanes of the `add-node` steps, in plan order. */
export function lanesOfAddNodes(fold: RunFold): readonly Lane[] {
  return lanesOf(fold, planIndex(fold.plan).addNodes);
}

/** Nodes that the plan empties, by the names of the snapshot. */
export function drainedNodes(fold: RunFold): ReadonlySet<string> {
  return planIndex(fold.plan).drained;
}

/** Returns true where the plan closed this node to new pods and has not opened it again. */
export function isClosedByPlan(fold: RunFold, node: string): boolean {
  let closed = false;
  for (const { step, done } of lanesOf(fold, planIndex(fold.plan).doors.get(node))) {
    if (done === undefined) {
      continue;
    }
    closed = step.kind !== 'unfence';
  }
  return closed;
}

/** A pod by name and UID: the plan's, or the one that took its place in an earlier move of the same pod. */
export type PodIdentity = { readonly namespace: string; readonly name: string; readonly uid: string };

/** Returns the pod that this step moves. A pod that was parked is moved twice, and after the first time it is another. */
export function podToMove(fold: RunFold, step: MoveStep): PodIdentity {
  let { pod, uid } = step;
  for (const lane of lanesOf(fold, planIndex(fold.plan).byPod.get(step.pod))) {
    if (lane.step.id === step.id) {
      break;
    }
    if (lane.done !== undefined) {
      pod = typeof lane.done.pod === 'string' ? lane.done.pod : pod;
      uid = typeof lane.done.uid === 'string' ? lane.done.uid : uid;
    }
  }
  const slash = pod.indexOf('/');
  return { namespace: pod.slice(0, slash), name: pod.slice(slash + 1), uid };
}

/**
 * UIDs of the pods that the plan moves and that are named after this owner (`namespace/owner`), and of those that have come in their
 * place.
 */
export function knownPodUids(fold: RunFold, owner: string): ReadonlySet<string> {
  const uids = new Set<string>();
  for (const { id, uid } of planIndex(fold.plan).byOwner.get(owner) ?? []) {
    const came = fold.lanes.get(id)?.done?.uid;
    uids.add(uid);
    if (typeof came === 'string') {
      uids.add(came);
    }
  }
  return uids;
}

/**
 * Returns who should lead the cluster if nobody but this run changed it: the target of our last switchover, who led after
 * our last outage, who led when the run was resumed after a change of others, else the primary at the start; undefined: not known, or a switchover or an outage of ours is under way
 * and may end either way.
 */
export function leaderByOurCount(fold: RunFold, cluster: string): string | undefined {
  const since = fold.leadersSince.get(cluster);
  let leader = since?.leader ?? fold.leadersAtStart.get(cluster);
  for (const lane of lanesOfCluster(fold, cluster)) {
    if (lane.step.kind !== 'switchover' && !isOutage(lane.step)) {
      continue;
    }
    if (isInFlight(lane) && lane.acts.at(-1)?.answer?.answer !== 'other-target') {
      return undefined;
    }
    if (since === undefined || lane.last > since.sequence) {
      leader = leaderAfter(lane, leader);
    }
  }
  return leader;
}

function leaderAfter({ step, done, acts }: Lane, before: string | undefined): string | undefined {
  if (step.kind !== 'switchover') {
    return typeof done?.leader === 'string' ? done.leader : before;
  }
  const last = acts.at(-1)?.answer;
  if (done !== undefined) {
    // In a synchronous cluster it may be another than the plan foresaw.
    return typeof done.to === 'string' ? done.to : step.to;
  }
  if (last?.answer === 'other-target' && typeof last.facts.to === 'string') {
    return last.facts.to;
  }
  return before ?? step.from;
}

/** Returns, of a halted run, who led when somebody last changed it: a change back is one more interruption that is not ours. */
export function leaderByJournal(fold: RunFold, cluster: string): string | undefined {
  const ours = leaderByOurCount(fold, cluster);
  const last = fold.unplanned.findLast((change) => change.cluster === cluster && !change.accepted);
  return ours === undefined ? undefined : (last?.to ?? ours);
}

/**
 * Returns true where this member leads by the last change of the cluster that is not ours, and the run was resumed or planned anew
 * knowing of it, until it is seen who leads then. Once the run has made another member the primary since, whoever leads again has changed it again.
 */
export function isAcceptedLeader(fold: RunFold, cluster: string, leader: string): boolean {
  return acceptedLeader(fold, cluster) === leader;
}

/** Returns who may lead the cluster beside whom the run counts on, see `isAcceptedLeader`; undefined: nobody. */
export function acceptedLeader(fold: RunFold, cluster: string): string | undefined {
  const last = fold.unplanned.findLast((change) => change.accepted && change.cluster === cluster);
  const seenSince = fold.leadersSince.get(cluster)?.sequence ?? 0;
  if (last === undefined || last.sequence <= seenSince) {
    return undefined;
  }
  const isOvertaken = lanesOfCluster(fold, cluster).some(
    ({ step, done, last: sequence }) =>
      done !== undefined && sequence > last.sequence && (step.kind === 'switchover' || isOutage(step)),
  );
  return isOvertaken ? undefined : last.to;
}

function isOutage(step: Step): boolean {
  return step.kind === 'move' && step.outage;
}

/** Returns true while the plan still has to move this member (`namespace/name` of its pod). */
export function hasMoveToCome(fold: RunFold, pod: string): boolean {
  return lanesOf(fold, planIndex(fold.plan).byPod.get(pod)).some((lane) => lane.done === undefined);
}

/**
 * Returns a step that must come to its end before this one may act, among those that acted before entry `sequence`;
 * undefined: none. Two members of one cluster are never unavailable together, whatever the plan says, and a StatefulSet
 * brings its pods back one after the other.
 */
export function stepInTheWay(fold: RunFold, step: Step, sequence: number): Lane | undefined {
  return lanesNear(fold, step).find(
    (other) =>
      isInFlight(other) &&
      other.step.id !== step.id &&
      excludeEachOther(step, other.step) &&
      (other.acts.at(-1)?.sequence ?? 0) < sequence,
  );
}

/** Returns the lanes among which are all that a step excludes: those of its cluster or of its StatefulSet. */
export function lanesNear(fold: RunFold, step: Step): readonly Lane[] {
  const { byCluster, bySet } = planIndex(fold.plan);
  const set = step.kind === 'move' ? setOf(step.pod) : undefined;
  return [
    ...lanesOf(fold, byCluster.get(clusterOf(step) ?? '')),
    ...lanesOf(fold, set === undefined ? undefined : bySet.get(set)),
  ];
}

/** Counts the other switchovers under way that began before entry `sequence`. */
export function switchoversUnderWay(fold: RunFold, step: Step, sequence: number): number {
  let count = 0;
  for (const other of fold.lanes.switchoversInFlight()) {
    if (other.step.id !== step.id && (other.acts.at(-1)?.sequence ?? 0) < sequence) {
      count += 1;
    }
  }
  return count;
}

/** Returns how many switchovers the request allows at a time. */
export function parallelSwitchovers(fold: RunFold): number {
  return fold.plan.request.limits?.parallelSwitchovers ?? parallelSwitchoversDefault;
}

/** Returns true where the two steps may not be under way together: same cluster, or same StatefulSet. */
export function excludeEachOther(one: Step, other: Step): boolean {
  const cluster = clusterOf(one);
  if (cluster !== undefined && cluster === clusterOf(other)) {
    return true;
  }
  const set = one.kind === 'move' ? setOf(one.pod) : undefined;
  return set !== undefined && other.kind === 'move' && set === setOf(other.pod);
}
