/**
 * What one look at one step shows, and through what is looked.
 */
import type {
  AddNodeStep,
  CordonStep,
  FenceStep,
  MoveStep,
  ReleaseStep,
  ScaleInStep,
  ScaleOutStep,
  SwitchoverStep,
  UnfenceStep,
} from '../planner/plan.ts';
import type { FleetReader, NodeView, PatroniPort, PatroniView, PodView } from './ports.ts';

/** Through what is looked: at Kubernetes, and at Patroni of one cluster. */
export type Eyes = {
  readonly kubernetes: FleetReader;
  readonly readCluster: (
    cluster: { readonly key: string; readonly pods: readonly PodView[] },
    members: Parameters<PatroniPort['readCluster']>[0],
  ) => Promise<PatroniView>;
};

/** The members of one cluster as Kubernetes and as Patroni see them. */
export type ClusterSight = {
  /** `namespace/scope` */
  readonly key: string;
  readonly namespace: string;
  /** Pods of its members, by name. */
  readonly pods: readonly PodView[];
  /** How many members its StatefulSets want: a pod that does not exist is in no list. Undefined: not asked, or no set found. */
  readonly wanted?: number;
  /** Name of a StatefulSet of its that is gone: whatever pods it has left, nobody brings them back. Undefined: not asked, or none is. */
  readonly setGone?: string;
  /** Without leader and members where nobody answered and no member was ready. */
  readonly patroni: PatroniView;
};

export type Sight =
  | { readonly kind: 'fence'; readonly step: FenceStep; readonly node: NodeView | undefined }
  | { readonly kind: 'unfence'; readonly step: UnfenceStep; readonly node: NodeView | undefined }
  | {
      readonly kind: 'cordon';
      readonly step: CordonStep;
      readonly node: NodeView | undefined;
      /** Members on the node that lead their cluster, or whose cluster has no leader at present. */
      readonly primaries: readonly string[];
    }
  | { readonly kind: 'add-node'; readonly step: AddNodeStep; readonly nodes: readonly NodeView[] }
  | {
      readonly kind: 'pod-move';
      readonly step: MoveStep;
      readonly pod: PodView | undefined;
      /** Looked at only while the pod stands there and is not leaving. */
      readonly from: NodeView | undefined;
      /** Pods of the same owner whose names are made up, seen once the pod itself is gone. */
      readonly peers: readonly PodView[];
      /** How many its ReplicaSet wants; undefined: it has none, or it is gone. */
      readonly wanted: number | undefined;
    }
  | {
      readonly kind: 'member-move';
      readonly step: MoveStep;
      readonly cluster: ClusterSight;
      /** Looked at, as is how many members are wanted, only while the pod stands there and is not leaving. */
      readonly from: NodeView | undefined;
    }
  | {
      readonly kind: 'switchover';
      readonly step: SwitchoverStep;
      readonly cluster: ClusterSight;
      readonly roleLabel: string;
      /** Who else takes a node away on which a member stands that may take over, by node; looked at only while a switchover may be asked for. */
      readonly drainedByOthers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'scale-out';
      readonly step: ScaleOutStep;
      readonly cluster: ClusterSight;
      readonly replicas: number | undefined;
      /** Of its set; undefined: 0. */
      readonly firstOrdinal?: number;
    }
  | {
      readonly kind: 'scale-in';
      readonly step: ScaleInStep;
      readonly cluster: ClusterSight;
      readonly replicas: number | undefined;
      /** Of its set; undefined: 0. */
      readonly firstOrdinal?: number;
    }
  | {
      readonly kind: 'release';
      readonly step: ReleaseStep;
      readonly node: NodeView | undefined;
      readonly pods: readonly PodView[];
      /** Still attached to the node; asked for once no pod is left that does not stay, and until the node is given back. */
      readonly volumes: readonly string[];
    };
