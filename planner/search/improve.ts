/**
 * Looks for a cheaper attempt near a good one: goes back to the beginning of some wave, does the rest another way, and keeps
 * what is no dearer. Large-neighbourhood search, with chance from a seed and its budget in acts, never in time.
 */
import { improveActsMax, improveRoundsMax } from '../limits.ts';
import { type Bounds, isProved } from '../prove/bounds.ts';
import { act, logWidth, redo, undo } from '../yard/acts.ts';
import type { Yard } from '../yard/yard.ts';
import { type Attempt, finishAttempt, type Policy } from './attempt.ts';
import { type Chance, openChance } from './chance.ts';
import { type Cost, compareCosts, costOf } from './cost.ts';
import type { Manner } from './empty-node.ts';

/** Returns the best attempt found, the given one where none is better. It stands on the same yard. */
export function improveAttempt(
  first: Attempt,
  bounds: Bounds,
  drained: readonly number[],
  parkedFew: number,
): Attempt {
  const { yard } = first;
  const chance = openChance(20_260_101);
  let best = { log: yard.log.slice(0, yard.logEnd), stuck: first.stuck, cost: costOf(first) };
  let current = best;
  const entered = yard.entered;
  for (let round = 0; round < improveRoundsMax && yard.entered < entered + improveActsMax; round += 1) {
    if (isProved(best.cost, bounds)) break;
    const mark = chooseWave(yard, chance);
    undo(yard, mark);
    const tried = finishAttempt(yard, otherPolicy(yard, drained, parkedFew, chance));
    const cost = costOf(tried);
    const log = yard.log.slice(0, yard.logEnd);
    if (interruptsMore(cost, current.cost)) bringBack(yard, mark, current.log);
    else current = { log, stuck: tried.stuck, cost };
    if (compareCosts(cost, best.cost) < 0) best = { log, stuck: tried.stuck, cost };
  }
  bringBack(yard, 0, best.log);
  return { yard, stuck: best.stuck };
}

function interruptsMore(a: Cost, b: Cost): boolean {
  return (a.stuck - b.stuck || a.outages - b.outages || a.switchovers - b.switchovers) > 0;
}

function bringBack(yard: Yard, mark: number, log: Int32Array): void {
  undo(yard, mark);
  redo(yard, log, mark);
}

/**
 * The beginning of a wave: some waves before one in which a cluster has paid a second time, near ones more often than far ones,
 * for what is changed long before changes everything after it.
 */
function chooseWave(yard: Yard, chance: Chance): number {
  const { log, logEnd } = yard;
  const switched = new Uint16Array(yard.survey.clusters.all.length);
  const waves: number[] = [];
  const paying: number[] = [];
  for (let entry = 0; entry < logEnd; entry += logWidth) {
    if (log[entry] === act.wave) waves.push(entry);
    if (log[entry] !== act.switchover) continue;
    const cluster = log[entry + 1] ?? 0;
    if (switched[cluster] === 0) switched[cluster] = waves.length;
    // What made it pay is the wave in which it handed over first.
    else paying.push(switched[cluster] ?? 1);
  }
  const paid = paying[chance.below(paying.length)] ?? waves.length;
  const back = chance.below(1 << chance.below(7));
  return waves[Math.max(0, paid - 1 - back)] ?? 0;
}

/** More than the primaries of a node weigh: the order is one of chance. */
const anyOrder = 1_000;
const packing: Manner = { ahead: true, careful: true, clearsAll: true };

function otherPolicy(yard: Yard, drained: readonly number[], parkedFew: number, chance: Chance): Policy {
  const nodes = yard.survey.nodes.all.length;
  const rank = new Int32Array(nodes).fill(nodes);
  const bias = new Float64Array(nodes);
  const spread = [0, 1, 3, 10][chance.below(4)] ?? 0;
  for (const node of drained) {
    rank[node] = chance.below(1 << 30);
    bias[node] = chance.share() * spread;
  }
  const careful = chance.below(4) === 0;
  // Where zones share what may come, which node is the first of all decides what everybody after it pays: any may be.
  if (yard.survey.request.surgeTotal !== null && chance.below(4) === 0) {
    for (const node of drained) bias[node] = chance.share() * anyOrder;
    return {
      rank,
      bias,
      strict: false,
      together: 'one',
      manner: packing,
      parkedMax: Number.POSITIVE_INFINITY,
    };
  }
  return {
    rank,
    bias,
    strict: false,
    together: 'zones',
    manner: { ahead: true, careful },
    parkedMax: chance.below(2) === 0 ? parkedFew : Number.POSITIVE_INFINITY,
  };
}
