/**
 * What nodes to be drained are replaced by: replacements that differ in their name only are one size.
 */
import type { Fleet, FleetNode, Resources } from '../model.ts';
import type { ResolvedRequest } from '../read/resolve-request.ts';
import { numberContents } from './number-contents.ts';
import type { PlacementKinds } from './placement-kinds.ts';
import { roomOf } from './resources.ts';
import type { NodeTable, Tables } from './tables.ts';

export type SizeTable = {
  readonly count: number;
  readonly zone: Int32Array;
  readonly kind: Int32Array;
  /** By size and resource, what the DaemonSets found on every node of the zone leave of it. */
  readonly room: Float64Array;
  /** Nodes asked to be drained whose replacement has that size, ascending. */
  readonly nodes: readonly (readonly number[])[];
  /** Size of the replacement of each node; -1: not asked to be drained. */
  readonly ofNode: Int32Array;
  /** A replacement of each size, with a name that no node has. */
  readonly example: readonly FleetNode[];
};

type Parts = {
  readonly fleet: Fleet;
  readonly request: ResolvedRequest;
  readonly resources: readonly string[];
  readonly nodes: NodeTable;
  readonly kinds: PlacementKinds;
  /** By zone and resource, what the DaemonSets found on every node of the zone ask for on one node. */
  readonly daemonLoads: readonly (readonly number[])[];
};

/** Returns the sizes of a fleet's replacements, in the order of the nodes they replace. */
export function surveySizes(parts: Parts): SizeTable {
  const { fleet, request, resources, nodes, kinds } = parts;
  const { daemonLoads } = parts;
  const sizeOfLook = new Map<number, number>();
  const sizes: { zone: number; example: FleetNode; room: readonly number[]; nodes: number[] }[] = [];
  const ofNode = new Int32Array(fleet.nodes.length).fill(-1);
  fleet.nodes.forEach((node, index) => {
    if (nodes.asked[index] !== 1) return;
    const zone = nodes.zone[index] ?? 0;
    const look = nodes.look[index] ?? -1;
    const known = sizeOfLook.get(look) ?? sizes.length;
    ofNode[index] = known;
    if (known < sizes.length) {
      sizes[known]?.nodes.push(index);
      return;
    }
    sizeOfLook.set(look, known);
    const example = replacementFor(node, request, '');
    const taken = daemonLoads[zone] ?? [];
    const room = roomOf(example.allocatable, resources).map((amount, r) => amount - (taken[r] ?? 0));
    sizes.push({ zone, example, room, nodes: [index] });
  });
  return {
    count: sizes.length,
    zone: Int32Array.from(sizes, ({ zone }) => zone),
    kind: Int32Array.from(sizes, ({ example }) => kinds.kindOf(example)),
    room: Float64Array.from(sizes.flatMap(({ room }) => room)),
    nodes: sizes.map((size) => size.nodes),
    ofNode,
    example: sizes.map(({ example }) => example),
  };
}

/** Returns the numbers of nodes of a zone that differ in their name only, none so far. */
export function numberLooks(): (node: FleetNode, zone: number) => number {
  const numbers = new Map<string, number>();
  const partOf = numberContents();
  return ({ allocatable, taints, labels }, zone) => {
    const key = `${zone} ${partOf(allocatable)} ${partOf(taints)} ${textOfLabels(labels)}`;
    const look = numbers.get(key) ?? numbers.size;
    numbers.set(key, look);
    return look;
  };
}

const hostname = 'kubernetes.io/hostname';

/** All labels but the host's name; with the lengths in front no labels read like others. */
function textOfLabels(labels: FleetNode['labels']): string {
  let text = '';
  for (const key in labels) {
    const value = labels[key] ?? '';
    if (key !== hostname) text += `${key.length} ${value.length} ${key}${value}`;
  }
  return text;
}

/** Returns the node that comes in place of another; size fields the request leaves out are like those of the node replaced. */
export function replacementFor(replaced: FleetNode, request: ResolvedRequest, name: string): FleetNode {
  const replacement = request.replacement[replaced.zone];
  const allocatable: Resources = { ...replaced.allocatable, ...replacement?.allocatable };
  return {
    name,
    zone: replaced.zone,
    labels: { ...replaced.labels, ...replacement?.labels, [hostname]: name },
    // Taints of the node controller say what is wrong with the old node; the replacement starts without them.
    taints: replaced.taints.filter((taint) => !taint.key.startsWith('node.kubernetes.io/')),
    unschedulable: false,
    ready: true,
    allocatable,
  };
}

/** Returns by zone the sum of what the DaemonSets found on every node of the zone ask for on one node. */
export function sumDaemonLoads(
  fleet: Fleet,
  { resources, nodes, pods, asks }: Tables,
): readonly (readonly number[])[] {
  const width = resources.length;
  const found = fleet.zones.map(() => new Map<string, { count: number; largest: number[] }>());
  for (let index = 0; index < pods.all.length; index += 1) {
    const pod = pods.stays[index] === 1 ? pods.all[index] : undefined;
    if (pod?.owner.kind !== 'DaemonSet') continue;
    const sets = found[nodes.zone[pods.node[index] ?? 0] ?? 0];
    if (sets === undefined) continue;
    const set = sets.get(pod.owner.uid) ?? { count: 0, largest: resources.map(() => 0) };
    sets.set(pod.owner.uid, set);
    set.count += 1;
    const ask = (pods.ask[index] ?? 0) * width;
    for (let r = 0; r < width; r += 1) set.largest[r] = Math.max(set.largest[r] ?? 0, asks[ask + r] ?? 0);
  }
  const nodesIn = new Int32Array(fleet.zones.length);
  for (const zone of nodes.zone) nodesIn[zone] = (nodesIn[zone] ?? 0) + 1;
  return found.map((sets, zone) => {
    const everywhere = [...sets.values()].filter(({ count }) => count === nodesIn[zone]);
    return resources.map((_, r) => everywhere.reduce((sum, { largest }) => sum + (largest[r] ?? 0), 0));
  });
}
