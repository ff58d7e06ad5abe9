/**
 * All that the executor needs from outside. `decide` and `advance-run` know only these; the adapters in
 * kubernetes/, patroni/, checks/, pipeline/, redis/ and the direct face of the simulated world implement them.
 *
 * Expected answers are values. Everything else (no answer, 5xx, throttling, nonsense) is thrown as an OutsideError
 * of errors.ts and makes the next pass look again: an adapter tries once and never retries.
 */
import type { Requirement } from '../planner/model.ts';
import type { RunEvent } from './journal.ts';
import type { Grounds } from './record/told-grounds.ts';

/** A Kubernetes object as JSON, exactly as the API server sends it. */
export type KubernetesObject = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
};

/** Marks of ours on a node. Values are run ids; undefined: not marked by us. */
export type NodeMarks = {
  /** Value of our taint FENCE_TAINT. */
  readonly fencedBy?: string;
  /** Annotation CORDON_MARK: the cordon is ours. A cordon without it belongs to somebody else. */
  readonly cordonedBy?: string;
  /** Annotation RELEASE_MARK. */
  readonly releasedBy?: string;
};

export type NodeView = NodeMarks & {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unschedulable: boolean;
  readonly ready: boolean;
  readonly createdAtMs: number;
  readonly providerId?: string;
  /** Who else is taking it away, and by what it is seen (kubernetes/other-drainers.ts); undefined: nobody is known to. */
  readonly drainedByOther?: string;
};

export type PodView = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Undefined: not known. */
  readonly resourceVersion?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined: not scheduled. */
  readonly node?: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Finalizers that keep it although nothing of it runs any more; undefined: none does. */
  readonly heldBy?: readonly string[];
  readonly phase: string;
  readonly ownerKind?: string;
  readonly ownerUid?: string;
  /** The kind of its owner is none of Kubernetes' own, such as the StatefulSet of OpenKruise: such an owner is not looked for. */
  readonly ownerIsCustom?: true;
  /** True for DaemonSet and mirror pods, and for pods that have ended: they do not keep a node from being released. */
  readonly stays: boolean;
  /** Message of condition PodScheduled=False, if it has one. */
  readonly unschedulableBecause?: string;
  /** What its annotations say of holds (HOLD_WORDS, HOLD_BEFORE), whoever wrote it; undefined: nothing. */
  readonly holdNotes?: Readonly<Record<string, string>>;
  /** State, role and timeline that its Patroni has published of itself; undefined: nothing. Never believed, only a reason to ask. */
  readonly patroniSays?: string;
  /** Base URL of its Patroni, from `api_url` in its `status` annotation without the trailing /patroni, else http://podIP:8008; undefined: no address yet. */
  readonly patroniUrl?: string;
};

/** One change of one node, sent with its resourceVersion, so that nobody else's change in between is overwritten. */
export type NodeChange =
  | { readonly kind: 'fence'; readonly run: string }
  | { readonly kind: 'unfence'; readonly run: string }
  | { readonly kind: 'cordon'; readonly run: string }
  | { readonly kind: 'uncordon'; readonly run: string }
  | { readonly kind: 'mark-released'; readonly run: string };

/** One change of one pod: a hold (kubernetes/holds.ts) is put on or taken off. */
export type PodChange =
  | { readonly kind: 'hold-pod'; readonly run: string }
  | { readonly kind: 'unhold-pod'; readonly run: string };

export type PodChangeAnswer =
  | { readonly kind: 'done' }
  /** It changed since it was looked at. */
  | { readonly kind: 'conflict' }
  /** There is no such pod any more; its name may belong to another. */
  | { readonly kind: 'gone' }
  /** 403 and other refusals that no waiting mends. */
  | { readonly kind: 'forbidden'; readonly message: string };

