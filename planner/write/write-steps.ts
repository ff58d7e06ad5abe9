/**
 * From the acts of an attempt to the steps of a plan. The list stands in an order that is legal one by one; `after` says what
 * has to wait for what, so that everything else may run at the same time.
 */
import type { Step } from '../plan.ts';
import { act, cause as causes, isParking, logWidth } from '../yard/acts.ts';
import type { Yard } from '../yard/yard.ts';
import { secondsToMove, stepSeconds } from './estimate.ts';
import { linkSteps, type StepGraph } from './plan-time.ts';
import { openReplay, type Replay } from './replay.ts';
import { because, type MoveReasons, moveBecause, switchoverBecause } from './step-because.ts';
import {
  added,
  beforeAdd,
  beforeLeaving,
  beforeMove,
  beforeOpening,
  beforeScaleIn,
  beforeScaleOut,
  beforeShutting,
  beforeSwitchover,
  moved,
  nameOf,
  opened,
  openTies,
  released,
  scaledIn,
  scaledOut,
  shut,
  switched,
  type Ties,
  zonesOfParking,
} from './ties.ts';

/** A step before it has an id and a place. */
export type StepDraft = Step extends infer Each
  ? Each extends Step
    ? Omit<Each, 'id' | 'after' | 'wave' | 'estimateSeconds'>
    : never
  : never;

type Writing = {
  readonly yard: Yard;
  readonly replay: Replay;
  readonly ties: Ties;
  readonly steps: Step[];
  readonly reasons: MoveReasons;
  /** By step number its id; number 0 is none. */
  readonly ids: string[];
  /** Places of all entries of all `after` so far. */
  readonly earlier: number[];
  wave: number;
};

/** Returns the steps of everything in the yard's log, by number as well. */
export function writeSteps(yard: Yard): StepGraph {
  const writing: Writing = {
    yard,
    replay: openReplay(yard),
    ties: openTies(yard),
    steps: [],
    reasons: new Map(),
    ids: [''],
    earlier: [],
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
  return linkSteps(writing.steps, Int32Array.from(writing.earlier));
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
  const [subject, from, to, code] = [
    log[entry + 1] ?? 0,
    log[entry + 2] ?? 0,
    log[entry + 3] ?? 0,
    log[entry + 4] ?? 0,
  ];
  switch (log[entry]) {
    case act.move:
      if (isParking(yard, to)) return parkTogether(writing, entry);
      writeMove(writing, subject, from, to, code);
      break;
    case act.switchover:
      writeSwitchover(writing, subject, from, to);
      break;
    case act.release:
      writeRelease(writing, subject);
      break;
    case act.scaleOut:
      if (isParking(yard, to)) return parkTogether(writing, entry);
      writeScaleOut(writing, subject, to);
      break;
    case act.scaleIn:
      writeScaleIn(writing, subject, from);
      break;
  }
  replay.repeat(entry);
  return entry;
}

function append(writing: Writing, draft: StepDraft, after: readonly number[], volumeBytes?: number): number {
  const place = placeOf(writing, after, stepSeconds(draft, volumeBytes));
  return writing.steps.push({ ...draft, ...place });
}

/** Id, predecessors, wave and time of the next step. */
function placeOf(
  writing: Writing,
  after: readonly number[],
  estimateSeconds: number,
): Pick<Step, 'id' | 'after' | 'wave' | 'estimateSeconds'> {
  const { ids, earlier, wave } = writing;
  const id = `s${ids.length}`;
  ids.push(id);
  const names: string[] = [];
  for (const step of after) {
    names.push(ids[step] ?? '');
    earlier.push(step - 1);
  }
  return { id, after: names, wave, estimateSeconds };
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
    const step = append(writing, { kind, node: nameOf(ties, node), because: why }, last ? others : []);
    if (last) ties.closing = step;
    else others.push(step);
  });
}

