/**
 * Where everything stands while checkPlan walks a plan. The only state that changes in the walk; each step of the plan
 * changes it as the contract says that step changes a fleet.
 */

import type { DatabaseCluster, Fleet, FleetNode, Pod } from '../model.ts';
import type { DrainPlan, Facts, Step, Violation } from '../plan.ts';
import type { ViolationCode } from './check-codes.ts';
import { type BudgetIndex, indexBudgets, labelKey } from './check-labels.ts';
import type { CheckedRequest } from './check-request.ts';

export type NodeState = {
  readonly node: FleetNode;
  readonly isNew: boolean;
  fenced: boolean;
  cordoned: boolean;
  released: boolean;
  /** Opened by an unfence, so that pods may be parked there. */
  openForParking: boolean;
};

export type PodState = {
  readonly pod: Pod;
  /** They change with the role. */
  labels: Readonly<Record<string, string>>;
  /** Undefined: on no node. */
  node: string | undefined;
  moved: boolean;
};

export type MemberState = {
  readonly name: string;
  readonly pod: string;
  readonly nofailover: boolean;
  readonly temporary: boolean;
  /** Pod ready, Patroni's state running or streaming. */
  healthy: boolean;
  /** Undefined: unknown. */
  lagBytes: number | undefined;
  syncStandby: boolean;
  /** Undefined: unknown, or the same as that of the primary since it was moved. */
  timeline: number | undefined;
};

