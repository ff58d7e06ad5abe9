/**
 * What a run has done and has to do, counted: the `counts` of the contract. Pure.
 */
import type { Run } from '../run.ts';
import type { Lane } from './lane.ts';

/** Of the plans before the present one: what was done of them. What they still meant to do, the present plan says. */
export type Carried = Pick<Run['counts'], 'done' | 'outages' | 'moves' | 'released'>;

export const nothingCarried: Carried = { done: 0, outages: 0, moves: 0, released: 0 };

/** Returns the counts of all plans of a run so far; planned is what was done of earlier ones and all of the present one. */
export function countRun(
  lanes: Iterable<Lane>,
  { done, outages, moves, released }: Carried,
  unplanned: number,
): Run['counts'] {
  const counts = {
    planned: done,
    done,
    unplanned,
    outages,
    moves,
    movesPlanned: moves,
    released,
    nodes: released,
  };
  for (const lane of lanes) {
    const isDone = lane.done !== undefined;
    switch (lane.step.kind) {
      case 'switchover':
        counts.planned += 1;
        counts.done += isDone || wentElsewhere(lane) ? 1 : 0;
        break;
      case 'move':
        counts.movesPlanned += 1;
        counts.moves += isDone ? 1 : 0;
        counts.outages += isDone && lane.step.outage ? 1 : 0;
        break;
      case 'release':
        counts.nodes += 1;
        counts.released += isDone ? 1 : 0;
        break;
      default:
        break;
    }
  }
  return counts;
}

/** A switchover of ours that ended on another member was an interruption all the same. */
function wentElsewhere(lane: Lane): boolean {
  return lane.acts.some((made) => made.answer?.answer === 'other-target');
}
