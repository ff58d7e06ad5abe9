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
import type { ClusterActivity, NodeView, PatroniView, PodView } from '../ports.ts';

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
export type MemberSeen = Omit<
  PodView,
  'labels' | 'phase' | 'ownerUid' | 'ownerIsCustom' | 'stays' | 'holdNotes'
> &
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
  readonly setGone?: string;
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
      /** Of its set; undefined: 0. */
      readonly firstOrdinal?: number;
    }
  | {
      readonly kind: 'scale-in';
      readonly step: ScaleInStep;
      readonly cluster: ClusterSeen;
      readonly replicas?: number | undefined;
      /** Of its set; undefined: 0. */
      readonly firstOrdinal?: number;
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
