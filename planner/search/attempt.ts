/**
 * One attempt at a plan, wave after wave: nodes whose primaries can hand over for good are emptied together, as many as limits
 * and room allow. Where no node can, the cheapest one pays. Another order or manner is another attempt.
 */
import { payTriesMax, waveTriesMax } from '../limits.ts';
import type { Survey } from '../survey/survey.ts';
import { act, beginWave, logWidth, releaseNode, undo } from '../yard/acts.ts';
import { openYard } from '../yard/open-yard.ts';
import { addable, isFinal, mayPark, origin, type Yard } from '../yard/yard.ts';
import { type EmptyingOptions, type Manner, tryToEmpty } from './empty-node.ts';
import { anyZone, roomIn } from './find-place.ts';

export type Policy = {
  /** By node; smaller goes first. */
  readonly rank: Int32Array;
  /** By node: added to what it would pay when nodes are compared; undefined: nothing. */
  readonly bias?: Float64Array;
  /** Nodes that need least room go first, so that most are emptied at once; else those that would pay least. */
  readonly byRoom?: boolean;
  /** The rank goes before cost and load, and what it costs is paid. */
  readonly strict: boolean;
  /** `one`: a single node at a time in the whole fleet. `zones`: as many as limits and room allow in each zone. */
  readonly together: 'one' | 'zones';
  readonly manner: Manner;
  /** Parked moves allowed while nodes can be emptied without any; where none can, as many as it takes. */
  readonly parkedMax: number;
};

export type Attempt = {
  readonly yard: Yard;
  /** Nodes that could not be emptied. */
  readonly stuck: readonly number[];
};

/** Returns one attempt to empty the nodes asked for but those in `refused`, which are not touched. */
export function attemptPlan(survey: Survey, refused: ReadonlySet<number>, policy: Policy): Attempt {
  return finishAttempt(openYard(survey, refused), policy);
}

/** What an attempt keeps from wave to wave, so that a wave costs no walk over all nodes. */
type Waiting = {
  /** Nodes still to be emptied, by zone, in the order of their numbers. */
  readonly inZone: readonly number[][];
  /** 1: a node of the wave that is being made. */
  readonly wave: Uint8Array;
  /** By node: the last round in which it was tried. */
  readonly triedIn: Int32Array;
  round: number;
};

/** Goes on from any state between two waves to the end. */
export function finishAttempt(yard: Yard, policy: Policy): Attempt {
  const waiting = waitingNodes(yard);
  while (waiting.inZone.some((nodes) => nodes.length > 0)) {
    const mark = yard.logEnd;
    beginWave(yard);
    const emptied = runWave(yard, waiting, policy);
    if (emptied.length === 0) {
      undo(yard, mark);
      return { yard, stuck: inOrder(waiting) };
    }
    for (const node of emptied) {
      releaseNode(yard, node);
      const nodes = waiting.inZone[yard.zone[node] ?? 0] ?? [];
      nodes.splice(nodes.indexOf(node), 1);
      waiting.wave[node] = 0;
    }
  }
  return { yard, stuck: [] };
}

function waitingNodes(yard: Yard): Waiting {
  const count = yard.survey.nodes.all.length;
  const inZone: number[][] = yard.survey.fleet.zones.map(() => []);
  for (let node = 0; node < count; node += 1)
    if (yard.origin[node] === origin.drained && yard.live[node] === 1)
      inZone[yard.zone[node] ?? 0]?.push(node);
  return { inZone, wave: new Uint8Array(count), triedIn: new Int32Array(count), round: 0 };
}

function inOrder({ inZone }: Waiting): number[] {
  return inZone.flat().sort((a, b) => a - b);
}

function runWave(yard: Yard, waiting: Waiting, policy: Policy): readonly number[] {
  if (policy.strict) return emptyFirstOf(yard, waiting, policy);
  for (const way of waysForNothing(yard, policy)) {
    const emptied = emptyTogether(yard, waiting, policy, way);
    if (emptied.length > 0) return emptied;
  }
  return payForOne(yard, waiting, policy);
}

