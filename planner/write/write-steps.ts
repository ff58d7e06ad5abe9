/**
 * From the acts of an attempt to the steps of a plan. The list stands in an order that is legal one by one; `after` says what
 * has to wait for what, so that everything else may run at the same time.
 */
import { moveSeconds, switchoverSeconds } from '../limits.ts';
import type { Step, SwitchoverStep } from '../plan.ts';
import { act, cause as causes, isParking, logWidth } from '../yard/acts.ts';
import type { Yard } from '../yard/yard.ts';
import { secondsToMove, stepSeconds } from './estimate.ts';
import { addEdge, addStep, finishGraph, type GrowingGraph, growGraph, type StepGraph } from './plan-time.ts';
import { openReplay, type Replay } from './replay.ts';
import { because, type MoveReasons, moveBecause, switchoverBecause } from './step-because.ts';
import { idOf } from './step-ids.ts';
import {
  added,
  beforeAdd,
  beforeLeaving,
  beforeOpening,
  beforeScaleIn,
  beforeScaleOut,
  beforeShutting,
  isParked,
  nameOf,
  opened,
  openTies,
  released,
  scaledIn,
  scaledOut,
  shut,
  type Ties,
  tieMove,
  tieSwitchover,
  waitFor,
  zonesOfParking,
} from './ties.ts';

/** A step before it has an id and a place. */
export type StepDraft = Step extends infer Each
  ? Each extends Step
    ? Omit<Each, 'id' | 'after' | 'wave' | 'estimateSeconds'>
    : never
  : never;

const none: readonly string[] = [];

type Writing = {
  readonly yard: Yard;
  readonly replay: Replay;
  readonly ties: Ties;
  /** Made as long as it may become, and cut to `count` at the end: growing would copy it again and again. */
  readonly steps: Step[];
  count: number;
  /** By size of volumes, how long the move of a member takes. */
  readonly moveSecondsOf: readonly number[];
  readonly reasons: MoveReasons;
  readonly graph: GrowingGraph;
  /** Ids of what the next step waits for. */
  readonly waitedFor: string[];
  /** What the step before waited for: neighbours often wait for the same and share the list. */
  readonly lastWaits: number[];
  lastAfter: readonly string[];
  wave: number;
};

/** Returns the steps of everything in the yard's log, by number as well. */
export function writeSteps(yard: Yard): StepGraph {
  const stepsMax = stepsAtMost(yard);
  const writing: Writing = {
    yard,
    replay: openReplay(yard),
    ties: openTies(yard),
    steps: new Array<Step>(stepsMax),
    count: 0,
    moveSecondsOf: yard.survey.pods.volumes.map((bytes) => secondsToMove(true, bytes)),
    reasons: new Map(),
    graph: growGraph(stepsMax),
    waitedFor: [],
    lastWaits: [],
    lastAfter: none,
    wave: 1,
  };
  closeNodes(writing);
  let waves = 0;
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    if (yard.log[entry] === act.wave) {
      waves += 1;
      writing.wave = waves;
      addNodesOfWave(writing, entry + logWidth);
    } else entry = writeAct(writing, entry);
  }
  writing.steps.length = writing.count;
  return finishGraph(writing.graph, writing.steps);
}

/** Every node may be closed and cordoned, every act is a step, and a fence may be opened and shut for each that is parked. */
function stepsAtMost(yard: Yard): number {
  let count = 2 * yard.survey.nodes.all.length;
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) count += isParked(yard, entry) ? 3 : 1;
  return count;
}

/** Replacements boot for minutes, and wait for nothing in their own wave: all that it needs are asked for at once. */
function addNodesOfWave(writing: Writing, first: number): void {
  const { log, logEnd } = writing.yard;
  for (let entry = first; entry < logEnd && log[entry] !== act.wave; entry += logWidth)
    if (log[entry] === act.add) writeAdd(writing, log[entry + 1] ?? 0, log[entry + 2] ?? 0);
}

