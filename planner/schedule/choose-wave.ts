/**
 * Which nodes are emptied together: zones apart, cheap ones first, as many as there is room for.
 */
import type { Manner, Work } from './acts.ts';
import { isUncovered } from './cover-primaries.ts';
import { vectorOf } from './survey.ts';
import { extraIn, extraOfAll, isPrimary, replacementFor, type YardNode } from './yard.ts';

/** The rank of a node where cost and load leave the choice open; smaller goes first. */
export type NodeOrder = {
  readonly rankOf: (name: string) => number;
  /** `one`: a single node at a time in the whole fleet. `zones`: as many as limits and room allow in each zone. */
  readonly together: 'one' | 'zones';
  /** The rank goes before cost and load. */
  readonly strict: boolean;
  readonly manner: Manner;
};

export type ChosenWave = {
  readonly nodes: readonly YardNode[];
  /** Nodes whose replacements their loads need at once. */
  readonly toReplace: readonly YardNode[];
};

/** Returns the nodes of the next wave out of those that are left. */
export function chooseWave(work: Work, left: readonly YardNode[], order: NodeOrder): ChosenWave {
  const sorted = sortNodes(work, left, order);
  if (order.together === 'one') return { nodes: sorted.slice(0, 1), toReplace: [] };
  const { fleet, request } = work.yard.survey;
  let spare = request.surgeTotal === null ? fleet.nodes.length : request.surgeTotal - extraOfAll(work.yard);
  const chosen: YardNode[] = [];
  const toReplace: YardNode[] = [];
  const zones = [...new Set(sorted.map((node) => node.node.zone))];
  for (const zone of zones) {
    const here = sorted.filter((node) => node.node.zone === zone);
    const taken = takeWhileRoom(work, zone, here, Math.max(0, spare));
    if (taken.nodes.length === 0 && chosen.length > 0) continue;
    chosen.push(...(taken.nodes.length === 0 ? here.slice(0, 1) : taken.nodes));
    toReplace.push(...taken.toReplace);
    spare -= taken.toReplace.length;
  }
  // Zone by zone, so that the plan reads in the order of the fleet.
  return { nodes: chosen.sort(inFleetOrder), toReplace: toReplace.sort(inFleetOrder) };
}

/** Returns the summed weight of the clusters that would pay a second switchover if a node were emptied now. */
export function uncoveredWeight(work: Work, node: YardNode): number {
  const known = work.knownWeight.get(node);
  if (known !== undefined) return known;
  const { clusters } = work.yard.survey.request;
  let weight = 0;
  for (const pod of node.pods) {
    if (!isPrimary(work.yard, pod) || !isUncovered(work, pod)) continue;
    weight += clusters[pod.cluster?.key ?? '']?.weight ?? 1;
  }
  work.knownWeight.set(node, weight);
  return weight;
}

function sortNodes(work: Work, left: readonly YardNode[], order: NodeOrder): readonly YardNode[] {
  const rated = left.map((node) => ({
    node,
    cost: order.strict ? 0 : uncoveredWeight(work, node),
    load: order.strict ? 0 : node.pods.size,
    rank: order.rankOf(node.node.name),
  }));
  rated.sort(
    (a, b) =>
      a.cost - b.cost ||
      a.load - b.load ||
      a.rank - b.rank ||
      compareNames(a.node.node.name, b.node.node.name),
  );
  return rated.map(({ node }) => node);
}

/** Nodes of a zone while their loads fit into what is free on final nodes plus the replacements that quotas allow. */
function takeWhileRoom(work: Work, zone: string, nodes: readonly YardNode[], spare: number): ChosenWave {
  const { yard } = work;
  const { request, resources, daemonLoad } = yard.survey;
  const final = yard.nodes.filter(
    (node) => node.live && node.node.zone === zone && (node.origin === 'kept' || node.origin === 'added'),
  );
  const room = resources.map((_, index) => final.reduce((sum, node) => sum + (node.free[index] ?? 0), 0));
  let quota = Math.min((request.surge[zone] ?? 0) - extraIn(yard, zone), spare);
  const toReplace: YardNode[] = [];
  // Attach limits are looked at when a pod is placed; a node that states none has none.
  const bounded = resources.map((name) => !name.startsWith('attachable-volumes-'));
  const taken: YardNode[] = [];
  for (const node of nodes) {
    if (taken.length >= request.limits.parallelDrainsPerZone) break;
    const load = resources.map((_, index) =>
      [...node.pods].reduce((sum, pod) => sum + (pod.stays ? 0 : (pod.requests[index] ?? 0)), 0),
    );
    const lacks = () =>
      load.some((amount, index) => bounded[index] && amount > 0 && amount > (room[index] ?? 0));
    const wanted: YardNode[] = [];
    while (lacks() && quota > 0) {
      const size = vectorOf(replacementFor(yard, node.node).allocatable, resources);
      const daemons = daemonLoad.get(zone) ?? [];
      size.forEach((amount, index) => {
        room[index] = (room[index] ?? 0) + amount - (daemons[index] ?? 0);
      });
      quota -= 1;
      wanted.push(node);
    }
    if (lacks()) break;
    load.forEach((amount, index) => {
      room[index] = (room[index] ?? 0) - amount;
    });
    taken.push(node);
    toReplace.push(...wanted);
  }
  return { nodes: taken, toReplace };
}

function inFleetOrder(a: YardNode, b: YardNode): number {
  return compareNames(a.node.zone, b.node.zone) || compareNames(a.node.name, b.node.name);
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