export type EvictionAnswer =
  | { readonly kind: 'evicted' }
  /** 404: no such pod any more. */
  | { readonly kind: 'gone' }
  /** 409: a pod of that name exists, but its UID is another. */
  | { readonly kind: 'replaced' }
  /** 409: it is the same pod, but it changed since its resourceVersion was read. */
  | { readonly kind: 'conflict' }
  /** 429 with cause DisruptionBudget, or 500 for two budgets on one pod (`budget` then says so). */
  | { readonly kind: 'budget'; readonly message: string }
  /** 403 and other refusals that no waiting mends. */
  | { readonly kind: 'forbidden'; readonly message: string };

/** What an Event is about. Without its UID a pod is looked up, for `kubectl describe` goes by it. */
export type EventObject =
  | { readonly kind: 'Node'; readonly name: string }
  | { readonly kind: 'Pod'; readonly namespace: string; readonly name: string; readonly uid?: string };

/** One Kubernetes Event, told once under its name. */
export type FleetEvent = {
  readonly name: string;
  readonly about: EventObject;
  readonly type: 'Normal' | 'Warning';
  /** One word in capitals, e.g. `SwitchyardEvicted`. */
  readonly reason: string;
  readonly note: string;
  readonly atMs: number;
  /** The worker. */
  readonly by: string;
};

export type LeaseAnswer =
  | { readonly kind: 'held' }
  /** `untilMs` is past where nobody renews it any more: then the note of a run that has not given it back keeps it. */
  | { readonly kind: 'taken'; readonly by: string; readonly untilMs: number };

/**
 * The members of a StatefulSet: so many, from this ordinal on. It is raised where its first member was taken away.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal
 */
export type Ordinals = { readonly first: number; readonly replicas: number };

export interface KubernetesPort {
  /**
   * All objects that planning reads (the contract's list of kinds), for a snapshot of the live fleet. `take` may get some or all of them
   * as they come, page by page; then those are not returned. Where it throws in the end, what `take` got is no whole fleet.
   */
  listFleetObjects(take?: (page: readonly KubernetesObject[]) => void): Promise<readonly KubernetesObject[]>;
  listNodes(): Promise<readonly NodeView[]>;
  getNode(name: string): Promise<NodeView | undefined>;
  getPod(namespace: string, name: string): Promise<PodView | undefined>;
  listPods(query: {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly node?: string;
    /** Those whose names the ReplicaSet or Job of this name has made up after its own (`owner-xxxxx`). */
    readonly namedAfter?: string;
  }): Promise<readonly PodView[]>;
  /** Names of the volumes that are attached to this node, or on their way to it or off it. */
  listAttachedVolumes(node: string): Promise<readonly string[]>;
  /** Wanted replicas of a ReplicaSet or StatefulSet; undefined: it does not exist, or is being deleted. */
  getReplicas(owner: {
    readonly kind: 'ReplicaSet' | 'StatefulSet';
    readonly namespace: string;
    readonly name: string;
  }): Promise<number | undefined>;
  /** Which members a StatefulSet wants; undefined: it does not exist, or is being deleted. */
  getOrdinals(set: { readonly namespace: string; readonly name: string }): Promise<Ordinals | undefined>;
  /** Sets replicas (and the first ordinal) of a StatefulSet for a temporary member. */
  scaleStatefulSet(set: {
    readonly namespace: string;
    readonly name: string;
    readonly replicas: number;
    /** Another number, or another first ordinal, found is a `conflict`: somebody else scaled since it was looked at. */
    readonly replicasBefore?: number;
    readonly firstOrdinalBefore?: number;
    readonly firstOrdinal?: number;
  }): Promise<'done' | 'conflict' | 'gone'>;
  changeNode(
    node: { readonly name: string; readonly resourceVersion: string },
    change: NodeChange,
  ): Promise<'done' | 'conflict' | 'gone'>;
  /** Only the pod of this UID is changed, and where a resourceVersion is given, only as it was looked at. */
  changePod(
    pod: {
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion?: string;
    },
    change: PodChange,
  ): Promise<PodChangeAnswer>;
  /** POST pods/eviction with the UID, and where given the resourceVersion, as preconditions. Never a plain delete. */
  evict(pod: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion?: string;
  }): Promise<EvictionAnswer>;
  /**
   * Takes or renews the Lease of the fleet for `holder` (a run id). Others are respected until their lease has run out, and those that
   * have left a note until they give it back: their marks stand, and their acts may still bring something about. A lease
   * that was found to be ours a small part of its duration ago is not asked for again, unless that was before `sinceMs`: since
   * then the run may have let go of it; or another note is to be left.
   */
  holdLease(lease: {
    readonly holder: string;
    readonly durationSeconds: number;
    readonly sinceMs?: number;
    /** Left at the Lease while it is held; undefined: what this holder has left stays. */
    readonly note?: string;
  }): Promise<LeaseAnswer>;
  /** Gives the Lease back if `holder` has it, and takes its note away. */
  dropLease(lease: { readonly holder: string }): Promise<void>;
  /**
   * The note of a holder that neither renews the Lease any more nor gave it back; undefined: there is none. While somebody renews it,
   * the run is alive, if perhaps in a database that is not ours.
   */
  readNote(): Promise<string | undefined>;
}

