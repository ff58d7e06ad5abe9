/**
 * The nouns of planning: one Kubernetes cluster as readonly data.
 *
 * `read-snapshot.ts` builds a Fleet from what kubectl prints; nothing here is ever changed afterwards.
 * A missing optional field means "unknown" or "not set" as its comment says, never zero.
 * Every list is sorted by its key, so that the same objects in another order give the same Fleet.
 * Equal parts of pods and nodes (owner, requests, rules of placement, taints, allocatable) are one object where the reader made
 * them: a map may be keyed by them and a million pods fit into memory. It is an optimisation only: nothing may rely on it to be
 * right, for a fleet that was built or copied otherwise shares nothing.
 */

/** Whole numbers by resource name: `cpu` in millicores, `memory` and `ephemeral-storage` in bytes, `pods` and the rest as counts. */
export type Resources = Readonly<Record<string, number>>;

/** One requirement of a label selector or a node selector term. Gt and Lt exist for nodes only. */
export type Requirement = {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
};

/** All requirements of a term must hold; a list of terms holds when one of them does. */
export type NodeSelectorTerm = {
  readonly labels: readonly Requirement[];
  readonly fields: readonly Requirement[];
};

export type Taint = {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
};

export type Toleration = {
  /** Undefined with operator Exists tolerates every key. */
  readonly key?: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value: string;
  /** Undefined tolerates every effect. */
  readonly effect?: Taint['effect'];
};

/** A required pod affinity or anti-affinity term: pods that `selector` picks in `namespaces`, seen per `topologyKey`. */
export type PodAffinityTerm = {
  readonly selector: readonly Requirement[];
  /** 'all' comes from an empty namespaceSelector. */
  readonly namespaces: readonly string[] | 'all';
  readonly topologyKey: string;
};

/** topologySpreadConstraints with whenUnsatisfiable: DoNotSchedule. */
export type SpreadConstraint = {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: readonly Requirement[];
  /** Whether only nodes that the pod's node selector and affinity allow count as domains. Undefined: Honor, the default. */
  readonly nodeAffinityPolicy?: 'Honor' | 'Ignore';
  /** Whether nodes with a taint that the pod does not tolerate are left out. Undefined: Ignore, the default. */
  readonly nodeTaintsPolicy?: 'Honor' | 'Ignore';
};

/** What brings a pod back after an eviction. Daemon and mirror pods stay on their node; a pod without owner would not come back. */
export type Owner =
  | {
      readonly kind: 'StatefulSet';
      readonly name: string;
      readonly uid: string;
      readonly orderedReady: boolean;
    }
  | { readonly kind: 'ReplicaSet'; readonly name: string; readonly uid: string }
  | { readonly kind: 'Job'; readonly name: string; readonly uid: string }
  | { readonly kind: 'DaemonSet'; readonly name: string; readonly uid: string }
  | { readonly kind: 'other'; readonly name: string; readonly uid: string; readonly ownerKind: string }
  | { readonly kind: 'mirror' }
  | { readonly kind: 'none' };

export type FleetNode = {
  readonly name: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly ready: boolean;
  readonly allocatable: Resources;
};

export type Pod = {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined: not scheduled yet. */
  readonly node?: string;
  readonly owner: Owner;
  /** Effective requests as the scheduler counts them, `pods: 1` included. */
  readonly requests: Resources;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Required node affinity; undefined: none. An empty list matches no node. */
  readonly nodeTerms?: readonly NodeSelectorTerm[];
  /** Node affinity of each bound PersistentVolume (or the zone of the pod's node where its volume is not in the snapshot). All must hold. */
  readonly volumeTerms: readonly (readonly NodeSelectorTerm[])[];
  /** Bytes of all claimed volumes; undefined: none or unknown. */
  readonly volumeBytes?: number;
  readonly tolerations: readonly Toleration[];
  readonly podAffinity: readonly PodAffinityTerm[];
  readonly podAntiAffinity: readonly PodAffinityTerm[];
  readonly spread: readonly SpreadConstraint[];
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Key of the database cluster it is a member of. */
  readonly cluster?: string;
};

export type MemberRole = 'primary' | 'sync-standby' | 'replica' | 'standby-leader' | 'unknown';

/** One PostgreSQL server. Its name is the name of its pod. */
export type Member = {
  readonly name: string;
  /** Key of its pod. */
  readonly pod: string;
  readonly role: MemberRole;
  /** What Patroni calls its state: running, streaming, stopped, starting, ... ; undefined: not written. */
  readonly state?: string;
  /** WAL bytes behind the leader; undefined: unknown, which is never taken for zero. */
  readonly lagBytes?: number;
  readonly timeline?: number;
  /** Tag nofailover, or failover_priority 0: never a candidate. */
  readonly nofailover: boolean;
  readonly failoverPriority?: number;
  /** Tag replicatefrom: the member it streams from instead of the leader; undefined: from the leader. */
  readonly replicatefrom?: string;
  /** Tag nosync: never chosen as synchronous standby. Undefined: not set. */
  readonly nosync?: boolean;
};

export type DatabaseCluster = {
  /** `namespace/scope` */
  readonly key: string;
  readonly namespace: string;
  readonly scope: string;
  /** Sorted by name. */
  readonly members: readonly Member[];
  /** Name of the one primary; undefined: none, or several claim it (`claimants`). */
  readonly primary?: string;
  /** Members that claim to be primary; more than one is a contradiction that forbids every act on the cluster. */
  readonly claimants: readonly string[];
  readonly paused: boolean;
  readonly synchronous: 'off' | 'on' | 'strict' | 'quorum';
  /** Patroni's synchronous_node_count: how many standbys it keeps synchronous. Undefined: 1, the default. */
  readonly synchronousNodeCount?: number;
  /** Patroni's maximum_lag_on_failover; its default is 1048576. */
  readonly maximumLagBytes: number;
};

export type DisruptionBudget = {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined selector of policy/v1 selects nothing; an empty one selects every pod of the namespace. */
  readonly selector?: readonly Requirement[];
  readonly minAvailable?: number | `${number}%`;
  readonly maxUnavailable?: number | `${number}%`;
  readonly alwaysAllowUnhealthy: boolean;
  /** As in its status; undefined: the controller has not written it. */
  readonly disruptionsAllowed?: number;
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly expectedPods?: number;
};

/** Everything observed in one Kubernetes cluster. */
export type Fleet = {
  /** RFC 3339, the newest time found in the objects; undefined: none found. */
  readonly takenAt?: string;
  readonly zones: readonly string[];
  readonly nodes: readonly FleetNode[];
  readonly pods: readonly Pod[];
  readonly clusters: readonly DatabaseCluster[];
  readonly budgets: readonly DisruptionBudget[];
};
