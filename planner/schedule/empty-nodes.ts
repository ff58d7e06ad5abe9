/**
 * The constructor of plans: wave after wave, it makes primaries movable, moves everything off the nodes of the wave and
 * gives them back. It never goes back on a step; another order of nodes is another attempt.
 */

import { wavesWithoutReleaseMax } from '../limits.ts';
import type { BudgetBook } from '../rules/budget.ts';
import {
  beginWave,
  bringNode,
  closeNodes,
  copyWork,
  giveBack,
  type Manner,
  movePod,
  parkPod,
  plainManner,
  scaleIn,
  scaleOut,
  switchOver,
  type Work,
} from './acts.ts';
import { chooseWave, type NodeOrder, uncoveredWeight } from './choose-wave.ts';
import {
  canBeSucceeded,
  coverPrimaries,
  handOverToAnybody,
  primariesOn,
  type Wave,
} from './cover-primaries.ts';
import { findFinalPlace, findParking } from './find-place.ts';
import { isRuledOut } from './rule-out.ts';
import { openStepList } from './step-list.ts';
import type { Survey, YardPod } from './survey.ts';
import { isEmpty, isPrimary, mayAddNode, openYard, replacementFor, type YardNode } from './yard.ts';

export type Attempt = {
  readonly work: Work;
  /** Nodes that could not be emptied, with the pods that found no room. Nothing may be refused of an attempt without them. */
  readonly stuck: readonly { readonly node: YardNode; readonly pods: readonly YardPod[] }[];
};

/** Returns one attempt to empty the `drained` nodes; nodes in `refused` are not touched. */
export function emptyNodes(
  survey: Survey,
  book: BudgetBook,
  drained: ReadonlySet<string>,
  refused: ReadonlySet<string>,
  order: NodeOrder,
): Attempt {
  let work = openWork(survey, book, drained, refused, order.manner);
  closeNodes(work, remaining(work));
  const wholeNodes = survey.request.mode === 'whole-nodes';
  let wave = 0;
  let idle = 0;
  while (remaining(work).length > 0) {
    beginWave(work, wave + 1, wholeNodes);
    const before = work.list.steps.length;
    const trial = wholeNodes ? copyWork(work) : work;
    const released = runWave(trial, order);
    // In whole-nodes mode a node that cannot be finished is not begun.
    if (released > 0) work = trial;
    if (work.list.steps.length > before) wave += 1;
    idle = released > 0 ? 0 : idle + 1;
    if (released > 0 || (work.list.steps.length > before && idle < wavesWithoutReleaseMax)) continue;
    const forced = forceOneNode(work, order);
    if (forced === undefined) return { work, stuck: whatIsStuck(work) };
    if (work.list.steps.length === before) wave += 1;
    work = forced;
    idle = 0;
  }
  return { work, stuck: [] };
}

/** Returns the state before the first step. */
export function openWork(
  survey: Survey,
  book: BudgetBook,
  drained: ReadonlySet<string>,
  refused: ReadonlySet<string>,
  manner: Manner = plainManner,
): Work {
  return {
    yard: openYard(survey, drained, refused),
    list: openStepList(),
    book,
    replaced: new Set(),
    budgetUses: new Map(),
    primariesIn: new Map(),
    switchovers: new Map(),
    outages: new Map(),
    knownWeight: new Map(),
    manner,
  };
}

/** Returns the nodes still to be emptied. */
export function remaining(work: Work): readonly YardNode[] {
  return work.yard.nodes.filter((node) => node.origin === 'drained' && node.live);
}

/** Primaries first on all nodes of the wave, so that replicas find the room; then node by node. Returns the nodes given back. */
function runWave(work: Work, order: NodeOrder): number {
  const { nodes, toReplace } = chooseWave(work, remaining(work), order);
  const zones = new Set(nodes.map((node) => node.node.zone));
  const { surgeTotal } = work.yard.survey.request;
  const wave: Wave = { nodes: new Set(nodes), zonesForReplacements: zonesToReplaceIn(work, zones) };
  // Replacements boot for minutes: all that the wave needs are asked for at once. Under a cap for the region each is a step
  // of its own, since a place taken too early is missing elsewhere.
  if (surgeTotal === null) {
    for (const { node } of toReplace) {
      if (mayAddNode(work.yard, node.zone)) bringNode(work, replacementFor(work.yard, node), node.name);
    }
  }
  for (const node of nodes) coverPrimaries(work, node, wave);
  let released = 0;
  for (const node of nodes) {
    if (uncoveredWeight(work, node) > 0) continue;
    if (emptyNode(work, node, wave, false)) released += 1;
  }
  return released;
}

/**
 * Under a cap for the region a wave takes places in its own zones only, or its replicas would take those that other zones need. Where
 * none goes ahead of its node, only pods that are bound to no zone can ask for another one.
 */
