/**
 * What a decision is made from: of a sight only what some decision reads. It goes into the journal with what was decided, so it is
 * kept small, and what changes all the time and is not read (the resourceVersion of other pods, for one) is not in it.
 */
import type {
  AddNodeStep,
  CordonStep,
  FenceStep,
  MoveStep,
  ReleaseStep,
  ScaleInStep,
  ScaleOutStep,
  Step,
  SwitchoverStep,
  UnfenceStep,
} from '../../planner/plan.ts';
import type { ClusterSight, Sight } from '../observe.ts';
import type { ClusterActivity, NodeView, PatroniView, PodView } from '../ports.ts';
import type { RunFold } from '../record/fold-run.ts';
import { nodesForStep } from './coming-nodes.ts';

/** A node that a step marks, opens or releases. */
export type NodeSeen = Pick<
  NodeView,
  | 'name'
  | 'uid'
  | 'resourceVersion'
  | 'unschedulable'
  | 'fencedBy'
  | 'cordonedBy'
  | 'releasedBy'
  | 'providerId'
  | 'drainedByOther'
>;

/** A node that may serve an `add-node` step. */
export type ComingNodeSeen = Pick<
  NodeView,
  'name' | 'uid' | 'zone' | 'ready' | 'createdAtMs' | 'unschedulable' | 'fencedBy' | 'releasedBy'
>;

/** Whether a node takes new pods, and whether somebody else empties it. */
export type NodeDoor = Pick<NodeView, 'unschedulable' | 'fencedBy' | 'drainedByOther'>;

/** What is optional is there only of the pod that the step is about, and labels are the role label alone, for a switchover. */
export type PodSeen = MemberSeen & Pick<PodView, 'stays'>;

/** The pod of a member of a cluster: none of them is a pod that stays. */
export type MemberSeen = Omit<PodView, 'labels' | 'phase' | 'ownerUid' | 'stays' | 'holdNotes'> &
  Partial<Pick<PodView, 'labels'>>;

/** What goes on in a cluster whose primary is about to be interrupted: seen only then, and only what it is configured how to see. */
export type ActivitySeen = {
  /** Names of pods of backups that have not ended. */
  readonly backupPods?: readonly string[];
  /** What the check said, and how long a transaction may run to be broken off; or why it said nothing. */
  readonly check?: (ClusterActivity & { readonly limitSeconds: number }) | { readonly why: string };
};

/** The members of one cluster; see ClusterSight. */
export type ClusterSeen = {
  readonly key: string;
  readonly namespace: string;
  readonly pods: readonly MemberSeen[];
  readonly wanted?: number;
  readonly patroni: PatroniView;
};

export type Seen =
  | { readonly kind: 'fence'; readonly step: FenceStep; readonly node?: NodeSeen | undefined }
  | { readonly kind: 'unfence'; readonly step: UnfenceStep; readonly node?: NodeSeen | undefined }
  | {
      readonly kind: 'cordon';
      readonly step: CordonStep;
      readonly node?: NodeSeen | undefined;
      readonly primaries: readonly string[];
    }
  | { readonly kind: 'add-node'; readonly step: AddNodeStep; readonly nodes: readonly ComingNodeSeen[] }
  | {
      readonly kind: 'pod-move';
      readonly step: MoveStep;
      readonly pod?: PodSeen | undefined;
      readonly from?: NodeDoor | undefined;
      readonly peers: readonly PodSeen[];
      readonly wanted?: number | undefined;
    }
  | {
      readonly kind: 'member-move';
      readonly step: MoveStep;
      readonly cluster: ClusterSeen;
      readonly from?: NodeDoor | undefined;
      readonly activity?: ActivitySeen;
    }
  | {
      readonly kind: 'switchover';
      readonly step: SwitchoverStep;
      readonly cluster: ClusterSeen;
      readonly roleLabel: string;
      readonly drainedByOthers?: Readonly<Record<string, string>>;
      readonly activity?: ActivitySeen;
    }
  | {
      readonly kind: 'scale-out';
      readonly step: ScaleOutStep;
      readonly cluster: ClusterSeen;
      readonly replicas?: number | undefined;
    }
  | {
      readonly kind: 'scale-in';
      readonly step: ScaleInStep;
      readonly cluster: ClusterSeen;
      readonly replicas?: number | undefined;
    }
  | {
      readonly kind: 'release';
      readonly step: ReleaseStep;
      readonly node?: NodeSeen | undefined;
      readonly pods: readonly Pick<PodView, 'namespace' | 'name' | 'stays'>[];
      readonly volumes: readonly string[];
    };

/** Returns true where a step of the plan can be decided from something seen of this kind. */
export function isSeenFor(kind: string, step: Step): boolean {
  return step.kind === 'move'
    ? kind === (step.cluster === null ? 'pod-move' : 'member-move')
    : kind === step.kind;
}

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
  const { labels: _, phase: _phase, ownerUid: _owner, patroniUrl: _url, holdNotes: _notes, ...seen } = pod;
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