/** Events beside the objects of the fleet. No part of the port that runs act through: no run waits for one. */
export interface EventPort {
  /** Writes an Event. One of that name that is there already is the same one, told before. */
  recordEvent(event: FleetEvent): Promise<void>;
}

/** The looks at single objects and small lists. */
export type FleetReader = Pick<
  KubernetesPort,
  'getNode' | 'listNodes' | 'getPod' | 'listPods' | 'listAttachedVolumes' | 'getReplicas' | 'getOrdinals'
>;

export type MirroredKind = 'Node' | 'Pod' | 'StatefulSet' | 'ReplicaSet' | 'VolumeAttachment';

/** Something changed that decisions look at. `key`: `namespace/name` or name of the object, of a VolumeAttachment its node. */
export type MirrorChange =
  | { readonly kind: Exclude<MirroredKind, 'Pod' | 'Node'>; readonly key: string }
  | { readonly kind: 'Node'; readonly key: string; readonly zone: string }
  | { readonly kind: 'Pod'; readonly before: PodView | undefined; readonly after: PodView | undefined };

/**
 * The fleet as it was a moment ago. It costs no requests to look at it, and it may be behind: what waits looks at it, and of what
 * is done only that a pod has arrived; nothing is ever begun or given up on its word alone.
 */
export interface FleetMirror extends FleetReader {
  /** True where these kinds were seen whole and the connection to the server is known to live. */
  isCurrent(kinds: readonly MirroredKind[]): boolean;
  /** Calls `listener` after each change; returns the function that ends it. */
  onChange(listener: (change: MirrorChange) => void): () => void;
}

/** What the leader of one cluster says: GET /cluster and, of the leader itself, GET /patroni. */
export type PatroniView = {
  /** Name of the one leader; undefined: none at present. */
  readonly leader?: string;
  /** The others name it, but its own Patroni gave no answer: it may be dead, and the lock not have run out yet. */
  readonly leaderSilent?: true;
  readonly timeline?: number;
  readonly paused: boolean;
  /** When a switchover takes place that somebody has asked for, as Patroni writes it (ISO 8601). */
  readonly scheduledSwitchoverAt?: string;
  readonly synchronous: boolean;
  readonly members: readonly PatroniMember[];
};

export type PatroniMember = {
  readonly name: string;
  readonly role: 'leader' | 'sync-standby' | 'replica' | 'standby-leader' | 'unknown';
  readonly state: string;
  /** Undefined: unknown. */
  readonly lagBytes?: number;
  readonly timeline?: number;
  readonly nofailover: boolean;
  /** The leader's own list of replication connections has it as `streaming`. Ready is not streaming. */
  readonly streaming: boolean;
  /** Its tag replicatefrom names another replica, and that one's own list has it as `streaming`: the leader's never does. */
  readonly streamsFromReplica?: true;
};

