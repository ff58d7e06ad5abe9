/**
 * A fleet that isn't there: the one mutable thing. It holds raw Kubernetes objects exactly as an API server would serve
 * them, and moves only when told to (`advanceTo`). Same objects, same seed, same calls: same world.
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
import { BudgetIndex } from './budget-index.ts';
import { startBudgets } from './budgets.ts';
import { VirtualClock } from './clock.ts';
import { completeObjects } from './complete-objects.ts';
import type { Containers } from './containers.ts';
import { type Durations, drawFactor, toMs, usualDurations } from './durations.ts';
import { deletePodByName, evictPod } from './evict.ts';
import { Faults } from './faults.ts';
import { markReady, startKubelets } from './kubelet.ts';
import { NodeLoads } from './node-loads.ts';
import { bootNode, crashNode, removeReleasedNode, startNodes } from './nodes.ts';
import { ObjectStore, type StoredObject } from './object-store.ts';
import { chooseSyncSoon } from './patroni-leader.ts';
import { clusterOf, failOver, leaderCrashed, startPatroni } from './patroni-members.ts';
import { publishAll } from './patroni-publish.ts';
import { answerPatroni } from './patroni-rest.ts';
import { type ClusterState, type MemberState, settlePosition } from './patroni-state.ts';
import { keyOfPod, PodIndex } from './pod-index.ts';
import { createRandom, nextUid, type Random } from './random.ts';
import { isTerminating } from './read-objects.ts';
import { RepellingPods } from './repelling-pods.ts';
import { startScheduler } from './scheduler.ts';
import { AttachmentIndex, startVolumes } from './volumes.ts';
import { startWorkloads } from './workloads.ts';

type PatroniUrlOf = (pod: {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
}) => string;

export type WorldOptions = {
  /** As kubectl prints them (objects or Lists). They become the world's own: nobody may change them afterwards. */
  readonly objects: readonly unknown[];
  readonly seed?: number;
  /** Milliseconds since 1970; default: 2026-11-23T08:00:00Z. */
  readonly startMs?: number;
  readonly durations?: Partial<Durations>;
  /** What a node that comes has to give, by zone; what is not named is like the nodes of its zone. */
  readonly newNodeSize?: (zone: string) => Readonly<Record<string, string>>;
  /** Address under which a pod's Patroni is published in its `status` annotation; default: http://<podIP>:8008/patroni. */
  readonly patroniUrlOf?: PatroniUrlOf;
  /** False: positions are published at changes only, not in every loop; for long runs of large fleets. */
  readonly heartbeats?: boolean;
  /** False: nobody watches or looks but when something happens, and no history is kept; for many short runs. */
  readonly isWatched?: boolean;
  /** Undefined: all containers are simulated. */
  readonly containers?: Containers;
  /** Labels of members that are neither Spilo's nor plain Patroni's. */
  readonly ownLabels?: OwnLabels | undefined;
  /** Who is at work on the objects; default: all. Others may be at work elsewhere, on objects that are kept in step with these. */
  readonly controllers?: readonly Controller[];
};

/** All but Patroni, in the order in which they hear of what happens. */
const startController = {
  nodes: startNodes,
  workloads: startWorkloads,
  volumes: startVolumes,
  scheduler: startScheduler,
  budgets: startBudgets,
  kubelets: startKubelets,
} as const;

export type Controller = keyof typeof startController;
export const allControllers = Object.keys(startController) as readonly Controller[];

export class World {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly durations: Durations;
  readonly newNodeSize: (zone: string) => Readonly<Record<string, string>>;
  readonly faults = new Faults();
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
  readonly roleChanges: RoleChange[] = [];
  readonly outages: Outage[] = [];
  readonly evictions: Eviction[] = [];
  readonly violations: Violation[] = [];
  readonly releasedNodes = new Set<string>();
  /** Nodes whose kubelet is dead. */
  readonly deadNodes = new Set<string>();
  /** UIDs of pods that are being stopped. */
  readonly stopping = new Set<string>();
  readonly #wanted = new Set<string>();
  readonly #onEviction = new Set<(pod: StoredObject) => void>();
  #patroniUrlOf: PatroniUrlOf;
  #podIps = 0;

