/**
 * Pure questions to the plan and its journal that several decisions ask.
 */
import type { MoveStep, Step } from '../../planner/plan.ts';
import { parallelSwitchoversDefault } from '../limits.ts';
import { isInFlight, type Lane, type RunFold } from '../record/fold-run.ts';

/** Nodes that the plan empties, by the names of the snapshot. */
export function drainedNodes(fold: RunFold): ReadonlySet<string> {
  const names = new Set<string>();
  for (const step of fold.plan.steps) {
    if (step.kind === 'release') {
      names.add(step.node);
    }
  }
  return names;
}

/** Returns true where the plan closed this node to new pods and has not opened it again. */
export function isClosedByPlan(fold: RunFold, node: string): boolean {
  let closed = false;
  for (const { step, done } of fold.lanes.values()) {
    if (done === undefined) {
      continue;
    }
    if ((step.kind === 'fence' || step.kind === 'cordon') && step.node === node) {
      closed = true;
    }
    if (step.kind === 'unfence' && step.node === node) {
      closed = false;
    }
  }
  return closed;
}

/** A pod by name and UID: the plan's, or the one that took its place in an earlier move of the same pod. */
export type PodIdentity = { readonly namespace: string; readonly name: string; readonly uid: string };

/** Returns the pod that this step moves. A pod that was parked is moved twice, and after the first time it is another. */
export function podToMove(fold: RunFold, step: MoveStep): PodIdentity {
  let { pod, uid } = step;
  for (const lane of fold.lanes.values()) {
    if (lane.step.id === step.id) {
      break;
    }
    if (lane.step.kind === 'move' && lane.step.pod === step.pod && lane.done !== undefined) {
      pod = typeof lane.done.pod === 'string' ? lane.done.pod : pod;
      uid = typeof lane.done.uid === 'string' ? lane.done.uid : uid;
    }
  }
  const slash = pod.indexOf('/');
  return { namespace: pod.slice(0, slash), name: pod.slice(slash + 1), uid };
}

/** UIDs of all pods that the plan moves, and of those that have come in their place. */
export function knownPodUids(fold: RunFold): ReadonlySet<string> {
  const uids = new Set<string>();
  for (const lane of fold.lanes.values()) {
    if (lane.step.kind === 'move') {
      uids.add(lane.step.uid);
      if (typeof lane.done?.uid === 'string') {
        uids.add(lane.done.uid);
      }
    }
  }
  return uids;
}

/**
 * Returns who should lead the cluster if nobody but this run changed it: the target of our last switchover, who led after
 * our last outage, else the primary at the start; undefined: not known, or a switchover or an outage of ours is under way
 * and may end either way.
 */
export function leaderByOurCount(fold: RunFold, cluster: string): string | undefined {
  let leader = fold.leadersAtStart.get(cluster);
  for (const lane of fold.lanes.values()) {
    if (lane.step.kind === 'move' && lane.step.outage && lane.step.cluster === cluster) {
      if (isInFlight(lane)) {
        return undefined;
      }
      leader = typeof lane.done?.leader === 'string' ? lane.done.leader : leader;
    }
    if (lane.step.kind !== 'switchover' || lane.step.cluster !== cluster) {
      continue;
    }
    if (isInFlight(lane) && lane.acts.at(-1)?.answer?.answer !== 'other-target') {
      return undefined;
    }
    leader ??= lane.step.from;
    const last = lane.acts.at(-1)?.answer;
    if (lane.done !== undefined) {
      // In a synchronous cluster it may be another than the plan foresaw.
      leader = typeof lane.done.to === 'string' ? lane.done.to : lane.step.to;
    } else if (last?.answer === 'other-target' && typeof last.facts.to === 'string') {
      leader = last.facts.to;
    }
  }
  return leader;
}

/** Returns true while the plan still has to move this member (`namespace/name` of its pod). */
export function hasMoveToCome(fold: RunFold, pod: string): boolean {
  return [...fold.lanes.values()].some(
    (lane) => lane.step.kind === 'move' && lane.step.pod === pod && lane.done === undefined,
  );
}

/**
 * Returns a step that must come to its end before this one may act, among those that acted before entry `sequence`;
 * undefined: none. Two members of one cluster are never unavailable together, whatever the plan says, and a StatefulSet
 * brings its pods back one after the other.
 */
export function stepInTheWay(fold: RunFold, step: Step, sequence: number): Lane | undefined {
  return [...fold.lanes.values()].find(
    (other) =>
      isInFlight(other) &&
      other.step.id !== step.id &&
      excludeEachOther(step, other.step) &&
      (other.acts.at(-1)?.sequence ?? 0) < sequence,
  );
}

/** Counts the other switchovers under way that began before entry `sequence`. */
export function switchoversUnderWay(fold: RunFold, step: Step, sequence: number): number {
  return [...fold.lanes.values()].filter(
    (other) =>
      other.step.id !== step.id &&
      other.step.kind === 'switchover' &&
      isInFlight(other) &&
      (other.acts.at(-1)?.sequence ?? 0) < sequence,
  ).length;
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

function clusterOf(step: Step): string | undefined {
  switch (step.kind) {
    case 'move':
      return step.cluster ?? undefined;
    case 'switchover':
    case 'scale-out':
    case 'scale-in':
      return step.cluster;
    default:
      return undefined;
  }
}

/** `namespace/set` of a pod named like one of a StatefulSet; undefined: it is named otherwise. */
function setOf(pod: string): string | undefined {
  return /^(.+)-\d+$/.exec(pod)?.[1];
}
