/**
 * Pure: moving a pod that is no database member. Pods of a StatefulSet come back under their name; those of a ReplicaSet
 * come back under another, and then their owner must have as many Ready pods as it wants.
 */

import { decideSamePod, landedOnDrainedNode, waitUntilGone } from './decide-eviction.ts';
import { answerOpenAct, type Decision, done, type Memory, waitFor } from './decision.ts';
import { firstBlocked, nobodyElseDrains, nodeIsClosed, nothingInTheWay } from './guards.ts';
import { knownPodUids, podToMove } from './plan-questions.ts';
import type { PodSeen, Seen } from './seen.ts';

type PodSight = Extract<Seen, { kind: 'pod-move' }>;

/** Returns the decision: by whether the pod still stands, and else by what came in its place. */
export function decidePodMove(sight: PodSight, memory: Memory): Decision {
  const { step, pod, from } = sight;
  const { uid } = podToMove(memory.fold, step);
  if (pod?.uid === uid) {
    // A pod that has ended, or that has come to stay, keeps no node from being released.
    return pod.stays && memory.lane.acts.length === 0
      ? done({ ended: true })
      : decideSamePod(memory, pod, () =>
          firstBlocked(
            () => nothingInTheWay(memory, step),
            () => nodeIsClosed(memory, step, from),
            () => nobodyElseDrains(step.from, from?.drainedByOther),
          ),
        );
  }
  const open = answerOpenAct(memory, 'seen-done');
  if (open !== undefined) {
    return open;
  }
  if (pod !== undefined) {
    return decideNamesake(sight, memory, pod);
  }
  return hasMadeUpName(sight, memory) ? decideByOwner(sight, memory) : waitFor('waiting-for-pod', step.pod);
}

function decideNamesake({ step }: PodSight, memory: Memory, pod: PodSeen): Decision {
  return notThereYet(step.pod, pod) ?? landedOnDrainedNode(memory, step, pod) ?? arrived(pod);
}

function hasMadeUpName({ peers, wanted }: PodSight, memory: Memory): boolean {
  const evicted = memory.lane.acts.find((made) => made.act.kind === 'evict')?.act;
  const ownerKind = evicted?.kind === 'evict' ? evicted.ownerKind : undefined;
  return peers.length > 0 || wanted !== undefined || ownerKind === 'ReplicaSet' || ownerKind === 'Job';
}

function decideByOwner({ step, peers, wanted }: PodSight, memory: Memory): Decision {
  const alive = peers.filter((peer) => !peer.terminating && !peer.stays);
  // Peers share the beginning of their names, and so do those whose place they take.
  const known = knownPodUids(memory.fold, step.pod.slice(0, step.pod.lastIndexOf('-')));
  const strangers = alive.filter((peer) => !known.has(peer.uid));
  for (const stranger of strangers) {
    const landed = landedOnDrainedNode(memory, step, stranger);
    if (landed !== undefined) {
      return landed;
    }
  }
  const ready = alive.filter((peer) => peer.ready).length;
  const unscheduled = alive.find((peer) => peer.node === undefined);
  if (unscheduled !== undefined && ready < (wanted ?? alive.length)) {
    return notThereYet(step.pod, unscheduled) ?? waitFor('waiting-for-pod', step.pod);
  }
  // A Job, or a ReplicaSet that is gone, wants no number that could be asked for: then those that exist must be Ready.
  if (ready < (wanted ?? alive.length)) {
    return waitFor('owner-not-ready', step.pod, { ready, wanted: wanted ?? alive.length });
  }
  const standIn = strangers.find((peer) => peer.node === step.to) ?? strangers[0];
  return standIn === undefined ? done() : arrived(standIn);
}

function notThereYet(subject: string, pod: PodSeen): Decision | undefined {
  if (pod.terminating) {
    return waitUntilGone(subject, pod);
  }
  if (pod.node === undefined) {
    const message = pod.unschedulableBecause;
    return waitFor('pod-not-scheduled', subject, message === undefined ? {} : { message });
  }
  return pod.ready ? undefined : waitFor('pod-not-ready', subject, { node: pod.node });
}

function arrived(pod: PodSeen): Decision {
  const { namespace, name, uid, node } = pod;
  return done({ pod: `${namespace}/${name}`, uid, ...(node === undefined ? {} : { node }) });
}
