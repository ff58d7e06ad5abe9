/**
 * The state a plan is built on: where every pod stands, what is free where, who is primary. The only mutable thing of the
 * planner; it is made for one attempt and thrown away with it.
 */
import type { FleetNode, Resources } from '../model.ts';
import { type Survey, vectorOf, type YardPod } from './survey.ts';

/** `kept`: not to be drained. `drained`: to be emptied. `refused`: was to be emptied, is left alone. `added`: a replacement. */
export type Origin = 'kept' | 'drained' | 'refused' | 'added';

export type YardNode = {
  readonly node: FleetNode;
  readonly origin: Origin;
  readonly free: number[];
  readonly pods: Set<YardPod>;
  live: boolean;
};

export type Yard = {
  readonly survey: Survey;
  readonly nodes: YardNode[];
  readonly nodeNamed: Map<string, YardNode>;
  /** Kept and added nodes in the order of `nodes`, all of them and by zone: where pods may stand for good. */
  readonly final: YardNode[];
  readonly finalIn: Map<string, YardNode[]>;
  /** Nodes to be emptied in the order of `nodes`, by zone; live or not. */
  readonly drainedIn: Map<string, YardNode[]>;
  readonly at: Map<YardPod, YardNode>;
  /** Pod of the primary of each cluster that has exactly one, by cluster key. */
  readonly primaryOf: Map<string, YardPod>;
  /** Members that were primary, by cluster key: where nobody else is asked, they may take over again. */
  readonly formerOf: Map<string, Set<YardPod>>;
  /** Live nodes at the start and now, by zone. */
  readonly base: ReadonlyMap<string, number>;
  readonly liveIn: Map<string, number>;
  readonly addedIn: Map<string, number>;
  readonly peakExtra: Map<string, number>;
  /** Temporary members on their node, by cluster key. */
  readonly temporary: Map<string, YardPod>;
};

/** Returns the state at the start, with `drained` the nodes to be emptied and `refused` those left alone. */
export function openYard(survey: Survey, drained: ReadonlySet<string>, refused: ReadonlySet<string>): Yard {
  const yard: Yard = {
    survey,
    nodes: [],
    nodeNamed: new Map(),
    final: [],
    finalIn: new Map(),
    drainedIn: new Map(),
    at: new Map(),
    primaryOf: new Map(),
    formerOf: new Map(),
    base: countByZone(survey.fleet.nodes),
    liveIn: countByZone(survey.fleet.nodes),
    addedIn: new Map(),
    peakExtra: new Map(survey.fleet.zones.map((zone) => [zone, 0])),
    temporary: new Map(),
  };
  for (const node of survey.fleet.nodes) {
    const origin = drained.has(node.name) ? 'drained' : refused.has(node.name) ? 'refused' : 'kept';
    const added = enter(yard, node, origin);
    for (const pod of survey.podsOn.get(node.name) ?? []) place(yard, pod, added);
  }
  for (const cluster of survey.fleet.clusters) {
    const member = cluster.members.find((each) => each.name === cluster.primary);
    const pod = member === undefined ? undefined : survey.podOf.get(member.pod);
    if (pod !== undefined) yard.primaryOf.set(cluster.key, pod);
  }
  return yard;
}

/** Returns a copy that can be tried on and thrown away. */
export function copyYard(yard: Yard): Yard {
  const copy: Yard = {
    ...yard,
    nodes: [],
    nodeNamed: new Map(),
    final: [],
    finalIn: new Map(),
    drainedIn: new Map(),
    at: new Map(),
    primaryOf: new Map(yard.primaryOf),
    formerOf: new Map([...yard.formerOf].map(([key, pods]) => [key, new Set(pods)])),
    liveIn: new Map(yard.liveIn),
    addedIn: new Map(yard.addedIn),
    peakExtra: new Map(yard.peakExtra),
    temporary: new Map(yard.temporary),
  };
  for (const each of yard.nodes) {
    const node = { ...each, free: [...each.free], pods: new Set(each.pods) };
    enlist(copy, node);
    for (const pod of node.pods) copy.at.set(pod, node);
  }
  return copy;
}

/** Takes a pod from where it stands, if anywhere, and puts it onto a node. */
export function place(yard: Yard, pod: YardPod, onto: YardNode): void {
  lift(yard, pod);
  yard.at.set(pod, onto);
  onto.pods.add(pod);
  addTo(onto.free, pod.requests, -1);
}

/** Takes a pod from its node. */
export function lift(yard: Yard, pod: YardPod): void {
  const from = yard.at.get(pod);
  if (from === undefined) return;
  from.pods.delete(pod);
  addTo(from.free, pod.requests, 1);
  yard.at.delete(pod);
}

