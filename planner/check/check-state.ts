/**
 * Where everything stands while checkPlan walks a plan. The only state that changes in the walk; each step of the plan
 * changes it as the contract says that step changes a fleet. Of what there is many of it is kept as lists of numbers, which a
 * computer reads much faster than objects that point at each other; see check-numbered-fleet.ts.
 */

import type { Fleet, FleetNode, Pod, Resources } from '../model.ts';
import type { DrainPlan, Facts, Step, Violation } from '../plan.ts';
import type { ViolationCode } from './check-codes.ts';
import type {
  NumberedBudget,
  NumberedCluster,
  NumberedFleet,
  NumberedMember,
  NumberedPod,
  Repeller,
  Standing,
  Tag,
} from './check-model.ts';
import type { Paths } from './check-paths.ts';
import type { CheckedRequest } from './check-request.ts';
import type { StepList } from './check-step-list.ts';
import type { StepNames } from './check-step-names.ts';

export type NodeState = {
  readonly number: number;
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
  /** Numbers of the pods there. */
  readonly pods: number[];
  /** Kinds of pods (`nodeRules` in check-pod-columns.ts) that came and were kept off by no rule about the node alone. */
  readonly allowedKinds: number[];
  /** What the pods there ask for, in the order of the fleet's resources; undefined until somebody comes. */
  used: number[] | undefined;
  /** Allocatable in the same order, as far as it has been asked for; Infinity where there is no limit. */
  readonly rooms: number[];
  /** Places in the list of its fences, unfences, cordons and releases, of what comes and goes, and of each primary lost. */
  readonly holds: number[];
  readonly arrivals: number[];
  readonly departures: number[];
  readonly primariesLeft: number[];
};

/** What steps have changed of what a fleet says of its pods: little, so that it is looked up by the pod. */
export type Changes = {
  /** Temporary members, and pods that are gone (undefined), by key. */
  readonly pods: Map<string, NumberedPod | undefined>;
  readonly tags: Map<NumberedPod, readonly Tag[]>;
  /** Members of clusters that got or lost one. */
  readonly members: Map<NumberedCluster, readonly NumberedMember[]>;
  /** Pods that carry a tag, or keep others with it away, since a step brought that about. */
  readonly carriers: Map<Tag, NumberedPod[]>;
  readonly repellers: Map<Tag, NumberedPod[]>;
  /** Temporary members that keep others away farther than from their node. */
  readonly farRepellers: Repeller[];
};