export type ClusterState = {
  readonly cluster: DatabaseCluster;
  readonly members: Map<string, MemberState>;
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

/** A pod that comes to a node or leaves it, and the step that makes it do so. */
export type Passage = { readonly step: Step; readonly node: string; readonly pod: PodState };

/** What happened in the walk, for the questions about steps that may run at the same time. */
export type Seen = {
  readonly arrivals: Passage[];
  readonly departures: Passage[];
  /** Steps after which a node carries one primary less. */
  readonly primariesLeft: { readonly step: Step; readonly node: string }[];
  /** Evictions by budget key, with what the budget allowed just before. */
  readonly budgetUses: Map<string, { readonly step: Step; readonly allowed: number }[]>;
  /** The node being drained in whole-nodes mode. */
  drainedNow: string | undefined;
};

export type Walk = {
  readonly plan: DrainPlan;
  readonly fleet: Fleet;
  readonly request: CheckedRequest;
  readonly refused: ReadonlySet<string>;
  readonly nodes: Map<string, NodeState>;
  readonly pods: Map<string, PodState>;
  readonly podsOn: Map<string, Set<PodState>>;
  readonly podsByLabel: Map<string, Set<PodState>>;
  /** Pods of each StatefulSet with the policy OrderedReady, by its UID. */
  readonly orderedSets: Map<string, Set<PodState>>;
  readonly clusters: Map<string, ClusterState>;
  /** Nodes asked to be drained that carry no fence now. */
  readonly unfenced: Set<string>;
  /** Topology keys of anti-affinity terms that some pod brings. */
  readonly repellingKeys: ReadonlySet<string>;
  readonly budgets: BudgetIndex;
  /** Live nodes by zone at the start. */
  readonly liveAtStart: ReadonlyMap<string, number>;
  readonly live: Map<string, number>;
  readonly peakExtra: Map<string, number>;
  readonly seen: Seen;
  readonly violations: Violation[];
};

/** The fleet as it stands before the first step. */
export function startWalk(plan: DrainPlan, fleet: Fleet, request: CheckedRequest): Walk {
  const live = new Map<string, number>();
  const pods = new Map(fleet.pods.map((pod) => [pod.key, pod]));
  for (const node of fleet.nodes) live.set(node.zone, (live.get(node.zone) ?? 0) + 1);
  const walk: Walk = {
    plan,
    fleet,
    request,
    refused: new Set(plan.refusals.map((refusal) => refusal.node)),
    nodes: new Map(fleet.nodes.map((node) => [node.name, startNode(node, false)])),
    pods: new Map(),
    podsOn: new Map(),
    podsByLabel: new Map(),
    orderedSets: new Map(),
    clusters: new Map(fleet.clusters.map((cluster) => [cluster.key, startCluster(cluster, pods)])),
    unfenced: new Set(request.drained),
    repellingKeys: new Set(fleet.pods.flatMap((pod) => pod.podAntiAffinity.map((term) => term.topologyKey))),
    budgets: indexBudgets(fleet.budgets),
    liveAtStart: new Map(live),
    live,
    peakExtra: new Map(fleet.zones.map((zone) => [zone, 0])),
    seen: { arrivals: [], departures: [], primariesLeft: [], budgetUses: new Map(), drainedNow: undefined },
    violations: [],
  };
  for (const pod of fleet.pods) putPod(walk, pod, pod.node);
  return walk;
}

/** Notes one broken rule. */
export function violate(walk: Walk, code: ViolationCode, step: Step | null, facts: Facts): void {
  walk.violations.push({ code, step: step?.id ?? null, facts });
}

/** State of a node that has just come into view. */
export function startNode(node: FleetNode, isNew: boolean): NodeState {
  return {
    node,
    isNew,
    fenced: false,
    cordoned: node.unschedulable,
    released: false,
    openForParking: false,
  };
}

function startCluster(cluster: DatabaseCluster, pods: ReadonlyMap<string, Pod>): ClusterState {
  const members = new Map<string, MemberState>();
  for (const member of cluster.members) {
    const pod = pods.get(member.pod);
    const running = member.state === undefined || member.state === 'running' || member.state === 'streaming';
    members.set(member.name, {
      name: member.name,
      pod: member.pod,
      nofailover: member.nofailover || member.failoverPriority === 0,
      temporary: false,
      healthy: pod?.ready === true && !pod.terminating && pod.phase === 'Running' && running,
      lagBytes: member.lagBytes,
      syncStandby: member.role === 'sync-standby',
      timeline: member.timeline,
    });
  }
  return {
    cluster,
    members,
    primary: cluster.primary,
    timeline: cluster.members.find((member) => member.name === cluster.primary)?.timeline,
    syncMayHaveChanged: false,
    switchovers: 0,
    outages: 0,
    scaledOut: 0,
  };
}

/** Puts a pod into view, on a node or on none. */
export function putPod(walk: Walk, pod: Pod, node: string | undefined): PodState {
  const state: PodState = { pod, labels: {}, node: undefined, moved: false };
  walk.pods.set(pod.key, state);
  if (pod.owner.kind === 'StatefulSet' && pod.owner.orderedReady) {
    const set = walk.orderedSets.get(pod.owner.uid) ?? new Set<PodState>();
    walk.orderedSets.set(pod.owner.uid, set.add(state));
  }
  relabelPod(walk, state, pod.labels);
  placePod(walk, state, node);
  return state;
}

/** Gives a pod other labels. */
export function relabelPod(walk: Walk, state: PodState, labels: Readonly<Record<string, string>>): void {
  for (const label of Object.entries(state.labels))
    walk.podsByLabel.get(labelKey(state.pod.namespace, ...label))?.delete(state);
  state.labels = labels;
  for (const label of Object.entries(labels)) {
    const key = labelKey(state.pod.namespace, ...label);
    const alike = walk.podsByLabel.get(key) ?? new Set<PodState>();
    alike.add(state);
    walk.podsByLabel.set(key, alike);
  }
}

/** Takes a pod off its node and puts it on another, or on none. */
export function placePod(walk: Walk, state: PodState, node: string | undefined): void {
  if (state.node !== undefined) walk.podsOn.get(state.node)?.delete(state);
  state.node = node;
  if (node === undefined) return;
  const there = walk.podsOn.get(node) ?? new Set<PodState>();
  there.add(state);
  walk.podsOn.set(node, there);
}

/** A pod that has ended takes no room, keeps no node and matches no rule. */
export function hasEnded(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** DaemonSet and mirror pods stay on their node. */
export function staysOnNode(pod: Pod): boolean {
  return pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror';
}

/** Nodes that this plan has to empty: asked for, in the fleet, and not refused. */
export function isToBeEmptied(walk: Walk, node: string): boolean {
  return walk.request.drained.has(node) && !walk.refused.has(node);
}