  constructor(options: WorldOptions) {
    this.random = createRandom(options.seed ?? 1);
    const uids = this.random.fork('uids');
    this.names = this.random.fork('names');
    this.jitter = this.random.fork('jitter');
    this.heartbeats = options.heartbeats ?? true;
    this.isWatched = options.isWatched ?? true;
    this.containers = options.containers;
    this.ownLabels = options.ownLabels;
    this.durations = { ...usualDurations, ...options.durations };
    this.newNodeSize = options.newNodeSize ?? (() => ({}));
    this.clock = new VirtualClock(options.startMs ?? Date.UTC(2026, 10, 23, 8));
    this.#patroniUrlOf = options.patroniUrlOf ?? (({ ip }) => `http://${ip}:8008/patroni`);
    this.store = new ObjectStore({
      nowMs: () => this.clock.nowMs(),
      newUid: () => nextUid(uids),
      objects: completeObjects(options.objects, options.ownLabels?.roleLabel),
      isWatched: this.isWatched,
    });
    this.pods = new PodIndex(this.store);
    this.loads = new NodeLoads(this.store, this.pods);
    this.repelling = new RepellingPods(this.store);
    this.budgets = new BudgetIndex(this.store);
    this.attachments = new AttachmentIndex(this);
    this.clusters = startPatroni(this);
    for (const controller of allControllers) {
      if ((options.controllers ?? allControllers).includes(controller)) startController[controller](this);
    }
    if (options.patroniUrlOf !== undefined) this.publishPatroniAt(options.patroniUrlOf);
  }

  /** Virtual now, in milliseconds since 1970. */
  nowMs(): number {
    return this.clock.nowMs();
  }

  /**
   * Virtual milliseconds that something takes which usually takes so many seconds. `what` names the one case: its chance
   * depends on seed and name only, so that what happens elsewhere meanwhile does not change it.
   */
  takesMs(seconds: number, what: string): number {
    const { spread } = this.durations;
    return toMs(spread === 0 ? seconds : seconds * drawFactor(this.random.fork(what), spread));
  }

  /** Runs all controllers and events due up to `ms`, in order. Throws when asked to go back. */
  advanceTo(ms: number): void {
    this.clock.advanceTo(ms);
  }

  /** The same for as long as `mayGoOn` says so; false: something is left, which happens in the same order with the next advance. */
  advanceWhile(ms: number, mayGoOn: () => boolean): boolean {
    return this.clock.advanceWhile(ms, mayGoOn);
  }

  /** POST pods/eviction: statuses and bodies as a real server sends them. `body` is the Eviction; `query.dryRun` as in the URL. */
  evict(namespace: string, name: string, body: unknown, query?: { dryRun?: string }): ApiAnswer {
    return evictPod(this, namespace, name, body, query);
  }

  /** DELETE pod, gracefully and asking no budget. Answers as a real server; `body` are DeleteOptions. */
  deletePod(namespace: string, name: string, body?: unknown): ApiAnswer {
    return deletePodByName(this, namespace, name, body);
  }

  /** A request to the Patroni of one pod; 'no-answer' when nothing listens there. */
  patroniRequest(namespace: string, pod: string, request: PatroniRequest): PatroniAnswer {
    const member = this.memberOf(namespace, pod);
    const silent = this.faults.silentPatroni.has(`${namespace}/${pod}`);
    if (member === undefined || silent) return { kind: 'no-answer' };
    return answerPatroni(this, member.cluster, member.member, request);
  }

  /** The member that runs in this pod; undefined: none, or its container is not started. */
  memberOf(namespace: string, pod: string): { cluster: ClusterState; member: MemberState } | undefined {
    const object = this.store.get('Pod', namespace, pod);
    const cluster = object === undefined ? undefined : clusterOf(this, object);
    const member = cluster?.members.get(pod);
    return cluster === undefined || member === undefined || member.uid !== object?.metadata.uid
      ? undefined
      : { cluster, member };
  }

