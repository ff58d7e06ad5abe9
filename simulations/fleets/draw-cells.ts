/**
 * The nodes of a generated fleet: of several sizes and ratios of cpu to memory, in zones that can carry about the same, some of
 * them dedicated to one team by a taint.
 */
import type { FleetNode, Pod, Resources } from '../../planner/model.ts';
import type { Random } from '../world/random.ts';
import type { Settled } from './fleet-wanted.ts';

/** A node while the fleet is dealt out. */
export type Bin = {
  readonly node: FleetNode;
  /** Stays empty. */
  readonly spare: boolean;
  freeCpu: number;
  freeMemory: number;
  freePods: number;
};

/** The nodes of one zone that the same pods may use. */
export type Cell = {
  readonly zone: string;
  /** Undefined: no taint. */
  readonly pool: string | undefined;
  readonly bins: readonly Bin[];
  readonly scarce: 'cpu' | 'memory';
  readonly cpu: number;
  readonly memory: number;
  /** How much of the scarcer resource pods shall ask for. */
  readonly target: number;
  usedCpu: number;
  usedMemory: number;
};

type Shape = { readonly name: string; readonly allocatable: Resources };

export const mebibyte = 2 ** 20;
export const poolName = 'analytics';

/** Pods of every node, with what they ask for. */
export const daemons = [
  { name: 'log-agent', requests: { cpu: 100, memory: 200 * mebibyte, pods: 1 } },
  { name: 'node-exporter', requests: { cpu: 50, memory: 64 * mebibyte, pods: 1 } },
] as const;

const noTaints: FleetNode['taints'] = [];
const poolTaints: FleetNode['taints'] = [{ key: 'dedicated', value: poolName, effect: 'NoSchedule' }];

const coresOffered = [16, 16, 16, 32, 32, 48];
const poolShare = 0.06;
/** Zones smaller than this have no dedicated nodes. */
const nodesOfZoneWithPool = 10;

/** Returns the zones' cells, the common ones first, each with its daemons already counted. */
export function drawCells(random: Random, wanted: Settled): readonly Cell[] {
  const { nodes, zones } = wanted;
  const most = Math.ceil(nodes / zones);
  const pooled = most >= nodesOfZoneWithPool ? Math.max(2, Math.round(most * poolShare)) : 0;
  // Zones get the same sizes, so that members that must be spread over them find the same room in each.
  const cores = Array.from({ length: most }, () => pick(random, coresOffered));
  const rich = Array.from({ length: most }, () => random.next() < 0.5);
  const cells: Cell[] = [];
  for (let zone = 0; zone < zones; zone += 1) {
    const inZone = Math.floor(nodes / zones) + (zone < nodes % zones ? 1 : 0);
    const leaving = drawLeaving(random, inZone, wanted.drained);
    // An empty one of the smallest leaves most room for the others.
    const smallest = cores.indexOf(Math.min(...cores.slice(pooled, inZone)), pooled);
    const names = Array.from({ length: inZone }, (_, index) => nameOf(index * zones + zone));
    const bins = names.map((name, index) => {
      const shape = shapeOf(wanted, zone, cores[index] ?? 16, rich[index] ?? false);
      const pool = index < pooled ? poolName : undefined;
      const spare = wanted.spareNodes && index === smallest;
      return binOf(nodeOf(name, `z${zone + 1}`, shape, pool, leaving.has(index)), spare);
    });
    cells.push(cellOf(bins.slice(pooled), undefined, wanted, zone));
    if (pooled > 0) cells.push(cellOf(bins.slice(0, pooled), poolName, wanted, zone));
  }
  return cells;
}

/** Returns one of the entries. */
export function pick<Entry>(random: Random, entries: readonly Entry[]): Entry {
  const entry = entries[random.between(0, entries.length - 1)];
  if (entry === undefined) throw new RangeError('nothing to choose from');
  return entry;
}

/** Returns what is asked for of the scarcer resource of the cell. */
export function usedOf(cell: Cell): number {
  return cell.scarce === 'cpu' ? cell.usedCpu : cell.usedMemory;
}

/** Takes the room of a pod from a node of the cell. */
export function take(cell: Cell, bin: Bin, { cpu = 0, memory = 0 }: Pod['requests']): void {
  bin.freeCpu -= cpu;
  bin.freeMemory -= memory;
  bin.freePods -= 1;
  cell.usedCpu += cpu;
  cell.usedMemory += memory;
}

function drawLeaving(random: Random, count: number, share: number): ReadonlySet<number> {
  const order = Array.from({ length: count }, (_, index) => ({ index, draw: random.next() }));
  order.sort((a, b) => a.draw - b.draw);
  return new Set(order.slice(0, Math.max(1, Math.round(count * share))).map(({ index }) => index));
}

function nameOf(index: number): string {
  return `node-${String(index).padStart(5, '0')}`;
}

/**
 * Machines with 4 or 8 GiB a core. In a mixed fleet all machines of a zone have one ratio: 8 where cpu is scarce, 4 where memory
 * is, and there half as many again, so that both kinds of zones carry the same pods.
 */
function shapeOf({ bound }: Settled, zone: number, cores: number, rich: boolean): Shape {
  const even = zone % 2 === 1;
  const [own, ratio] = bound === 'mixed' ? [even ? cores * 1.5 : cores, even ? 4 : 8] : [cores, rich ? 8 : 4];
  const allocatable = {
    cpu: own * 1000 - 110,
    // What kubelet and system keep for themselves.
    memory: Math.floor(own * ratio * 0.95 * 1024) * mebibyte,
    pods: 110,
  };
  return { name: `${ratio === 8 ? 'r' : 'm'}${own}`, allocatable };
}

function nodeOf(
  name: string,
  zone: string,
  shape: Shape,
  pool: string | undefined,
  leaves: boolean,
): FleetNode {
  return {
    name,
    zone,
    labels: {
      'kubernetes.io/hostname': name,
      'lifecycle-status': leaves ? 'decommission-pending' : 'ready',
      'node.kubernetes.io/instance-type': shape.name,
      ...(pool === undefined ? {} : { 'node.example.org/pool': pool }),
      'topology.kubernetes.io/zone': zone,
    },
    taints: pool === undefined ? noTaints : poolTaints,
    unschedulable: false,
    ready: true,
    allocatable: shape.allocatable,
  };
}

function binOf(node: FleetNode, spare: boolean): Bin {
  const { cpu = 0, memory = 0, pods = 0 } = node.allocatable;
  return { node, spare, freeCpu: cpu, freeMemory: memory, freePods: pods };
}

function cellOf(bins: readonly Bin[], pool: string | undefined, wanted: Settled, zone: number): Cell {
  const { bound, utilisation } = wanted;
  const scarce = bound === 'mixed' ? (zone % 2 === 0 ? 'cpu' : 'memory') : bound;
  const cpu = bins.reduce((sum, bin) => sum + bin.freeCpu, 0);
  const memory = bins.reduce((sum, bin) => sum + bin.freeMemory, 0);
  const target = (scarce === 'cpu' ? cpu : memory) * utilisation;
  const cell: Cell = {
    zone: `z${zone + 1}`,
    pool,
    bins,
    scarce,
    cpu,
    memory,
    target,
    usedCpu: 0,
    usedMemory: 0,
  };
  for (const bin of bins) for (const { requests } of daemons) take(cell, bin, requests);
  return cell;
}