export type Walk = {
  readonly plan: DrainPlan;
  readonly fleet: Fleet;
  readonly numbered: NumberedFleet;
  readonly request: CheckedRequest;
  readonly steps: StepList;
  readonly names: StepNames;
  readonly paths: Paths;
  readonly refused: ReadonlySet<string>;
  /** By number; those that steps add get the numbers after those of the fleet. So do pods. */
  readonly nodes: NodeState[];
  /** By the number of the name (check-step-names.ts): those of the fleet, and those that steps have added. */
  readonly nodesNamed: (NodeState | undefined)[];
  readonly pods: NumberedPod[];
  /** Temporary members; their numbers follow those of the fleet's members. */
  readonly temporaries: NumberedMember[];
  readonly now: Standing;
  readonly changes: Changes;
  /** Of each pod, by its number: whether it was moved (1), and where in the list last; -1: nowhere yet. */
  readonly moved: Uint8Array;
  readonly lastMove: Int32Array;
  /** 1 for each member, by its number, that has handed over to another one. */
  readonly haveLed: Uint8Array;
  /** Labels and budgets of each pod, which change with its role; those of temporary members only once they have changed. */
  readonly labels: Pod['labels'][];
  readonly budgets: (readonly NumberedBudget[])[];
  /** Of each cluster, by its number. */
  readonly switchovers: Int32Array;
  readonly outages: Int32Array;
  readonly scaledOut: Int32Array;
  /**
   * 1 as soon as a member was moved, added or promoted: from then on Patroni may have chosen other sync standbys, and
   * only it can say which; the executor asks before it switches over.
   */
  readonly syncMayHaveChanged: Uint8Array;
  /** Clusters that have a member on a node to be emptied or that a step names; the others stay as they are. */
  readonly clusters: NumberedCluster[];
  readonly isInView: Uint8Array;
  /** Those with a pod on a node to be emptied at the start. */
  readonly onEmptied: NumberedCluster[];
  /** Evictions under budgets, one after another: the number of the budget, the step's place, and what it allowed just before. */
  readonly budgetUses: {
    readonly budgets: number[];
    readonly places: number[];
    readonly allowed: number[];
  };
  /** Nodes to be emptied that carry no fence now, and those of them that carry no cordon either. */
  readonly unfenced: Set<NodeState>;
  readonly open: Set<NodeState>;
  /** What new nodes offer, by their zone and what the one node offers that they replace; see check-replacement.ts. */
  readonly replacements: Map<string, Resources>;
  /** Live nodes by zone at the start. */
  readonly liveAtStart: ReadonlyMap<string, number>;
  readonly live: Map<string, number>;
  readonly addedIn: Map<string, number>;
  readonly peakExtra: Map<string, number>;
  /** The pod and the cluster that each step was about, by its place in the list; -1: none. */
  readonly podAt: Int32Array;
  readonly clusterAt: Int32Array;
  /** Numbers of nodes that have come, gone, opened or closed, one after another. */
  readonly nodeChanges: number[];
  /** By kind of spread constraint. */
  readonly spreadDomains: (SpreadDomains | undefined)[];
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

/** Puts a node into view with the pods that stand there. */
export function putNode(walk: Walk, node: FleetNode, isNew: boolean, pods: number[]): NodeState {
  const asked = !isNew && walk.request.drained.has(node.name);
  const refused = walk.refused.has(node.name);
  const state: NodeState = {
    number: walk.nodes.length,
    node,
    isNew,
    asked,
    refused,
    toBeEmptied: asked && !refused,
    fenced: false,
    cordoned: node.unschedulable,
    released: false,
    openForParking: false,
    pods,
    allowedKinds: [],
    used: undefined,
    rooms: [],
    holds: [],
    arrivals: [],
    departures: [],
    primariesLeft: [],
  };
  walk.nodes.push(state);
  walk.nodesNamed[isNew ? (walk.names.otherNodes.get(node.name) ?? -1) : state.number] = state;
  noteHolds(walk, state);
  return state;
}

/** Keeps the lists of open nodes; to be called when a node has come, gone, or got or lost a fence or cordon. */
export function noteHolds(walk: Walk, state: NodeState): void {
  walk.nodeChanges.push(state.number);
  const isUnfenced = state.toBeEmptied && !state.released && !state.fenced;
  if (isUnfenced) walk.unfenced.add(state);
  else walk.unfenced.delete(state);
  if (isUnfenced && !state.cordoned) walk.open.add(state);
  else walk.open.delete(state);
}

/** The node of that name, as soon as it is there; undefined: there is none. */
export function nodeNamed(walk: Walk, name: string): NodeState | undefined {
  const { numbered, names, nodesNamed } = walk;
  return nodesNamed[numbered.nodeNumbers.get(name) ?? names.otherNodes.get(name) ?? -1];
}

/** The pod of that key, unless a step has removed it; undefined: there is none. */
export function podNamed(walk: Walk, key: string): NumberedPod | undefined {
  const { changes, numbered } = walk;
  if (changes.pods.size > 0 && changes.pods.has(key)) return changes.pods.get(key);
  return numbered.pods[numbered.podNamed.get(key) ?? -1];
}

/** Where a pod stands now; undefined: on no node. */
export function nodeOf({ nodes, now }: Walk, pod: NumberedPod): NodeState | undefined {
  return nodes[now.nodeOf[pod.number] ?? -1];
}

/** The labels of a pod, which change with its role. */
export function labelsOf({ labels }: Walk, { number, pod }: NumberedPod): Pod['labels'] {
  return labels[number] ?? pod.labels;
}

/** What a pod carries, or has carried, of the labels that somebody asks for. */
export function tagsNow({ changes }: Walk, pod: NumberedPod): readonly Tag[] {
  return changes.tags.size === 0 ? pod.tags : (changes.tags.get(pod) ?? pod.tags);
}

/** The cluster of that name, which is in view from now on; undefined: there is none. */
export function clusterNamed(walk: Walk, key: string): NumberedCluster | undefined {
  const cluster = walk.numbered.clusterNamed.get(key);
  if (cluster !== undefined) bringIntoView(walk, cluster);
  return cluster;
}

/** To be called for each cluster that a step is about. */
export function bringIntoView({ clusters, isInView }: Walk, cluster: NumberedCluster): void {
  if (isInView[cluster.number] === 1) return;
  isInView[cluster.number] = 1;
  clusters.push(cluster);
}

/** The members that a cluster has now. */
export function membersOf({ changes }: Walk, cluster: NumberedCluster): readonly NumberedMember[] {
  return changes.members.size === 0 ? cluster.members : (changes.members.get(cluster) ?? cluster.members);
}

/** The member of that name; undefined: there is none. */
export function memberNamed(
  walk: Walk,
  cluster: NumberedCluster,
  name: string | undefined,
): NumberedMember | undefined {
  for (const each of membersOf(walk, cluster)) if (each.member.name === name) return each;
  return undefined;
}

/** The member that leads a cluster, or led it until it was removed; undefined: nobody can say, or it is none of the members. */
export function primaryOf(walk: Walk, { number }: NumberedCluster): NumberedMember | undefined {
  const { members } = walk.numbered;
  const primary = walk.now.primary[number] ?? -1;
  return members[primary] ?? walk.temporaries[primary - members.length];
}

/** Its name; undefined: nobody can say. */
export function primaryName(walk: Walk, numbered: NumberedCluster): string | undefined {
  return primaryOf(walk, numbered)?.member.name ?? numbered.cluster.primary;
}

/** True if the pod is that of the primary of a cluster. */
export function isPrimary(walk: Walk, { pod, cluster, member }: NumberedPod): boolean {
  if (cluster === undefined) return false;
  if (member === undefined) return primaryName(walk, cluster) === pod.name;
  return walk.now.primary[cluster.number] === member.number;
}

/** The pods that stand on a node now. */
export function podsOn(walk: Walk, { pods }: NodeState): readonly NumberedPod[] {
  return pods.flatMap((number) => walk.pods[number] ?? []);
}

/** Takes a pod, by its number, off its node and puts it on another, or on none. */
export function placePod({ nodes, now }: Walk, pod: number, node: NodeState | undefined): void {
  const { nodeOf, placeOf } = now;
  const place = placeOf[pod] ?? 0;
  const before = nodes[nodeOf[pod] ?? -1];
  // The last one takes the free place.
  const last = before?.pods.pop();
  if (before !== undefined && last !== undefined && last !== pod) {
    before.pods[place] = last;
    placeOf[last] = place;
  }
  nodeOf[pod] = node?.number ?? -1;
  if (node !== undefined) placeOf[pod] = node.pods.push(pod) - 1;
}

/** The domains of one kind of constraint, by numbers, kept up to date as nodes come, go, open and close. */
export type SpreadDomains = {
  readonly numbers: Map<string, number>;
  /** By number of the node; undefined: it does not count. */
  readonly domainOf: (number | undefined)[];
  /** How many nodes count in each domain, and how many pods, for as long as a rule is looked at. */
  readonly nodesIn: number[];
  readonly podsIn: number[];
  /** How many of `Walk.nodeChanges` have been looked at. */
  changesSeen: number;
};