export type SwitchoverAnswer =
  /** 200: Patroni says it is done. Believed only after it was seen. */
  | { readonly kind: 'switched'; readonly to: string }
  /** 200 with `Switched over to "X" instead of "Y"`. */
  | { readonly kind: 'other-target'; readonly to: string }
  /** 400, 412, 422, or 503 "Switchover failed" / "failed to write failover key": nothing was done. */
  | { readonly kind: 'not-done'; readonly status: number; readonly message: string }
  /** 503 status unknown, no answer, connection lost: it may still happen. Never asked again blindly. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface PatroniPort {
  /** Asks the first member, and where that gives no answer all others at once; the leader's own word decides who streams. Throws OutsideError when none answers. */
  readCluster(members: readonly { readonly name: string; readonly url: string }[]): Promise<PatroniView>;
  /** POST /switchover on the leader. Never throws for lost answers: those are `unknown`. */
  switchover(
    leader: { readonly name: string; readonly url: string },
    candidate: string,
  ): Promise<SwitchoverAnswer>;
}

/** The pipeline's side: it brings replacement nodes and takes released ones away. */
export interface PipelinePort {
  /** Safe to repeat: the same `key` asks for the same node. */
  wantNode(want: {
    readonly key: string;
    readonly zone: string;
    readonly labels: Readonly<Record<string, string>>;
  }): Promise<void>;
  nodeReleased(node: { readonly name: string; readonly providerId?: string }): Promise<void>;
}

/** What goes on in one cluster, as somebody beside its databases sees it. */
export type ClusterActivity = {
  /** A backup runs that an interruption of the primary would break off. */
  readonly backupRunning: boolean;
  /** How long the longest open transaction has run; 0: none is open. */
  readonly longestTransactionSeconds: number;
};

export interface ActivityPort {
  /** `member` is the present primary. Throws OutsideError where there is no clear answer: that is no yes. */
  readActivity(names: {
    readonly namespace: string;
    readonly cluster: string;
    readonly member: string;
  }): Promise<ClusterActivity>;
}

/** What is asked before a primary is interrupted. */
export type Checks = {
  /** Undefined: nobody is asked. */
  readonly activity?: ActivityPort | undefined;
  /** A transaction that has run for longer is not broken off. */
  readonly longestTransactionSeconds: number;
  /** Labels of the pods of backups, which carry the label of their cluster as well; undefined: none are looked for. */
  readonly backupLabels?: readonly Requirement[] | undefined;
};

export interface Clock {
  nowMs(): number;
}

/** Append-only record of runs. Each entry belongs to a lane: a step id, or 'run'. */
export interface Journal {
  /**
   * Appends if the lane's last entry still has sequence number `after` (0: lane empty) and, with `whileRunning`, if the
   * run's state is still `running`: a worker that lost its job, or a pause, can so never be overlooked. With `knowing`, only if that entry
   * still stands where it stood; else what was decided rests on entries that Redis has lost, or the act that is answered is (`entry-lost`).
   */
  append(
    run: string,
    entry: {
      readonly lane: string;
      readonly after: number;
      readonly by: string;
      readonly atMs: number;
      readonly event: RunEvent;
      readonly grounds?: Grounds;
      readonly whileRunning?: boolean;
      readonly knowing?: EntryHead | undefined;
    },
  ): Promise<
    | { readonly kind: 'appended'; readonly sequence: number }
    | { readonly kind: 'lane-moved-on' }
    | { readonly kind: 'not-running' }
    | { readonly kind: 'entry-lost' }
  >;
  /** Entries after a sequence number, in order: at most so many, or all. */
  read(run: string, afterSequence?: number, countMax?: number): Promise<readonly JournalEntry[]>;
}

/** Tells an entry from one that took its number. */
export type EntryHead = Pick<JournalEntry, 'sequence' | 'lane' | 'atMs' | 'by'>;

export type JournalEntry = {
  /** 1, 2, 3, ... within the run. */
  readonly sequence: number;
  readonly lane: string;
  readonly atMs: number;
  /** Worker or person. */
  readonly by: string;
  readonly event: RunEvent;
  /** From what a step decided it; undefined: it is no decision of a step, or of a version that did not say. */
  readonly grounds?: Grounds;
};
