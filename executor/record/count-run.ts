/**
 * What a run has done and has to do, counted: the `counts` of the contract. Pure.
 */
import type { Answer } from '../answers.ts';
import type { Run } from '../run.ts';
import { type Lane, mayHaveEvicted, wentElsewhere } from './lane.ts';

/** Of the plans before the present one: what was done of them. What they still meant to do, the present plan says. */
export type Carried = Pick<Run['counts'], 'done' | 'outages' | 'moves' | 'released'>;

export const nothingCarried: Carried = { done: 0, outages: 0, moves: 0, released: 0 };

/**
 * Returns the counts of all plans of a run so far; planned is what was done of earlier ones and all of the present one. Nobody looks any more
 * at what comes of the last acts of a run that was `aborted`: there, what the answer to them says was done.
 */
export function countRun(
  lanes: Iterable<Lane>,
  { done, outages, moves, released }: Carried,
  unplanned: number,
  aborted = false,
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
        counts.done += isDone || wentElsewhere(lane) || (aborted && hasAnswer(lane, 'switched')) ? 1 : 0;
        break;
      case 'move':
        counts.movesPlanned += 1;
        counts.moves += isDone ? 1 : 0;
        counts.outages += lane.step.outage && (isDone || (aborted && mayHaveEvicted(lane))) ? 1 : 0;
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

function hasAnswer({ acts }: Lane, answer: Answer): boolean {
  return acts.at(-1)?.answer?.answer === answer;
}
