/**
 * Where everything stands while checkPlan walks a plan. The only state that changes in the walk; each step of the plan
 * changes it as the contract says that step changes a fleet. Names are looked up once, in Maps made at the start; from there
 * on objects point at each other. What no step touches is not worked out.
 */

import type {
  DatabaseCluster,
  DisruptionBudget,
  Fleet,
  FleetNode,
  Member,
  Pod,
  PodAffinityTerm,
} from '../model.ts';
import type { DrainPlan, Facts, Step, Violation } from '../plan.ts';
import type { ViolationCode } from './check-codes.ts';
import { askFor, everyNamespace, type LabelIndex, noTags, type Tag } from './check-label-index.ts';
import type { Paths } from './check-paths.ts';
import type { CheckedRequest } from './check-request.ts';

export const hostname = 'kubernetes.io/hostname';

export type NodeState = {
  readonly node: FleetNode;
  readonly isNew: boolean;
  /** Named by the request, whether refused or not. */
  readonly asked: boolean;
  readonly refused: boolean;
  /** What this plan has to empty: asked for, and not refused. */
  readonly toBeEmptied: boolean;
  fenced: boolean;
  cordoned: boolean;
  released: boolean;
  /** Opened by an unfence, so that pods may be parked there. */
  openForParking: boolean;
  readonly pods: PodState[];
  /** What the pods there ask for, in the order of `Walk.resources`; undefined until somebody comes. */
  used: number[] | undefined;
  /** Allocatable in the same order, as far as it has been asked for; Infinity where there is no limit. */
  readonly rooms: number[];
  /** Places in the list of its fences, unfences, cordons and releases, of what comes and goes, and of each primary lost. */
  readonly holds: number[];
  readonly arrivals: number[];
  readonly departures: number[];
  readonly primariesLeft: number[];
};

export type PodState = {
  readonly pod: Pod;
  /** They change with the role. */
  labels: Readonly<Record<string, string>>;
  /** Undefined: on no node. */
  node: NodeState | undefined;
  /** Place in `node.pods`. */
  place: number;
  moved: boolean;
  /** What it asks for, in the order of `Walk.resources`; undefined: nobody has asked yet. */
  amounts: readonly number[] | undefined;
  /** What it carries of the labels that somebody asks for, now and at the start; see check-label-index.ts. */
  tags: readonly Tag[];
  tagsAtStart: readonly Tag[];
  /** The tag that each of its anti-affinity terms asks for; undefined: the term names no single label. */
  readonly keptApart: readonly (Tag | undefined)[];
  /** Its cluster and what it is there, as far as they have been looked at. */
  cluster: ClusterState | undefined;
  member: MemberState | undefined;
  /** Where a step was the last to move it, as a place in the list; -1: nowhere yet. */
  lastMove: number;
};

export type MemberState = {
  readonly member: Member;
  readonly pod: PodState | undefined;
  readonly temporary: boolean;
  /** Pod ready, Patroni's state running or streaming. */
  healthy: boolean;
  /** Undefined: unknown. */
  lagBytes: number | undefined;
  /** Undefined: unknown, or the same as that of the primary since it was moved. */
  timeline: number | undefined;
};

export type ClusterState = {
  readonly cluster: DatabaseCluster;
  members: readonly MemberState[];
  primary: string | undefined;
  /** Of the primary at the start; undefined: unknown. */
  readonly timeline: number | undefined;
  /**
   * True as soon as a member was moved, added or promoted: from then on Patroni may have chosen other sync standbys, and
   * only it can say which; the executor asks before it switches over.
   */
  syncMayHaveChanged: boolean;
  switchovers: number;
  outages: number;
  scaledOut: number;
};

/** A disruption budget; its pods are counted when the first of them is evicted, and followed from there on. */
export type BudgetState = {
  readonly budget: DisruptionBudget;
  /** What all its pods carry; undefined: nothing is known of them but their namespace. */
  readonly tag: Tag | undefined;
  isCounted: boolean;
  pods: number;
  healthy: number;
  /** Evictions under it, with what it allowed just before. */
  readonly uses: { readonly place: number; readonly allowed: number }[];
};

/** A pod that keeps others away, and the term by which it does. */
export type Repeller = { readonly state: PodState; readonly term: PodAffinityTerm };

