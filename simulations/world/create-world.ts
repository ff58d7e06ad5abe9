/**
 * Makes a world (world.ts), the one mutable thing: it moves only when told to (`advanceTo`). Same objects, same seed, same calls: same
 * world.
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
import { AttachmentIndex } from './attachment-index.ts';
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
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { chooseSyncSoon } from './patroni-leader.ts';
import { clusterOf, failOver, leaderCrashed, startPatroni } from './patroni-members.ts';
import { publishAll } from './patroni-publish.ts';
import { answerPatroni } from './patroni-rest.ts';
import { settlePosition } from './patroni-state.ts';
import { keyOfPod, PodIndex } from './pod-index.ts';
import { createRandom, nextUid, type Random } from './random.ts';
import { isTerminating } from './read-objects.ts';
import { RepellingPods } from './repelling-pods.ts';
import { startScheduler } from './scheduler.ts';
import { startVolumes } from './volumes.ts';
import { startWorkloads } from './workloads.ts';
import type { PatroniUrlOf, World } from './world.ts';

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

class SimulatedWorld implements World {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly durations: Durations;
  readonly newNodeSize: (zone: string) => Readonly<Record<string, string>>;
  readonly faults = new Faults();
  readonly heartbeats: boolean;
  readonly isWatched: boolean;
  readonly containers: Containers | undefined;
  readonly ownLabels: OwnLabels | undefined;
  readonly random: Random;
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
  readonly deadNodes = new Set<string>();
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
    this.attachments = new AttachmentIndex(this.store);
    this.clusters = startPatroni(this);
    for (const controller of allControllers) {
      if ((options.controllers ?? allControllers).includes(controller)) startController[controller](this);
    }
    if (options.patroniUrlOf !== undefined) this.publishPatroniAt(options.patroniUrlOf);
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  takesMs(seconds: number, what: string): number {
    const { spread } = this.durations;
    return toMs(spread === 0 ? seconds : seconds * drawFactor(this.random.fork(what), spread));
  }

  advanceTo(ms: number): void {
    this.clock.advanceTo(ms);
  }

  advanceWhile(ms: number, mayGoOn: () => boolean): boolean {
    return this.clock.advanceWhile(ms, mayGoOn);
  }

  evict(namespace: string, name: string, body: unknown, query?: { dryRun?: string }): ApiAnswer {
    return evictPod(this, namespace, name, body, query);
  }

  deletePod(namespace: string, name: string, body?: unknown): ApiAnswer {
    return deletePodByName(this, namespace, name, body);
  }

  patroniRequest(namespace: string, pod: string, request: PatroniRequest): PatroniAnswer {
    const member = this.memberOf(namespace, pod);
    const silent = this.faults.silentPatroni.has(`${namespace}/${pod}`);
    if (member === undefined || silent) return { kind: 'no-answer' };
    return answerPatroni(this, member.cluster, member.member, request);
  }

  memberOf(namespace: string, pod: string): { cluster: ClusterState; member: MemberState } | undefined {
    const object = this.store.get('Pod', namespace, pod);
    const cluster = object === undefined ? undefined : clusterOf(this, object);
    const member = cluster?.members.get(pod);
    return cluster === undefined || member === undefined || member.uid !== object?.metadata.uid
      ? undefined
      : { cluster, member };
  }

  wantNode(want: { key: string; zone: string; labels: Readonly<Record<string, string>> }): void {
    if (this.#wanted.has(want.key)) return;
    this.#wanted.add(want.key);
    bootNode(this, want);
  }

  nodeReleased(name: string): void {
    if (this.releasedNodes.has(name) || this.store.get('Node', undefined, name) === undefined) return;
    this.releasedNodes.add(name);
    removeReleasedNode(this, name);
  }

  publishPatroniAt(urlOf: PatroniUrlOf): void {
    this.#patroniUrlOf = urlOf;
    for (const cluster of this.clusters.values()) publishAll(this, cluster);
  }

  patroniUrlOf(member: { readonly namespace: string; readonly name: string; readonly ip: string }): string {
    return this.#patroniUrlOf(member);
  }

  crashNode(name: string): void {
    crashNode(this, name);
  }

  freezeReplica(namespace: string, pod: string, frozen: boolean): void {
    const found = this.memberOf(namespace, pod);
    if (found !== undefined) settlePosition(this, found.cluster, found.member);
    if (frozen) this.faults.frozenReplicas.add(`${namespace}/${pod}`);
    else this.faults.frozenReplicas.delete(`${namespace}/${pod}`);
    if (found !== undefined) chooseSyncSoon(this, found.cluster);
  }

  failOver(cluster: string, to: string): void {
    const found = this.clusters.get(cluster);
    if (found !== undefined) failOver(this, found, to);
  }

  onEviction(listener: (pod: StoredObject) => void): void {
    this.#onEviction.add(listener);
  }

  noteEviction(pod: StoredObject): void {
    for (const listener of this.#onEviction) listener(pod);
    this.evictions.push({ atMs: this.nowMs(), pod: keyOfPod(pod), uid: pod.metadata.uid });
  }

  violate(code: string, subject: string, facts: Violation['facts']): void {
    this.violations.push({ atMs: this.nowMs(), code, subject, facts });
  }

  memberReadiness(member: MemberState, ready: boolean): void {
    const pod = this.store.get('Pod', member.namespace, member.name);
    if (pod !== undefined && pod.metadata.uid === member.uid) markReady(this, pod, ready);
  }

  isTerminatingPod(member: MemberState): boolean {
    const pod = this.store.get('Pod', member.namespace, member.name);
    return pod === undefined || pod.metadata.uid !== member.uid || isTerminating(pod);
  }

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

  nextPodIp(): string {
    this.#podIps += 1;
    return `198.19.${128 + ((this.#podIps >> 8) & 127)}.${this.#podIps & 255}`;
  }
}

/** Builds a world from objects; see WorldOptions. */
export function createWorld(options: WorldOptions): World {
  return new SimulatedWorld(options);
}
