/**
 * What of a sight a decision is made from.
 */
import type { SwitchoverStep } from '../../planner/plan.ts';
import type { NodeView, PodView } from '../ports.ts';
import type { RunFold } from '../record/run-fold.ts';
import type { ClusterSight, Sight } from '../sight.ts';
import { nodesForStep } from './coming-nodes.ts';
import type { ClusterSeen, ComingNodeSeen, MemberSeen, NodeDoor, NodeSeen, PodSeen, Seen } from './seen.ts';

/** Returns of the sight what is decided from, as the journal stood when it was looked. */
export function seenOf(sight: Sight, fold: RunFold): Seen {
  switch (sight.kind) {
    case 'fence':
      return { kind: sight.kind, step: sight.step, node: nodeSeen(sight.node) };
    case 'unfence':
      return { kind: sight.kind, step: sight.step, node: nodeSeen(sight.node) };
    case 'cordon':
      return { ...sight, node: nodeSeen(sight.node) };
    case 'add-node':
      return { ...sight, nodes: comingNodes(sight, fold) };
    case 'pod-move':
      return {
        ...sight,
        pod: sight.pod && podSeen(sight.pod),
        from: doorOf(sight.from),
        peers: sight.peers.map(peerSeen),
      };
    case 'member-move':
      return {
        ...sight,
        cluster: clusterSeen(sight.cluster, nameOf(sight.step.pod), movedSeen),
        from: doorOf(sight.from),
      };
    case 'switchover':
      return { ...sight, cluster: clusterAtSwitchover(sight.cluster, sight.step, sight.roleLabel) };
    case 'scale-out':
      return { ...sight, cluster: clusterSeen(sight.cluster, sight.step.member, memberSeen) };
    case 'scale-in':
      return { ...sight, cluster: clusterSeen(sight.cluster, sight.step.member, memberSeen) };
    case 'release': {
      const pods = sight.pods.map(({ namespace, name, stays }) => ({ namespace, name, stays }));
      return { ...sight, node: nodeSeen(sight.node), pods };
    }
  }
}

function nodeSeen(node: NodeView | undefined): NodeSeen | undefined {
  if (node === undefined) {
    return undefined;
  }
  const { labels: _, zone: _zone, ready: _ready, createdAtMs: _created, ...seen } = node;
  return seen;
}

function doorOf(node: NodeView | undefined): NodeDoor | undefined {
  if (node === undefined) {
    return undefined;
  }
  const { unschedulable, fencedBy, drainedByOther } = node;
  return {
    unschedulable,
    ...(fencedBy === undefined ? {} : { fencedBy }),
    ...(drainedByOther === undefined ? {} : { drainedByOther }),
  };
}

/** What came and is of no use to this step stays out. */
function comingNodes(
  { nodes, step }: Extract<Sight, { kind: 'add-node' }>,
  fold: RunFold,
): readonly ComingNodeSeen[] {
  const { bound, usable, misplaced } = nodesForStep(nodes, fold, step);
  return [bound, ...usable, misplaced].flatMap((node) => {
    if (node === undefined) {
      return [];
    }
    const { labels: _, resourceVersion: _version, cordonedBy: _by, providerId: _id, ...seen } = node;
    return [seen];
  });
}

function podSeen(pod: PodView): PodSeen {
  const { labels: _, phase: _phase, patroniUrl: _url, holdNotes: _notes, ...rest } = pod;
  const { ownerUid: _owner, ownerIsCustom: _custom, ...seen } = rest;
  return seen;
}

/** Who its owner is and which version it has tells only of a pod that is to be evicted. */
function peerSeen(pod: PodView): PodSeen {
  const { resourceVersion: _version, ownerKind: _owner, ...seen } = podSeen(pod);
  return seen;
}

function movedSeen(pod: PodView): MemberSeen {
  const { stays: _, ...seen } = podSeen(pod);
  return seen;
}

function memberSeen(pod: PodView): MemberSeen {
  const { stays: _, unschedulableBecause: _because, heldBy: _held, ...seen } = peerSeen(pod);
  return seen;
}

function clusterSeen(
  cluster: ClusterSight,
  about: string,
  aboutSeen: (pod: PodView) => MemberSeen,
): ClusterSeen {
  const pods = cluster.pods.map((pod) => (pod.name === about ? aboutSeen(pod) : memberSeen(pod)));
  return { ...cluster, pods };
}

/** The address is asked for of the member that leads, the role label of both. */
function clusterAtSwitchover(
  cluster: ClusterSight,
  { from }: SwitchoverStep,
  roleLabel: string,
): ClusterSeen {
  const pods = cluster.pods.map((pod): MemberSeen => {
    const role = pod.labels[roleLabel];
    return {
      ...memberSeen(pod),
      ...(role === undefined ? {} : { labels: { [roleLabel]: role } }),
      ...(pod.name === from && pod.patroniUrl !== undefined ? { patroniUrl: pod.patroniUrl } : {}),
    };
  });
  return { ...cluster, pods };
}

function nameOf(pod: string): string {
  return pod.slice(pod.indexOf('/') + 1);
}