/** How nodes are emptied for nothing, and how many of a zone are tried. */
type Way = Pick<EmptyingOptions, 'parkedMax' | 'clears'> & { readonly triesMax: number };

/** The cheapest nodes first; before anybody pays, every node is asked whether it can go for nothing. */
function waysForNothing(yard: Yard, policy: Policy): readonly Way[] {
  const many = Number.POSITIVE_INFINITY;
  const clears = false;
  if (!mayPark(yard)) return [waveTriesMax, many].map((triesMax) => ({ parkedMax: 0, triesMax, clears }));
  const { parkedMax } = policy;
  const ways = [
    { parkedMax, triesMax: waveTriesMax, clears },
    { parkedMax: many, triesMax: waveTriesMax, clears },
    { parkedMax: many, triesMax: many, clears },
  ];
  // Where zones share what may come, an extra node is elsewhere most of the time, and of use only to pods that may go there.
  const isShared = yard.survey.request.surgeTotal !== null;
  return isShared ? [...ways, { parkedMax: many, triesMax: many, clears: true }] : ways;
}

/** The first node in the order that can be emptied at all. */
function emptyFirstOf(yard: Yard, waiting: Waiting, policy: Policy): readonly number[] {
  const sorted = inOrder(waiting).sort((a, b) => (policy.rank[a] ?? 0) - (policy.rank[b] ?? 0));
  for (const node of sorted) {
    for (const pay of [false, true])
      for (const bringIn of bringChoices(yard, node))
        if (tryToEmpty(yard, node, { ...plain(policy, waiting), bringIn, pay })) return [node];
  }
  return [];
}

function plain({ manner }: Policy, { wave }: Waiting): EmptyingOptions {
  const parkedMax = Number.POSITIVE_INFINITY;
  return { manner, bringIn: anyZone, parkedMax, clears: false, wave, ownFirst: false, pay: false };
}

/** In turns, so that each zone gets its share of what replicas from other zones take up. */
function emptyTogether(
  yard: Yard,
  waiting: Waiting,
  policy: Policy,
  { triesMax, ...way }: Way,
): readonly number[] {
  const most = policy.together === 'one' ? 1 : yard.survey.request.limits.parallelDrainsPerZone;
  const turns = waiting.inZone.map((nodes) => ({ nodes, emptied: 0, failed: 0 }));
  const emptied: number[] = [];
  const options = { ...plain(policy, waiting), ...way };
  waiting.round += 1;
  for (let goesOn = true; goesOn; ) {
    goesOn = false;
    for (const turn of turns) {
      if (policy.together === 'one' && emptied.length > 0) return emptied;
      if (turn.emptied >= most || turn.failed >= triesMax) continue;
      const node = cheapestUntried(yard, turn.nodes, waiting, policy);
      if (node < 0) continue;
      goesOn = true;
      waiting.triedIn[node] = waiting.round;
      if (tryChoices(yard, node, options)) {
        waiting.wave[node] = 1;
        turn.emptied += 1;
        emptied.push(node);
      } else turn.failed += 1;
    }
  }
  return emptied;
}

function tryChoices(yard: Yard, node: number, options: EmptyingOptions): boolean {
  if (!mayHaveRoom(yard, node, options.parkedMax > yard.parked)) return false;
  return bringChoices(yard, node).some((bringIn) => tryToEmpty(yard, node, { ...options, bringIn }));
}

/**
 * Under a cap for the region a place taken in one zone is missing in the others, so a node asks for places in its own zone
 * first, then in one other.
 */
function bringChoices(yard: Yard, node: number): readonly number[] {
  const { request, fleet } = yard.survey;
  if (request.surgeTotal === null) return [anyZone];
  const own = yard.zone[node] ?? 0;
  const others = fleet.zones.map((_, zone) => zone).filter((zone) => zone !== own && addable(yard, zone) > 0);
  return [1 << own, ...others.map((zone) => 1 << zone), anyZone];
}