export type Walk = {
  readonly plan: DrainPlan;
  readonly fleet: Fleet;
  readonly request: CheckedRequest;
  readonly paths: Paths;
  readonly refused: ReadonlySet<string>;
  readonly nodes: Map<string, NodeState>;
  readonly pods: Map<string, PodState>;
  /** Clusters that have a member on a node to be emptied or that a step names; the others stay as they are. */
  readonly clusters: Map<string, ClusterState>;
  /** Keys of those with a pod on a node to be emptied at the start. */
  readonly onEmptied: Set<string>;
  readonly clusterNamed: Map<string, DatabaseCluster>;
  /** Pods that are not ready, of each StatefulSet with the policy OrderedReady, by its UID. */
  readonly unreadyInSet: Map<string, PodState[]>;
  /** Nodes to be emptied that carry no fence now, and those of them that carry no cordon either. */
  readonly unfenced: Set<NodeState>;
  readonly open: Set<NodeState>;
  readonly labels: LabelIndex;
  /** Pods that keep others away, farther than from their node, by terms that name no single label. */
  readonly wideRepellers: Repeller[];
  /** Whether some pod keeps others off its node by such a term. */
  somePodsRepelWidely: boolean;
  /** Whether any pod keeps others away farther than off its node. */
  somePodsRepelAfar: boolean;
  /** Budgets that name no single label, by namespace. */
  readonly wideBudgets: Map<string, BudgetState[]>;
  readonly budgets: BudgetState[];
  /** Names of resources; a pod's requests are numbers in this order. */
  readonly resources: string[];
  readonly amountsOf: Map<Pod['requests'], readonly number[]>;
  /** Pods of DaemonSets, none of which a plan may touch. */
  readonly daemons: PodState[];
  /** What DaemonSets take of a new node, by zone; see check-replacement.ts. */
  readonly daemonRoom: Map<string, ReadonlyMap<string, number>>;
  /** Live nodes by zone at the start. */
  readonly liveAtStart: ReadonlyMap<string, number>;
  readonly live: Map<string, number>;
  readonly addedIn: Map<string, number>;
  readonly peakExtra: Map<string, number>;
  /** What each step was about, by its place in the list. */
  readonly podAt: (PodState | undefined)[];
  readonly clusterAt: (ClusterState | undefined)[];
  /** Raised whenever nodes come, go, open or close. */
  nodesVersion: number;
  /** Domains by kind of spread constraint, as of a version; see check-spread.ts. */
  readonly spreadDomains: Map<string, { readonly version: number; readonly domains: ReadonlySet<string> }>;
  /** The node being drained in whole-nodes mode. */
  drainedNow: NodeState | undefined;
  readonly violations: Violation[];
};

/** Notes one broken rule. */
export function violate(walk: Walk, code: ViolationCode, step: Step | null, facts: Facts): void {
  walk.violations.push({ code, step: step?.id ?? null, facts });
}

/** Notes that the step at `second` has to wait for the one at `first` and does not. */
export function notOrdered(walk: Walk, why: string, first: number, second: number, subject: string): void {
  const [before, step] = [walk.plan.steps[first], walk.plan.steps[second]];
  if (before && step) violate(walk, 'not-ordered', step, { why, first: before.id, second: step.id, subject });
}

/** Puts a node into view, empty. */
export function putNode(walk: Walk, node: FleetNode, isNew: boolean): NodeState {
  const asked = !isNew && walk.request.drained.has(node.name);
  const refused = walk.refused.has(node.name);
  const state: NodeState = {
    node,
    isNew,
    asked,
    refused,
    toBeEmptied: asked && !refused,
    fenced: false,
    cordoned: node.unschedulable,
    released: false,
    openForParking: false,
    pods: [],
    used: undefined,
    rooms: [],
    holds: [],
    arrivals: [],
    departures: [],
    primariesLeft: [],
  };
  walk.nodes.set(node.name, state);
  noteHolds(walk, state);
  return state;
}

/** Keeps the lists of open nodes; to be called when a node has come, gone, or got or lost a fence or cordon. */
export function noteHolds(walk: Walk, state: NodeState): void {
  walk.nodesVersion += 1;
  const isUnfenced = state.toBeEmptied && !state.released && !state.fenced;
  if (isUnfenced) walk.unfenced.add(state);
  else walk.unfenced.delete(state);
  if (isUnfenced && !state.cordoned) walk.open.add(state);
  else walk.open.delete(state);
}