/** Writes one act, or a batch of parked pods, and returns its last entry. */
function writeAct(writing: Writing, entry: number): number {
  const { yard, replay } = writing;
  const { log } = yard;
  if (isParked(yard, entry)) return parkTogether(writing, entry);
  const subject = log[entry + 1] ?? 0;
  const from = log[entry + 2] ?? 0;
  const to = log[entry + 3] ?? 0;
  const code = log[entry + 4] ?? 0;
  switch (log[entry]) {
    case act.move:
      writeMove(writing, subject, from, to, code);
      break;
    case act.switchover:
      writeSwitchover(writing, subject, from, to);
      break;
    case act.release:
      writeRelease(writing, subject);
      break;
    case act.scaleOut:
      writeScaleOut(writing, subject, to);
      break;
    case act.scaleIn:
      writeScaleIn(writing, subject, from);
      break;
  }
  replay.repeat(entry);
  return entry;
}

/** Writes a step that waits for what its tie has settled, and returns its number. */
function append(writing: Writing, draft: StepDraft, volumeBytes?: number): number {
  const { count, wave } = writing;
  const estimateSeconds = stepSeconds(draft, volumeBytes);
  const id = idOf(count + 1);
  return enter(writing, { ...draft, id, after: nextAfter(writing), wave, estimateSeconds });
}

/** Enters a step that is finished, and returns its number. */
function enter(writing: Writing, step: Step): number {
  const { steps, graph, ties } = writing;
  const { waits } = ties;
  for (let place = 0; place < waits.count; place += 1) addEdge(graph, (waits.steps[place] ?? 0) - 1);
  addStep(graph, step);
  steps[writing.count] = step;
  writing.count += 1;
  return writing.count;
}

/** Ids of what the next step waits for. A list that grows entry by entry would take room for a dozen more. */
function nextAfter(writing: Writing): readonly string[] {
  const { waitedFor, lastWaits, lastAfter, ties } = writing;
  const { steps, count } = ties.waits;
  let alike = lastAfter.length === count;
  for (let place = 0; place < count; place += 1) {
    const step = steps[place] ?? 0;
    if (alike && lastWaits[place] === step) continue;
    alike = false;
    waitedFor[place] = idOf(step);
    lastWaits[place] = step;
  }
  if (!alike) writing.lastAfter = waitedFor.slice(0, count);
  return writing.lastAfter;
}

/**
 * All nodes to be drained are closed before anything moves. The last of them waits for the others, and everything else for
 * the last: one dependency instead of one per node.
 */
function closeNodes(writing: Writing): void {
  const { yard, ties } = writing;
  const kind = yard.survey.request.hold === 'cordon' ? 'cordon' : 'fence';
  const { drained } = ties;
  const why = because('node-to-be-drained', { nodes: drained.length });
  const others: number[] = [];
  drained.forEach((node, index) => {
    const last = index === drained.length - 1;
    waitFor(ties, last ? others : []);
    const step = append(writing, { kind, node: nameOf(ties, node), because: why });
    if (last) ties.closing = step;
    else others.push(step);
  });
}

/** Most steps are moves, so that each is made at once. */
function writeMove(writing: Writing, pod: number, from: number, to: number, code: number): void {
  const { yard, ties, count, wave } = writing;
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const early = code === causes.replicaFirst || isParking(yard, to);
  const outage = code === causes.nobodyCanSucceed;
  const window = outage ? clusters.settings[cluster]?.window : undefined;
  const estimateSeconds = cluster < 0 ? moveSeconds : (writing.moveSecondsOf[pods.volume[pod] ?? -1] ?? 0);
  tieMove(ties, count + 1, pod, from, to, early);
  const step: Step = {
    kind: 'move',
    pod: pods.key[pod] ?? '',
    uid: pods.uid[pod] ?? '',
    from: nameOf(ties, from),
    to: nameOf(ties, to),
    cluster: clusters.key[cluster] ?? null,
    member: cluster < 0 ? null : (pods.name[pod] ?? ''),
    outage,
    because: moveBecause(writing.reasons, writing.replay, pod, code),
    id: idOf(count + 1),
    after: nextAfter(writing),
    wave,
    estimateSeconds,
  };
  enter(writing, window === undefined ? step : { ...step, window });
}

/**
 * Pods that wait on one node are parked while its fence is off and nothing else moves in the zone: kube-scheduler could put
 * anything there. Returns the last entry of the batch.
 */
