import type { Survey } from '../survey/survey.ts';
import { logWidth } from './acts.ts';
import { openReaches } from './reach.ts';
import { recount } from './roles.ts';
import { enlistFinal, scarceFree } from './standing.ts';
import { openTopologies } from './topologies.ts';
import { origin, type Yard } from './yard.ts';

/** Returns the state at the start; nodes asked for are `drained` but those in `refused`. */
export function openYard(survey: Survey, refused: ReadonlySet<number>): Yard {
  const { nodes, pods, clusters, width, fleet, layout } = survey;
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
    at: pods.node.slice(),
    head: new Int32Array(capacity).fill(-1),
    next: layout.next.slice(),
    previous: layout.previous.slice(),
    leaving: new Int32Array(capacity),
    moves: new Uint8Array(pods.all.length),
    primary: clusters.primary.slice(),
    former: new Uint8Array(pods.all.length),
    syncNow: clusters.syncStandby.slice(),
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
    log: new Int32Array(logWidth * actsExpected(survey)),
    logEnd: 0,
    entered: 0,
    spread: undefined,
    parked: 0,
  };
  yard.free.set(layout.free);
  yard.head.set(layout.head);
  yard.leaving.set(layout.leaving);
  yard.zone.set(nodes.zone);
  yard.kind.set(nodes.kind);
  for (let node = 0; node < nodes.all.length; node += 1) enterNode(yard, node, refused);
  enlistKept(yard);
  for (let cluster = 0; cluster < clusters.all.length; cluster += 1) recount(yard, cluster);
  return yard;
}

function enterNode(yard: Yard, node: number, refused: ReadonlySet<number>): void {
  const { nodes } = yard.survey;
  const zone = nodes.zone[node] ?? 0;
  const asked = nodes.asked[node] === 1;
  const from = !asked ? origin.kept : refused.has(node) ? origin.refused : origin.drained;
  yard.origin[node] = from;
  yard.live[node] = 1;
  yard.base[zone] = (yard.base[zone] ?? 0) + 1;
  yard.liveIn[zone] = (yard.liveIn[zone] ?? 0) + 1;
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

/** What leaves moves once, most clusters hand over once, and a node is added, emptied and released in a wave: mostly no more. */
function actsExpected({ nodes, clusters, layout }: Survey): number {
  let acts = clusters.all.length;
  for (let node = 0; node < nodes.all.length; node += 1)
    if (nodes.asked[node] === 1) acts += 4 + (layout.leaving[node] ?? 0);
  return acts + 1;
}
