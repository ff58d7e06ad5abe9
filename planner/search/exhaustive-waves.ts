/**
 * From a sequence of acts to the waves of a plan: nodes are given back at the end of the wave in which they become empty, and a new
 * wave begins only where an act waits for that, or where a zone has as many as may be emptied at once.
 */
import type { Survey } from '../survey/survey.ts';
import { beginWave, cause, markEmptied, releaseNode } from '../yard/acts.ts';
import { openYard } from '../yard/open-yard.ts';
import { addable, isFinal, isPrimary, type Yard } from '../yard/yard.ts';
import { isToLeave, perform, type SearchAct } from './exhaustive-acts.ts';

type Waves = {
  readonly yard: Yard;
  /** Nodes that were empty from the start and wait for a wave. */
  readonly empty: number[];
  /** Nodes that are given back when the wave ends. */
  readonly leaving: number[];
};

/** Returns a yard on which the acts have happened in waves. */
export function inWaves(survey: Survey, refused: ReadonlySet<number>, acts: readonly SearchAct[]): Yard {
  const yard = openYard(survey, refused);
  const waves: Waves = { yard, empty: emptyFromTheStart(yard, acts), leaving: [] };
  beginWave(yard);
  takeEmpty(waves);
  const emptiedBy = lastLeaving(yard, acts);
  acts.forEach((act, index) => {
    // The search gave nodes back when it needed their place; here the wave decides.
    if (act.kind === 'release') return;
    const leaves = act.kind === 'move' || act.kind === 'scale-in' ? (yard.at[act.pod] ?? -1) : -1;
    const empties = emptiedBy.get(leaves) === index;
    // The next wave may begin with nodes that were empty from the start, and be full of them.
    while (
      (empties && isFull(waves, yard.zone[leaves] ?? 0)) ||
      (leaves >= 0 && !isFinal(yard, leaves) && isBesideAnother(waves, leaves))
    )
      nextWave(waves);
    if (act.kind === 'add') while (addable(yard, zoneOf(yard, act.size)) <= 0) nextWave(waves);
    perform(yard, act, act.kind === 'move' ? causeOf(yard, act) : undefined);
    if (empties) empty(waves, leaves);
  });
  while (waves.leaving.length > 0) {
    for (const node of waves.leaving.splice(0)) releaseNode(yard, node);
    if (waves.empty.length === 0) break;
    beginWave(yard);
    takeEmpty(waves);
  }
  return yard;
}

function zoneOf({ survey }: Yard, size: number): number {
  return survey.sizes.zone[size] ?? 0;
}

/** The act by which the last pod leaves each node: pods may be parked on it until then. */
function lastLeaving(yard: Yard, acts: readonly SearchAct[]): ReadonlyMap<number, number> {
  const at = Int32Array.from(yard.at);
  const last = new Map<number, number>();
  acts.forEach((act, index) => {
    if (act.kind === 'scale-out') at[yard.survey.clusters.temporary[act.cluster] ?? -1] = act.to;
    if (act.kind !== 'move' && act.kind !== 'scale-in') return;
    const from = at[act.pod] ?? -1;
    if (!isFinal(yard, from)) last.set(from, index);
    at[act.pod] = act.kind === 'move' ? act.to : -1;
  });
  return last;
}

function emptyFromTheStart(yard: Yard, acts: readonly SearchAct[]): number[] {
  const last = lastLeaving(yard, acts);
  return yard.survey.nodes.all.flatMap((_, node) =>
    yard.live[node] === 1 && !isFinal(yard, node) && !last.has(node) ? [node] : [],
  );
}

/** Whether a wave gives back as many nodes of a zone already as may be emptied at once. */
function isFull({ yard, leaving }: Waves, zone: number): boolean {
  const { mode, limits } = yard.survey.request;
  if (mode === 'whole-nodes') return leaving.length > 0;
  return leaving.filter((node) => yard.zone[node] === zone).length >= limits.parallelDrainsPerZone;
}

/** In whole-nodes mode nothing leaves a node in the wave that empties another. */
function isBesideAnother({ yard, leaving }: Waves, node: number): boolean {
  return yard.survey.request.mode === 'whole-nodes' && leaving.some((other) => other !== node);
}

function empty({ yard, leaving }: Waves, node: number): void {
  markEmptied(yard, node);
  leaving.push(node);
}

function takeEmpty(waves: Waves): void {
  for (const node of [...waves.empty]) {
    if (isFull(waves, waves.yard.zone[node] ?? 0)) continue;
    waves.empty.splice(waves.empty.indexOf(node), 1);
    empty(waves, node);
  }
}

function nextWave(waves: Waves): void {
  const { yard, leaving } = waves;
  if (leaving.length === 0) throw new Error('a wave ends only when a node is given back');
  for (const node of leaving.splice(0)) releaseNode(yard, node);
  beginWave(yard);
  takeEmpty(waves);
}

/** A replica that makes somebody final for a primary that still has to leave goes ahead of its node's turn. */
function causeOf(yard: Yard, act: SearchAct & { readonly kind: 'move' }): number {
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[act.pod] ?? -1;
  if (act.outage) return cause.nobodyCanSucceed;
  if (!isFinal(yard, act.to)) return cause.parked;
  if (cluster < 0) return cause.otherPod;
  if (yard.former[act.pod] !== 0) return cause.formerPrimary;
  const covers =
    clusters.ability[act.pod] !== 0 &&
    !isPrimary(yard, act.pod) &&
    isToLeave(yard, yard.primary[cluster] ?? -1);
  return covers ? cause.replicaFirst : cause.offTheNode;
}
