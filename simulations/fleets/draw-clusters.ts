/** The clusters of a generated fleet before they have places: how many members, how large, and what they ask of the scheduler. */
import type { Resources } from '../../planner/model.ts';
import type { Random } from '../world/random.ts';
import { type Cell, mebibyte, pick, poolName } from './draw-cells.ts';
import type { Settled } from './fleet-wanted.ts';

export type ClusterSketch = {
  readonly name: string;
  readonly members: number;
  /** In parts of the units of the fleet. */
  readonly cpuParts: number;
  readonly memoryParts: number;
  readonly pool: string | undefined;
  /** `apart`: never two on a node. `preferred`: better not, which is no rule. `spread`: over the zones as well. */
  readonly rule: 'apart' | 'preferred' | 'spread';
  readonly orderedReady: boolean;
  readonly synchronous: 'off' | 'on' | 'strict';
  readonly volumeBytes: number;
};

/** What one part of a sketch is. */
export type Units = { readonly cpu: number; readonly memory: number };

/** The rest is for stateless pods. */
const shareOfClusters = 0.85;
/** What pods ask for of the resource that is not scarce, in parts of what they ask for of the other. */
const otherResource = { cpu: [0.5, 0.62], memory: [0.42, 0.52] } as const;
const gibibyte = 2 ** 30;

const partsOffered = [1, 1, 1, 2, 2, 4, 8];
const ratiosOffered = [0.6, 0.8, 1, 1, 1.2, 1.4];
const gibibytesOffered = [5, 10, 10, 20, 20, 50, 100, 200, 500];

/** Returns as many sketches as wanted; those of the dedicated nodes are as large a share as those nodes are. */
export function drawClusters(
  random: Random,
  wanted: Settled,
  cells: readonly Cell[],
): readonly ClusterSketch[] {
  const dedicated = cells.filter((cell) => cell.pool !== undefined);
  const cores = (some: readonly Cell[]) => some.reduce((sum, cell) => sum + cell.cpu, 0);
  const share = cores(dedicated) / cores(cells);
  return Array.from({ length: wanted.clusters }, (_, index): ClusterSketch => {
    const cpuParts = pick(random, partsOffered);
    const spread = random.next();
    const synchronous = random.next();
    return {
      name: `acid-${String(index).padStart(6, '0')}`,
      members: drawMembers(random),
      cpuParts,
      memoryParts: cpuParts * pick(random, ratiosOffered),
      pool: random.next() < share ? poolName : undefined,
      rule: spread < 0.75 ? 'apart' : spread < 0.9 ? 'preferred' : 'spread',
      orderedReady: random.next() < 0.1,
      synchronous: synchronous < 0.04 ? 'on' : synchronous < 0.05 ? 'strict' : 'off',
      volumeBytes: pick(random, gibibytesOffered) * gibibyte,
    };
  });
}

/** Returns the units with which all sketches together ask for their share of what is wanted. */
export function unitsFor(
  random: Random,
  wanted: Settled,
  cells: readonly Cell[],
  sketches: readonly ClusterSketch[],
): Units {
  const cpuParts = sketches.reduce((sum, { cpuParts: parts, members }) => sum + parts * members, 0);
  const memoryParts = sketches.reduce((sum, { memoryParts: parts, members }) => sum + parts * members, 0);
  const lesser = drawLesser(random, wanted);
  const cpu = amountFor(cells, 'cpu', wanted.utilisation) ?? lesser * amountOf(cells, 'cpu', wanted);
  const memory = amountFor(cells, 'memory', wanted.utilisation) ?? lesser * amountOf(cells, 'memory', wanted);
  return { cpu: (cpu * shareOfClusters) / cpuParts, memory: (memory * shareOfClusters) / memoryParts };
}

/** Returns requests as people write them: tens of millicores, 16 MiB; equal ones are one object. */
export function requestsFor(
  known: Map<string, Resources>,
  units: Units,
  cpuParts: number,
  memoryParts: number,
): Resources {
  const cpu = Math.max(10, Math.round((units.cpu * cpuParts) / 10) * 10);
  const memory = Math.max(1, Math.round((units.memory * memoryParts) / mebibyte / 16)) * 16 * mebibyte;
  return sameRequests(known, cpu, memory);
}

/** Returns the requests of one pod, the object of those that asked for the same before. */
export function sameRequests(known: Map<string, Resources>, cpu: number, memory: number): Resources {
  const key = `${cpu} ${memory}`;
  const same = known.get(key);
  if (same !== undefined) return same;
  const requests = { cpu, memory, pods: 1 };
  known.set(key, requests);
  return requests;
}

function drawMembers(random: Random): number {
  const draw = random.next();
  if (draw < 0.08) return 1;
  if (draw < 0.3) return 2;
  if (draw < 0.9) return 3;
  return draw < 0.95 ? 4 : 5;
}

function drawLesser(random: Random, { bound }: Settled): number {
  if (bound === 'mixed') return 0.7;
  const [from, to] = otherResource[bound];
  return from + random.next() * (to - from);
}

/** What pods ask for where the resource is the scarce one of some zones, and as much in the others; undefined: it is nowhere. */
function amountFor(
  cells: readonly Cell[],
  resource: 'cpu' | 'memory',
  utilisation: number,
): number | undefined {
  const scarce = cells.filter((cell) => cell.scarce === resource);
  if (scarce.length === 0) return undefined;
  const zones = (some: readonly Cell[]) => new Set(some.map((cell) => cell.zone)).size;
  const inScarce = scarce.reduce((sum, cell) => sum + cell[resource], 0) * utilisation;
  return (inScarce / zones(scarce)) * zones(cells);
}

function amountOf(cells: readonly Cell[], resource: 'cpu' | 'memory', { utilisation }: Settled): number {
  return cells.reduce((sum, cell) => sum + cell[resource], 0) * utilisation;
}
