import type { Survey } from '../survey/survey.ts';
import { logWidth } from './acts.ts';
import { openReaches } from './reach.ts';
import { recount } from './roles.ts';
import { enlistFinal, put, scarceFree } from './standing.ts';
import { openTopologies } from './topologies.ts';
import { origin, type Yard } from './yard.ts';

/** Returns the state at the start; nodes asked for are `drained` but those in `refused`. */
export function openYard(survey: Survey, refused: ReadonlySet<number>): Yard {
  const { nodes, pods, clusters, width, fleet } = survey;
  const capacity = nodes.all.length + addedNodesMax(survey);
  const yard: Yard = {
    survey,
    nodeCount: nodes.all.length,
    origin: new Uint8Array(capacity),
    live: new Uint8Array(capacity),
    emptied: new Uint8Array(capacity),
    zone: new Int32Array(capacity),
    kind: new Int32Array(capacity),
    size: new Int32Array(capacity).fill(-1),
    replaces: new Int32Array(capacity).fill(-1),
    replacedBy: new Uint8Array(nodes.all.length),
    free: new Float64Array(capacity * width),
    at: new Int32Array(pods.all.length).fill(-1),
    head: new Int32Array(capacity).fill(-1),
    next: new Int32Array(pods.all.length).fill(-1),
    previous: new Int32Array(pods.all.length).fill(-1),
    leaving: new Int32Array(capacity),
    moves: new Uint8Array(pods.all.length),
    primary: Int32Array.from(clusters.primary),
    former: new Uint8Array(pods.all.length),
    syncNow: Int32Array.from(clusters.syncStandby),
    base: new Int32Array(fleet.zones.length),
    liveIn: new Int32Array(fleet.zones.length),
    addedIn: new Int32Array(fleet.zones.length),
    finals: fleet.zones.map(() => []),
    finalPlace: new Int32Array(capacity).fill(-1),
    finalFree: new Float64Array(fleet.zones.length),
    ledIn: new Int32Array(fleet.zones.length),
    uncovered: new Float64Array(capacity),
    uncoveredSize: new Float64Array(capacity),
    countedAt: new Int32Array(clusters.all.length).fill(-1),
    topologies: openTopologies(survey, capacity),
    reaches: openReaches(survey),
    crowds: new Map(),
    log: new Int32Array(1024 * logWidth),
    logEnd: 0,
    entered: 0,
    spread: undefined,
    parked: 0,
  };
  nodes.all.forEach((_, node) => {
    enterNode(yard, node, refused);
  });
  for (let pod = pods.all.length - 1; pod >= 0; pod -= 1) {
    const node = pods.node[pod] ?? -1;
    if (node >= 0) put(yard, pod, node);
  }
  enlistKept(yard);
  for (let cluster = 0; cluster < clusters.all.length; cluster += 1) recount(yard, cluster);
  return yard;
}

function enterNode(yard: Yard, node: number, refused: ReadonlySet<number>): void {
  const { nodes, width } = yard.survey;
  const zone = nodes.zone[node] ?? 0;
  const asked = nodes.asked[node] === 1;
  const from = !asked ? origin.kept : refused.has(node) ? origin.refused : origin.drained;
  yard.origin[node] = from;
  yard.live[node] = 1;
  yard.zone[node] = zone;
  yard.kind[node] = nodes.kind[node] ?? 0;
  yard.base[zone] = (yard.base[zone] ?? 0) + 1;
  yard.liveIn[zone] = (yard.liveIn[zone] ?? 0) + 1;
  for (let r = 0; r < width; r += 1) yard.free[node * width + r] = nodes.allocatable[node * width + r] ?? 0;
}

/** Put in order first, none has to pass another. */
function enlistKept(yard: Yard): void {
  const kept: number[] = [];
  for (let node = 0; node < yard.nodeCount; node += 1) if (yard.origin[node] === origin.kept) kept.push(node);
  kept.sort((a, b) => scarceFree(yard, a) - scarceFree(yard, b) || a - b);
  for (const node of kept) enlistFinal(yard, node);
}

/** One for each node given back, and as many more as surge allows; none comes without a pod that needs it. */
function addedNodesMax({ nodes, pods, request, fleet }: Survey): number {
  const drained = nodes.asked.reduce((sum, asked) => sum + asked, 0);
  const surge = fleet.zones.reduce((sum, zone) => sum + (request.surge[zone] ?? 0), 0);
  return drained + Math.min(surge, pods.all.length) + 1;
}
