/**
 * A fleet that isn't there: what the rules of the world work on, and what its faces are served from. Made by create-world.ts. It holds
 * raw Kubernetes objects exactly as an API server would serve them.
 */
import type { OwnLabels } from '../../planner/read/member-presets.ts';
import type {
  ApiAnswer,
  Eviction,
  Outage,
  PatroniAnswer,
  PatroniRequest,
  RoleChange,
  Violation,
} from './answers.ts';
import type { AttachmentIndex } from './attachment-index.ts';
import type { BudgetIndex } from './budget-index.ts';
import type { VirtualClock } from './clock.ts';
import type { Containers } from './containers.ts';
import type { Durations } from './durations.ts';
import type { Faults } from './faults.ts';
import type { NodeLoads } from './node-loads.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import type { PodIndex } from './pod-index.ts';
import type { Random } from './random.ts';
import type { RepellingPods } from './repelling-pods.ts';

export type PatroniUrlOf = (pod: {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
}) => string;

export type World = {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly durations: Durations;
  /** What a node that comes has to give, by zone; what is not named is like the nodes of its zone. */
  readonly newNodeSize: (zone: string) => Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly heartbeats: boolean;
  readonly isWatched: boolean;
  /** Runs the containers of the pods it names; undefined: all are simulated. */
  readonly containers: Containers | undefined;
  readonly ownLabels: OwnLabels | undefined;
  /** For faces and strategies that need chance of their own: fork it. */
  readonly random: Random;
  /** Generated names and chance delays have generators of their own. */
  readonly names: Random;
  readonly jitter: Random;
  readonly pods: PodIndex;
  readonly loads: NodeLoads;
  readonly repelling: RepellingPods;
  readonly budgets: BudgetIndex;
  readonly attachments: AttachmentIndex;
  readonly clusters: Map<string, ClusterState>;
  readonly roleChanges: RoleChange[];
  readonly outages: Outage[];
  readonly evictions: Eviction[];
  readonly violations: Violation[];
  readonly releasedNodes: Set<string>;
  /** Nodes whose kubelet is dead. */
  readonly deadNodes: Set<string>;
  /** UIDs of pods that are being stopped. */
  readonly stopping: Set<string>;

  /** Virtual now, in milliseconds since 1970. */
  nowMs(): number;
  /**
   * Virtual milliseconds that something takes which usually takes so many seconds. `what` names the one case: its chance
   * depends on seed and name only, so that what happens elsewhere meanwhile does not change it.
   */
  takesMs(seconds: number, what: string): number;
  /** Runs all controllers and events due up to `ms`, in order. Throws when asked to go back. */
  advanceTo(ms: number): void;
  /** The same for as long as `mayGoOn` says so; false: something is left, which happens in the same order with the next advance. */
  advanceWhile(ms: number, mayGoOn: () => boolean): boolean;
  /** POST pods/eviction: statuses and bodies as a real server sends them. `body` is the Eviction; `query.dryRun` as in the URL. */
  evict(namespace: string, name: string, body: unknown, query?: { dryRun?: string }): ApiAnswer;
  /** DELETE pod, gracefully and asking no budget. Answers as a real server; `body` are DeleteOptions. */
  deletePod(namespace: string, name: string, body?: unknown): ApiAnswer;
  /** A request to the Patroni of one pod; 'no-answer' when nothing listens there. */
  patroniRequest(namespace: string, pod: string, request: PatroniRequest): PatroniAnswer;
  /** The member that runs in this pod; undefined: none, or its container is not started. */
  memberOf(namespace: string, pod: string): { cluster: ClusterState; member: MemberState } | undefined;
  /** The pipeline's side: a node of that zone appears after a while. The same key asks for the same node. */
  wantNode(want: { key: string; zone: string; labels: Readonly<Record<string, string>> }): void;
  /** A released node (and only such) is taken away after a while. Safe to repeat. */
  nodeReleased(name: string): void;
  /** Where a pod's Patroni is published from now on; the `status` annotations are rewritten. */
  publishPatroniAt(urlOf: PatroniUrlOf): void;
  /** The published address of a member's Patroni, path /patroni included. */
  patroniUrlOf(member: { readonly namespace: string; readonly name: string; readonly ip: string }): string;
  /** Fault: a node dies with all that runs on it. */
  crashNode(name: string): void;
  /** Fault: a replica stops receiving WAL (or goes on). It stays Ready, and falls behind. */
  freezeReplica(namespace: string, pod: string, frozen: boolean): void;
  /** Fault: Patroni of a cluster (`namespace/scope`) moves its primary of its own accord. */
  failOver(cluster: string, to: string): void;
  /** Calls `listener` for each admitted eviction, before anything of it has happened. */
  onEviction(listener: (pod: StoredObject) => void): void;
  /** For the rules of the world: an eviction was admitted. */
  noteEviction(pod: StoredObject): void;
  /** For the checker and the rules of the world: something happened that must not. */
  violate(code: string, subject: string, facts: Violation['facts']): void;
  /** For Patroni: the readiness probe of a member's pod answers otherwise from now on. */
  memberReadiness(member: MemberState, ready: boolean): void;
  /** For Patroni: the pod of this member is being deleted, or is no more. */
  isTerminatingPod(member: MemberState): boolean;
  /** For dead nodes: what ran in the pod is gone, its object stays. */
  memberDied(pod: StoredObject): void;
  /** The next address of the simulated pod network (198.18.0.0/15 is for benchmarks, RFC 2544). */
  nextPodIp(): string;
};