/** A quick no: what leaves asks for more than final nodes have free and quotas can bring. True says nothing. */
function mayHaveRoom(yard: Yard, node: number, parks: boolean): boolean {
  if (parks) return true;
  const { pods, asks, width, scarce } = yard.survey;
  const zone = yard.zone[node] ?? 0;
  const resource = scarce[zone] ?? 0;
  let load = 0;
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1)
    if (pods.stays[pod] !== 1 && pods.bound[pod] === 1)
      load += asks[(pods.ask[pod] ?? 0) * width + resource] ?? 0;
  return load <= roomIn(yard, zone);
}

/** Returns the node with the least cost, load and rank that was not tried in this round; -1: there is none. */
function cheapestUntried(
  yard: Yard,
  nodes: readonly number[],
  { triedIn, round }: Waiting,
  { rank, bias, byRoom }: Policy,
): number {
  const { uncovered, leaving } = yard;
  let best = -1;
  let least = 0;
  for (let place = 0; place < nodes.length; place += 1) {
    const node = nodes[place] ?? -1;
    if (triedIn[node] === round) continue;
    let cost = byRoom === true ? roomNeeded(yard, node) : (uncovered[node] ?? 0);
    if (bias !== undefined) cost += bias[node] ?? 0;
    if (best >= 0) {
      const difference =
        cost - least || (leaving[node] ?? 0) - (leaving[best] ?? 0) || (rank[node] ?? 0) - (rank[best] ?? 0);
      if (difference >= 0) continue;
    }
    best = node;
    least = cost;
  }
  return best;
}

/** What a node holds, and what would have to go ahead for its primaries, of the scarcest resource. */
function roomNeeded(yard: Yard, node: number): number {
  const { nodes, width, scarce } = yard.survey;
  const place = node * width + (scarce[yard.zone[node] ?? 0] ?? 0);
  return (nodes.allocatable[place] ?? 0) - (yard.free[place] ?? 0) + (yard.uncoveredSize[node] ?? 0);
}

/**
 * Nobody final can take over anywhere: the primaries of one node hand over to somebody who will have to hand over again. The
 * node that pays least among the cheapest ones.
 */
function payForOne(yard: Yard, waiting: Waiting, policy: Policy): readonly number[] {
  const sorted = inOrder(waiting).sort(
    (a, b) =>
      (yard.uncovered[a] ?? 0) - (yard.uncovered[b] ?? 0) || (policy.rank[a] ?? 0) - (policy.rank[b] ?? 0),
  );
  let best: { node: number; options: EmptyingOptions; paid: number } | undefined;
  let tries = 0;
  for (const node of sorted) {
    if (best !== undefined && tries >= payTriesMax) break;
    for (const { bringIn, ownFirst } of waysToPay(yard, node)) {
      const options = { ...plain(policy, waiting), bringIn, ownFirst, pay: true };
      const mark = yard.logEnd;
      tries += 1;
      if (!tryToEmpty(yard, node, options)) continue;
      const paid = paidSince(yard, mark);
      undo(yard, mark);
      if (best === undefined || paid < best.paid) best = { node, options, paid };
    }
  }
  return best !== undefined && tryToEmpty(yard, best.node, best.options) ? [best.node] : [];
}

function waysToPay(yard: Yard, node: number): readonly { bringIn: number; ownFirst: boolean }[] {
  return bringChoices(yard, node).flatMap((bringIn) => [
    { bringIn, ownFirst: true },
    { bringIn, ownFirst: false },
  ]);
}

/** Weight of the clusters that have handed over to somebody who has to move as well. */
function paidSince(yard: Yard, mark: number): number {
  const { clusters } = yard.survey;
  let paid = 0;
  for (let entry = mark; entry < yard.logEnd; entry += logWidth) {
    if (yard.log[entry] !== act.switchover) continue;
    const node = yard.at[yard.log[entry + 3] ?? -1] ?? -1;
    if (!isFinal(yard, node)) paid += clusters.weight[yard.log[entry + 1] ?? 0] ?? 1;
  }
  return paid;
}