/** Whether the quotas allow one more node in a zone now: surge of the zone, of all zones together, and replacements alive. */
export function mayAddNode(yard: Yard, zone: string): boolean {
  const { request } = yard.survey;
  if (extraIn(yard, zone) >= (request.surge[zone] ?? 0)) return false;
  const aliveMax = request.limits.maxNewNodesPerZone?.[zone];
  if (aliveMax !== undefined && (yard.addedIn.get(zone) ?? 0) >= aliveMax) return false;
  if (request.surgeTotal === null || extraIn(yard, zone) < 0) return true;
  return extraOfAll(yard) < request.surgeTotal;
}

/** Returns the node that would be added in place of another; undefined size fields are like the node replaced. */
export function replacementFor(yard: Yard, replaced: FleetNode): FleetNode {
  const { zone } = replaced;
  const name = `new-${zone}-${(yard.addedIn.get(zone) ?? 0) + 1}`;
  const replacement = yard.survey.request.replacement[zone];
  const allocatable: Resources = { ...replaced.allocatable, ...replacement?.allocatable };
  return {
    name,
    zone,
    labels: { ...replaced.labels, ...replacement?.labels, 'kubernetes.io/hostname': name },
    // Taints of the node controller say what is wrong with the old node; the replacement starts without them.
    taints: replaced.taints.filter((taint) => !taint.key.startsWith('node.kubernetes.io/')),
    unschedulable: false,
    ready: true,
    allocatable,
  };
}

/** Adds a node to the yard as a replacement, counting it against surge. */
export function addNode(yard: Yard, node: FleetNode): YardNode {
  const added = enter(yard, node, 'added');
  addTo(added.free, yard.survey.daemonLoad.get(node.zone) ?? [], -1);
  yard.addedIn.set(node.zone, (yard.addedIn.get(node.zone) ?? 0) + 1);
  yard.liveIn.set(node.zone, (yard.liveIn.get(node.zone) ?? 0) + 1);
  yard.peakExtra.set(node.zone, Math.max(yard.peakExtra.get(node.zone) ?? 0, extraIn(yard, node.zone)));
  return added;
}

/** Takes an emptied node out of the yard; it stops counting against surge. */
export function releaseNode(yard: Yard, node: YardNode): void {
  node.live = false;
  yard.liveIn.set(node.node.zone, (yard.liveIn.get(node.node.zone) ?? 0) - 1);
}

/** Whether nothing but daemon and mirror pods stands on a node. */
export function isEmpty(node: YardNode): boolean {
  for (const pod of node.pods) if (!pod.stays) return false;
  return true;
}

/** Whether a pod on this node will not move again. */
export function isFinal(node: YardNode): boolean {
  return node.origin !== 'drained';
}

/** Whether a pod is the primary of its cluster now. */
export function isPrimary(yard: Yard, pod: YardPod): boolean {
  return pod.cluster !== undefined && yard.primaryOf.get(pod.cluster.key) === pod;
}

/** Returns how many nodes more than at the start are alive in a zone; negative where some were released without a replacement. */
export function extraIn(yard: Yard, zone: string): number {
  return (yard.liveIn.get(zone) ?? 0) - (yard.base.get(zone) ?? 0);
}

/** Returns the extra nodes of all zones; a zone below its count at the start counts nothing, so it lends nothing. */
export function extraOfAll(yard: Yard): number {
  return yard.survey.fleet.zones.reduce((sum, zone) => sum + Math.max(0, extraIn(yard, zone)), 0);
}

function enter(yard: Yard, node: FleetNode, origin: Origin): YardNode {
  const entered: YardNode = {
    node,
    origin,
    free: vectorOf(node.allocatable, yard.survey.resources),
    pods: new Set(),
    live: true,
  };
  enlist(yard, entered);
  return entered;
}

function enlist(yard: Yard, node: YardNode): void {
  yard.nodes.push(node);
  yard.nodeNamed.set(node.node.name, node);
  if (node.origin === 'refused') return;
  if (node.origin !== 'drained') yard.final.push(node);
  const byZone = node.origin === 'drained' ? yard.drainedIn : yard.finalIn;
  const inZone = byZone.get(node.node.zone);
  if (inZone === undefined) byZone.set(node.node.zone, [node]);
  else inZone.push(node);
}

function addTo(vector: number[], amounts: readonly number[], sign: 1 | -1): void {
  for (let index = 0; index < vector.length; index += 1) {
    vector[index] = (vector[index] ?? 0) + sign * (amounts[index] ?? 0);
  }
}

function countByZone(nodes: readonly FleetNode[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node.zone, (counts.get(node.zone) ?? 0) + 1);
  return counts;
}