  /** The pipeline's side: a node of that zone appears after a while. The same key asks for the same node. */
  wantNode(want: { key: string; zone: string; labels: Readonly<Record<string, string>> }): void {
    if (this.#wanted.has(want.key)) return;
    this.#wanted.add(want.key);
    bootNode(this, want);
  }

  /** A released node (and only such) is taken away after a while. Safe to repeat. */
  nodeReleased(name: string): void {
    if (this.releasedNodes.has(name) || this.store.get('Node', undefined, name) === undefined) return;
    this.releasedNodes.add(name);
    removeReleasedNode(this, name);
  }

  /** Where a pod's Patroni is published from now on; the `status` annotations are rewritten. */
  publishPatroniAt(urlOf: PatroniUrlOf): void {
    this.#patroniUrlOf = urlOf;
    for (const cluster of this.clusters.values()) publishAll(this, cluster);
  }

  /** The published address of a member's Patroni, path /patroni included. */
  patroniUrlOf(member: { readonly namespace: string; readonly name: string; readonly ip: string }): string {
    return this.#patroniUrlOf(member);
  }

  /** Fault: a node dies with all that runs on it. */
  crashNode(name: string): void {
    crashNode(this, name);
  }

  /** Fault: a replica stops receiving WAL (or goes on). It stays Ready, and falls behind. */
  freezeReplica(namespace: string, pod: string, frozen: boolean): void {
    const found = this.memberOf(namespace, pod);
    if (found !== undefined) settlePosition(this, found.cluster, found.member);
    if (frozen) this.faults.frozenReplicas.add(`${namespace}/${pod}`);
    else this.faults.frozenReplicas.delete(`${namespace}/${pod}`);
    if (found !== undefined) chooseSyncSoon(this, found.cluster);
  }

  /** Fault: Patroni of a cluster (`namespace/scope`) moves its primary of its own accord. */
  failOver(cluster: string, to: string): void {
    const found = this.clusters.get(cluster);
    if (found !== undefined) failOver(this, found, to);
  }

  /** Calls `listener` for each admitted eviction, before anything of it has happened. */
  onEviction(listener: (pod: StoredObject) => void): void {
    this.#onEviction.add(listener);
  }

  /** For the rules of the world: an eviction was admitted. */
  noteEviction(pod: StoredObject): void {
    for (const listener of this.#onEviction) listener(pod);
    this.evictions.push({ atMs: this.nowMs(), pod: keyOfPod(pod), uid: pod.metadata.uid });
  }

  /** For the checker and the rules of the world: something happened that must not. */
  violate(code: string, subject: string, facts: Violation['facts']): void {
    this.violations.push({ atMs: this.nowMs(), code, subject, facts });
  }

  /** For Patroni: the readiness probe of a member's pod answers otherwise from now on. */
  memberReadiness(member: MemberState, ready: boolean): void {
    const pod = this.store.get('Pod', member.namespace, member.name);
    if (pod !== undefined && pod.metadata.uid === member.uid) markReady(this, pod, ready);
  }

  /** For Patroni: the pod of this member is being deleted, or is no more. */
  isTerminatingPod(member: MemberState): boolean {
    const pod = this.store.get('Pod', member.namespace, member.name);
    return pod === undefined || pod.metadata.uid !== member.uid || isTerminating(pod);
  }

  /** For dead nodes: what ran in the pod is gone, its object stays. */
  memberDied(pod: StoredObject): void {
    const cluster = clusterOf(this, pod);
    const member = cluster?.members.get(pod.metadata.name);
    if (cluster === undefined || member === undefined || member.uid !== pod.metadata.uid) return;
    settlePosition(this, cluster, member);
    member.state = 'stopped';
    member.ready = false;
    member.streamsSinceMs = undefined;
    this.faults.silentPatroni.add(keyOfPod(pod));
    if (cluster.leader === member.name) leaderCrashed(this, cluster, member);
  }

  /** The next address of the simulated pod network (198.18.0.0/15 is for benchmarks, RFC 2544). */
  nextPodIp(): string {
    this.#podIps += 1;
    return `198.19.${128 + ((this.#podIps >> 8) & 127)}.${this.#podIps & 255}`;
  }
}

/** Builds a world from objects; see WorldOptions. */
export function createWorld(options: WorldOptions): World {
  return new World(options);
}