function zonesToReplaceIn(work: Work, own: ReadonlySet<string>): Wave['zonesForReplacements'] {
  return work.yard.survey.request.surgeTotal === null || !work.manner.ahead ? 'any' : own;
}

/** Moves all pods off a node and gives it back; false where one of them had to stay. A `trial` ends with the first such pod. */
function emptyNode(work: Work, node: YardNode, wave: Wave, trial: boolean): boolean {
  // Largest first packs best; equal ones go by name.
  const leaving = [...node.pods].filter((pod) => !pod.stays).sort(compareBySize);
  if (work.manner.careful) leaving.sort((a, b) => Number(isChoosy(work, b)) - Number(isChoosy(work, a)));
  for (const pod of leaving) {
    moveOff(work, pod, node, wave);
    if (trial && node.pods.has(pod)) return false;
  }
  if (!isEmpty(node)) return false;
  giveBack(work, node);
  return true;
}

/** Whether a pod has to find room in its zone: without a volume it may go anywhere, and so may a temporary member in its place. */
function isChoosy(work: Work, pod: YardPod): boolean {
  if (isPrimary(work.yard, pod) && work.yard.survey.temporaryOf.has(pod.cluster?.key ?? '')) return false;
  return pod.pod.volumeTerms.length > 0;
}

function moveOff(work: Work, pod: YardPod, node: YardNode, wave: Wave): void {
  const { zone } = node.node;
  const primary = isPrimary(work.yard, pod);
  if (primary && canBeSucceeded(work, pod)) return;
  if (primary && asksForTemporaryMember(work, pod)) {
    replaceByTemporary(work, pod, zone);
    return;
  }
  const place = findFinalPlace(work, pod, wave.zonesForReplacements, zone);
  if (place !== undefined) {
    movePod(work, pod, place, primary ? 'nobody-can-succeed' : reasonToMove(work, pod), primary);
    return;
  }
  if (primary) return;
  const parking = findParking(work, pod, wave.nodes, zone);
  if (parking !== undefined) parkPod(work, pod, parking);
}

function reasonToMove(work: Work, pod: YardPod): 'former-primary' | 'off-the-node' | 'other-pod' {
  if (pod.cluster === undefined) return 'other-pod';
  return work.yard.formerOf.get(pod.cluster.key)?.has(pod) ? 'former-primary' : 'off-the-node';
}

function asksForTemporaryMember(work: Work, pod: YardPod): boolean {
  const setting = work.yard.survey.request.clusters[pod.cluster?.key ?? ''];
  return setting?.singleMember === 'scale-out' && setting.switchover !== 'never';
}

/** The temporary member takes over for good, and the one on the node to be drained is taken away: one switchover, no outage. */
function replaceByTemporary(work: Work, pod: YardPod, zone: string): void {
  const temporary = work.yard.survey.temporaryOf.get(pod.cluster?.key ?? '');
  if (temporary === undefined) return;
  const place = findFinalPlace(work, temporary, 'any', zone);
  if (place === undefined) return;
  scaleOut(work, temporary, place, pod);
  switchOver(work, temporary, {
    candidateRole: 'temporary member',
    primaryNode: work.yard.at.get(pod)?.node.name ?? '',
    candidateNode: place.node.name,
    final: true,
    passedOver: [],
  });
  scaleIn(work, pod);
}

/**
 * Nobody final can take over anywhere: the primaries of one node hand over to somebody who will have to hand over again.
 * The first node, cheapest first, that can then be emptied pays; undefined where none can.
 */
function forceOneNode(work: Work, order: NodeOrder): Work | undefined {
  const byCost = [...remaining(work)].sort(
    (a, b) =>
      uncoveredWeight(work, a) - uncoveredWeight(work, b) ||
      order.rankOf(a.node.name) - order.rankOf(b.node.name),
  );
  for (const chosen of byCost) {
    if (isRuledOut(work, chosen)) continue;
    const trial = copyWork(work);
    const node = trial.yard.nodeNamed.get(chosen.node.name);
    if (node === undefined) continue;
    const zonesForReplacements = zonesToReplaceIn(work, new Set([node.node.zone]));
    const wave: Wave = { nodes: new Set([node]), zonesForReplacements };
    coverPrimaries(trial, node, wave);
    for (const pod of primariesOn(trial, node)) handOverToAnybody(trial, pod);
    if (emptyNode(trial, node, wave, true)) return trial;
  }
  return undefined;
}

function whatIsStuck(work: Work): Attempt['stuck'] {
  return remaining(work).map((node) => ({
    node,
    pods: [...node.pods].filter((pod) => !pod.stays).sort(compareBySize),
  }));
}

function compareBySize(a: YardPod, b: YardPod): number {
  return (b.requests[0] ?? 0) - (a.requests[0] ?? 0) || (a.pod.key < b.pod.key ? -1 : 1);
}
