/**
 * Stateless load: deployments with the rules that they have in practice, then small ones of a single pod until each zone asks for
 * exactly what is wanted.
 */
import type { DisruptionBudget, Pod, Resources } from '../../planner/model.ts';
import type { Random } from '../world/random.ts';
import { type Bin, type Cell, mebibyte, pick, take, usedOf } from './draw-cells.ts';
import { requestsFor, sameRequests, type Units } from './draw-clusters.ts';
import { findBin } from './find-bin.ts';
import { deploymentBudget, deploymentPods, type Rule } from './stateless-objects.ts';

export type StatelessPlaced = { readonly pods: Pod[]; readonly budgets: DisruptionBudget[] };

/** Deployments end at this share of what is wanted in a zone; pods of their own size fill the rest. */
const fullOfDeployments = 0.98;
/** So many in a row without a place, and all zones are as full as deployments make them. */
const failuresMax = 6;
const partsOffered = [3, 4, 4, 6];
/** Pods of single deployments ask for at most this share of a node of 16 cores. */
const singleCpu = 800;
const singleMemory = 4096 * mebibyte;

/** Returns the pods and budgets, and the zones as full as wanted. */
export function placeStateless(random: Random, cells: readonly Cell[], units: Units): StatelessPlaced {
  const all: StatelessPlaced = { pods: [], budgets: [] };
  for (const inPool of Map.groupBy(cells, (cell) => cell.pool).values())
    placeDeployments(random, inPool, units, all);
  const known = new Map<string, Resources>();
  for (const cell of cells) fillUp(random, cell, { units, known }, all);
  return all;
}

function placeDeployments(random: Random, cells: readonly Cell[], units: Units, all: StatelessPlaced): void {
  const known = new Map<string, Resources>();
  const pool = cells[0]?.pool;
  let failures = 0;
  for (let number = 0; failures < failuresMax; number += 1) {
    const parts = pick(random, partsOffered);
    const requests = requestsFor(known, units, parts, parts);
    const rule = drawRule(random);
    const places = findPlaces(random, cells, requests, rule, random.between(2, 6));
    failures = places.length === 0 ? failures + 1 : 0;
    if (places.length === 0) continue;
    const name = `${pool ?? 'web'}-${String(number).padStart(5, '0')}`;
    all.pods.push(
      ...deploymentPods({ name, requests, rule, pool, nodes: places.map((bin) => bin.node.name) }),
    );
    if (places.length > 1) all.budgets.push(deploymentBudget(name, places.length, random.next() < 0.5));
  }
}

function drawRule(random: Random): Rule {
  const draw = random.next();
  if (draw < 0.4) return 'apart';
  if (draw < 0.7) return 'spread-zones';
  return draw < 0.73 ? 'spread-nodes' : 'none';
}

/** Pods go to the zone that has fewest of them; where they need not, to the emptiest. */
function findPlaces(
  random: Random,
  cells: readonly Cell[],
  requests: Resources,
  rule: Rule,
  count: number,
): readonly Bin[] {
  const places: Bin[] = [];
  for (let pod = 0; pod < count; pod += 1) {
    const inZone = (cell: Cell) => places.filter((bin) => bin.node.zone === cell.zone).length;
    const gap = (cell: Cell) => usedOf(cell) / cell.target;
    const even = rule === 'spread-zones';
    const [cell] = [...cells].sort((a, b) => (even ? inZone(a) - inZone(b) : 0) || gap(a) - gap(b));
    if (cell === undefined) break;
    const wanted = amountIn(cell, requests);
    if (usedOf(cell) + wanted > cell.target * fullOfDeployments) break;
    const bin = findBin(random, cell, requests, rule === 'none' || even ? [] : places);
    if (bin === undefined) break;
    take(cell, bin, requests);
    places.push(bin);
  }
  return places;
}

/** What pods ask for on average, and the requests there are already. */
type Asked = { readonly units: Units; readonly known: Map<string, Resources> };

/** The last pod is as large as what is left. */
function fillUp(random: Random, cell: Cell, asked: Asked, all: StatelessPlaced): void {
  const grain = cell.scarce === 'cpu' ? 10 : 16 * mebibyte;
  const most = cell.scarce === 'cpu' ? singleCpu : singleMemory;
  for (let number = 0; ; number += 1) {
    const left = Math.floor((cell.target - usedOf(cell)) / grain) * grain;
    const size = Math.min(left, random.between(Math.ceil(most / grain / 4), most / grain) * grain);
    if (size <= 0) return;
    const place = largestThatFits(random, cell, size, grain, asked);
    if (place === undefined) return;
    take(cell, place.bin, place.requests);
    const name = `${cell.pool ?? 'app'}-${cell.zone}-${String(number).padStart(5, '0')}`;
    const { requests, bin } = place;
    all.pods.push(
      ...deploymentPods({ name, requests, rule: 'none', pool: cell.pool, nodes: [bin.node.name] }),
    );
  }
}

/** Halves the pod until a node has room for it. */
function largestThatFits(
  random: Random,
  cell: Cell,
  size: number,
  grain: number,
  asked: Asked,
): { readonly bin: Bin; readonly requests: Resources } | undefined {
  for (let tried = size; tried >= grain; tried = Math.floor(tried / 2 / grain) * grain) {
    const requests = requestsOf(cell, tried, asked, tried === size ? 1 : 0.25);
    const bin = findBin(random, cell, requests, []);
    if (bin !== undefined) return { bin, requests };
  }
  return undefined;
}

/** As much of the other resource as all pods have on average, or a part of it. */
function requestsOf(cell: Cell, size: number, { units, known }: Asked, part: number): Resources {
  const ratio = units.memory / units.cpu;
  const cpu = cell.scarce === 'cpu' ? size : Math.max(10, Math.floor(((size / ratio) * part) / 10) * 10);
  const mebibytes = cell.scarce === 'memory' ? size / mebibyte : Math.floor((size * ratio * part) / mebibyte);
  return sameRequests(known, cpu, Math.max(16, mebibytes) * mebibyte);
}

function amountIn(cell: Cell, { cpu = 0, memory = 0 }: Resources): number {
  return cell.scarce === 'cpu' ? cpu : memory;
}