/** Most steps are moves, so that each is made at once. */
function writeMove(writing: Writing, pod: number, from: number, to: number, code: number): void {
  const { yard, ties, replay, steps } = writing;
  const { pods, clusters } = yard.survey;
  const object = pods.all[pod];
  if (object === undefined) return;
  const cluster = clusters.all[pods.cluster[pod] ?? -1];
  const early = code === causes.replicaFirst || isParking(yard, to);
  const seconds = secondsToMove(cluster !== undefined, object.volumeBytes);
  const { id, after, wave } = placeOf(writing, beforeMove(ties, pod, from, to, early), seconds);
  const outage = code === causes.nobodyCanSucceed;
  const window = outage ? clusters.settings[pods.cluster[pod] ?? -1]?.window : undefined;
  const step: Step = {
    kind: 'move',
    pod: object.key,
    uid: object.uid,
    from: nameOf(ties, from),
    to: nameOf(ties, to),
    cluster: cluster?.key ?? null,
    member: cluster === undefined ? null : object.name,
    outage,
    because: moveBecause(writing.reasons, replay, pod, code),
    id,
    after,
    wave,
    estimateSeconds: seconds,
  };
  moved(ties, steps.push(window === undefined ? step : { ...step, window }), pod, from, to);
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
  const pod = yard.survey.pods.all[log[first + 1] ?? 0]?.key ?? '';
  const unfence = append(
    writing,
    { kind: 'unfence', node: name, because: because('room-for-parking', { zone, pod }) },
    beforeOpening(ties, zones),
  );
  opened(ties, unfence, zones);
  for (let entry = first; entry <= last; entry += logWidth) {
    const [subject, from, code] = [log[entry + 1] ?? 0, log[entry + 2] ?? 0, log[entry + 4] ?? 0];
    if (log[entry] === act.scaleOut) writeScaleOut(writing, subject, node);
    else writeMove(writing, subject, from, node, code);
    replay.repeat(entry);
  }
  const fence = append(
    writing,
    { kind: 'fence', node: name, because: because('node-to-be-drained', { nodes: 1 }) },
    beforeShutting(ties, zones),
  );
  shut(ties, fence, node, zones);
  return last;
}

function writeSwitchover(writing: Writing, cluster: number, from: number, to: number): void {
  const { yard, ties, replay } = writing;
  const { pods, clusters } = yard.survey;
  const object = clusters.all[cluster];
  if (object === undefined) return;
  const window = clusters.settings[cluster]?.window;
  const step = append(
    writing,
    {
      kind: 'switchover',
      cluster: object.key,
      from: pods.all[from]?.name ?? '',
      to: pods.all[to]?.name ?? '',
      ...(window === undefined ? {} : { window }),
      because: switchoverBecause(replay, (node) => nameOf(ties, node), cluster, from, to),
    },
    beforeSwitchover(ties, cluster),
  );
  switched(ties, step, cluster);
}

function writeAdd(writing: Writing, node: number, replaced: number): void {
  const { yard, ties } = writing;
  const zone = yard.survey.fleet.zones[yard.zone[node] ?? 0] ?? '';
  const why = because('replacement-needed', { zone, replaces: nameOf(ties, replaced) });
  const draft = { kind: 'add-node' as const, node: nameOf(ties, node), zone, because: why };
  added(ties, append(writing, draft, beforeAdd(ties, node)), node);
}

/** Cordons an empty node and gives it back. */
function writeRelease(writing: Writing, node: number): void {
  const { yard, ties, replay } = writing;
  const name = nameOf(ties, node);
  const zone = yard.survey.fleet.zones[yard.zone[node] ?? 0] ?? '';
  let after = beforeLeaving(ties, node);
  if (yard.survey.request.hold === 'fence')
    after = [append(writing, { kind: 'cordon', node: name, because: because('no-primary-left', {}) }, after)];
  const why = because('empty', { pods: replay.stayingOn(node), zone });
  released(ties, append(writing, { kind: 'release', node: name, because: why }, after), node);
}

function writeScaleOut(writing: Writing, pod: number, node: number): void {
  const { yard, ties } = writing;
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const primary = pods.all[writing.replay.primary[cluster] ?? -1];
  const step = append(
    writing,
    {
      kind: 'scale-out',
      cluster: clusters.all[cluster]?.key ?? '',
      member: pods.all[pod]?.name ?? '',
      node: nameOf(ties, node),
      because: because('single-member', { member: primary?.name ?? '' }),
    },
    beforeScaleOut(ties, pod, node),
    primary?.volumeBytes,
  );
  scaledOut(ties, step, pod, node);
}

function writeScaleIn(writing: Writing, pod: number, node: number): void {
  const { yard, ties } = writing;
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[pod] ?? -1;
  const stays = pods.all[clusters.temporary[cluster] ?? -1]?.name ?? '';
  const step = append(
    writing,
    {
      kind: 'scale-in',
      cluster: clusters.all[cluster]?.key ?? '',
      member: pods.all[pod]?.name ?? '',
      node: nameOf(ties, node),
      because: because('temporary-member', { stays }),
    },
    beforeScaleIn(ties, pod),
  );
  scaledIn(ties, step, pod, node);
}