/** Puts a pod into view, on a node or on none, and notes which labels its rules ask for; `like` is one that may be like it. */
export function putPod(
  walk: Walk,
  pod: Pod,
  node: NodeState | undefined,
  like: PodState | undefined,
): PodState {
  const state: PodState = {
    pod,
    labels: pod.labels,
    node: undefined,
    place: 0,
    moved: false,
    amounts: undefined,
    tags: noTags,
    tagsAtStart: noTags,
    keptApart: askForOthers(walk, pod, like),
    cluster: undefined,
    member: undefined,
    lastMove: -1,
  };
  walk.pods.set(pod.key, state);
  if (!pod.ready && pod.owner.kind === 'StatefulSet' && pod.owner.orderedReady) {
    const unready = walk.unreadyInSet.get(pod.owner.uid) ?? [];
    unready.push(state);
    walk.unreadyInSet.set(pod.owner.uid, unready);
  }
  if (pod.owner.kind === 'DaemonSet') walk.daemons.push(state);
  for (let index = 0; index < pod.podAntiAffinity.length; index += 1) {
    const term = pod.podAntiAffinity[index];
    if (term === undefined) continue;
    if (term.topologyKey === hostname) {
      if (state.keptApart[index] === undefined) walk.somePodsRepelWidely = true;
      continue;
    }
    (state.keptApart[index]?.farRepellers ?? walk.wideRepellers).push({ state, term });
    walk.somePodsRepelAfar = true;
  }
  for (const term of pod.podAffinity) askFor(walk.labels, scopeOf(term), term.selector);
  for (const constraint of pod.spread) askFor(walk.labels, pod.namespace, constraint.selector);
  placePod(state, node);
  return state;
}

/** The tags that a pod's anti-affinity terms ask for; pods of one set share the list. */
function askForOthers(walk: Walk, pod: Pod, like: PodState | undefined): readonly (Tag | undefined)[] {
  if (like !== undefined && like.pod.podAntiAffinity === pod.podAntiAffinity) return like.keptApart;
  if (pod.podAntiAffinity.length === 0) return noTags;
  const asked = pod.podAntiAffinity.map((term) => askFor(walk.labels, scopeOf(term), term.selector));
  if (like === undefined || like.keptApart.length !== asked.length) return asked;
  return asked.every((tag, index) => tag === like.keptApart[index]) ? like.keptApart : asked;
}

/** The namespace under which the tag of a term is kept. */
export function scopeOf({ namespaces }: PodAffinityTerm): string {
  return namespaces === 'all' || namespaces.length !== 1 ? everyNamespace : (namespaces[0] ?? everyNamespace);
}

/** A cluster as it stands now; undefined: there is none of that name. */
export function clusterState(walk: Walk, key: string): ClusterState | undefined {
  const known = walk.clusters.get(key);
  if (known !== undefined) return known;
  const cluster = walk.clusterNamed.get(key);
  if (cluster === undefined) return undefined;
  const state: ClusterState = {
    cluster,
    members: cluster.members.map((member) => startMember(walk, member)),
    primary: cluster.primary,
    timeline: cluster.members.find((member) => member.name === cluster.primary)?.timeline,
    syncMayHaveChanged: false,
    switchovers: 0,
    outages: 0,
    scaledOut: 0,
  };
  for (const member of state.members) {
    const { pod } = member;
    if (pod === undefined || pod.pod.cluster !== key || pod.pod.name !== member.member.name) continue;
    pod.cluster = state;
    pod.member = member;
  }
  walk.clusters.set(key, state);
  return state;
}

function startMember(walk: Walk, member: Member): MemberState {
  const pod = walk.pods.get(member.pod);
  const { lagBytes, timeline } = member;
  return { member, pod, temporary: false, healthy: isRunning(pod?.pod, member.state), lagBytes, timeline };
}

function isRunning(pod: Pod | undefined, state: string | undefined): boolean {
  const runs = state === undefined || state === 'running' || state === 'streaming';
  return pod?.ready === true && !pod.terminating && pod.phase === 'Running' && runs;
}

/** The member of that name; undefined: there is none. */
export function memberNamed(state: ClusterState, name: string | undefined): MemberState | undefined {
  for (const each of state.members) if (each.member.name === name) return each;
  return undefined;
}

/** Takes a pod off its node and puts it on another, or on none. */
export function placePod(state: PodState, node: NodeState | undefined): void {
  const from = state.node;
  if (from !== undefined) {
    // The last one takes the free place.
    const last = from.pods.pop();
    if (last !== undefined && last !== state) {
      from.pods[state.place] = last;
      last.place = state.place;
    }
  }
  state.node = node;
  if (node === undefined) return;
  state.place = node.pods.length;
  node.pods.push(state);
}

/** A pod that has ended takes no room, keeps no node and matches no rule. */
export function hasEnded(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** DaemonSet and mirror pods stay on their node. */
export function staysOnNode(pod: Pod): boolean {
  return pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror';
}

/** A pod that a release waits for: it neither stays with its node nor is on its way out anyway. */
export function mustLeave(pod: Pod): boolean {
  return !staysOnNode(pod) && !hasEnded(pod) && !pod.terminating;
}