function parkTogether(writing: Writing, first: number): number {
  const { yard, ties, replay } = writing;
  const { log } = yard;
  const node = log[first + 3] ?? 0;
  const isParkedHere = (entry: number) =>
    (log[entry] === act.move || log[entry] === act.scaleOut) && log[entry + 3] === node;
  let last = first;
  while (last + logWidth < yard.logEnd && isParkedHere(last + logWidth)) last += logWidth;
  const zones = zonesOfParking(ties, first, last);
  const name = nameOf(ties, node);
  const zone = yard.survey.fleet.zones[yard.zone[node] ?? 0] ?? '';
  const pod = yard.survey.pods.key[log[first + 1] ?? 0] ?? '';
  beforeOpening(ties, zones);
  const why = because('room-for-parking', { zone, pod });
  const unfence = append(writing, { kind: 'unfence', node: name, because: why });
  opened(ties, unfence, zones);
  for (let entry = first; entry <= last; entry += logWidth) {
    const [subject, from, code] = [log[entry + 1] ?? 0, log[entry + 2] ?? 0, log[entry + 4] ?? 0];
    if (log[entry] === act.scaleOut) writeScaleOut(writing, subject, node);
    else writeMove(writing, subject, from, node, code);
    replay.repeat(entry);
  }
  beforeShutting(ties, zones);
  const again = because('node-to-be-drained', { nodes: 1 });
  const fence = append(writing, { kind: 'fence', node: name, because: again });
  shut(ties, fence, node, zones);
  return last;
}

function writeSwitchover(writing: Writing, cluster: number, from: number, to: number): void {
  const { yard, ties, count, wave } = writing;
  const { pods, clusters } = yard.survey;
  const window = clusters.settings[cluster]?.window;
  tieSwitchover(ties, count + 1, cluster);
  const step: SwitchoverStep = {
    kind: 'switchover',
    cluster: clusters.key[cluster] ?? '',
    from: pods.name[from] ?? '',
    to: pods.name[to] ?? '',
    because: switchoverBecause(writing.replay, ties.names, cluster, from, to),
    id: idOf(count + 1),
    after: nextAfter(writing),
    wave,
    estimateSeconds: switchoverSeconds,
  };
  enter(writing, window === undefined ? step : inWindow(step, window));
}

/** The same switchover with its window in the place where readers look for it. */
function inWindow({ kind, cluster, from, to, ...rest }: SwitchoverStep, window: string): SwitchoverStep {
  return { kind, cluster, from, to, window, ...rest };
}

function writeAdd(writing: Writing, node: number, replaced: number): void {
  const { yard, ties } = writing;
  const zone = yard.survey.fleet.zones[yard.zone[node] ?? 0] ?? '';
  const why = because('replacement-needed', { zone, replaces: nameOf(ties, replaced) });
  beforeAdd(ties, node);
  added(ties, append(writing, { kind: 'add-node', node: nameOf(ties, node), zone, because: why }), node);
}

/** Cordons an empty node and gives it back. */
function writeRelease(writing: Writing, node: number): void {
  const { yard, ties, replay } = writing;
  const name = nameOf(ties, node);
  const zone = yard.survey.fleet.zones[yard.zone[node] ?? 0] ?? '';
  beforeLeaving(ties, node);
  if (yard.survey.request.hold === 'fence')
    waitFor(ties, [append(writing, { kind: 'cordon', node: name, because: because('no-primary-left', {}) })]);
  const why = because('empty', { pods: replay.stayingOn(node), zone });
  released(ties, append(writing, { kind: 'release', node: name, because: why }), node);
}

function writeScaleOut(writing: Writing, pod: number, node: number): void {
  const { yard, ties } = writing;
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const primary = pods.all[writing.replay.primary[cluster] ?? -1];
  beforeScaleOut(ties, pod, node);
  const step = append(
    writing,
    {
      kind: 'scale-out',
      cluster: clusters.key[cluster] ?? '',
      member: pods.name[pod] ?? '',
      node: nameOf(ties, node),
      because: because('single-member', { member: primary?.name ?? '' }),
    },
    primary?.volumeBytes,
  );
  scaledOut(ties, step, pod, node);
}

function writeScaleIn(writing: Writing, pod: number, node: number): void {
  const { yard, ties } = writing;
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const stays = pods.name[clusters.temporary[cluster] ?? -1] ?? '';
  beforeScaleIn(ties, pod);
  const step = append(writing, {
    kind: 'scale-in',
    cluster: clusters.key[cluster] ?? '',
    member: pods.name[pod] ?? '',
    node: nameOf(ties, node),
    because: because('temporary-member', { stays }),
  });
  scaledIn(ties, step, pod, node);
}
