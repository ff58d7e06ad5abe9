/**
 * Pure: which interruptions of a plan took place, as far as anybody can know where it is given up for another. What was begun and not seen to
 * its end interrupted somebody all the same: it is counted, and what is left to do is less by it.
 */
import { isToBeSeen, type Lane, type LaneAct, mayHaveEvicted, wentElsewhere } from './lane.ts';
import type { RunFold } from './run-fold.ts';

/** Who leads by the fleet as it was read now, by cluster. */
type Leaders = Readonly<Record<string, string>>;

/** Returns true for a switchover or an outage that took place, seen to its end or not; of other steps, where they are done. */
export function tookPlace(fold: RunFold, lane: Lane, leaders: Leaders): boolean {
  if (lane.done !== undefined) {
    return true;
  }
  switch (lane.step.kind) {
    case 'switchover':
      return wentElsewhere(lane) || switchedUnseen(fold, lane.acts.at(-1), leaders);
    case 'move':
      return lane.step.outage && mayHaveEvicted(lane);
    default:
      return false;
  }
}

/**
 * Nobody had time to see what came of it before the run halted. Patroni called it done, for the old leader may lead again by somebody else's doing;
 * or another member leads; or the old leader does, and the timeline rose by more than that one change.
 */
function switchedUnseen(fold: RunFold, last: LaneAct | undefined, leaders: Leaders): boolean {
  if (last?.act.kind !== 'switchover' || !isToBeSeen(last)) {
    return false;
  }
  const { cluster, leader, timeline } = last.act;
  const isSaid = last.answer?.answer === 'switched';
  const isAnother = (leaders[cluster] ?? leader) !== leader;
  const isOneOfTwo = fold.unplanned.some(
    (change) =>
      change.cluster === cluster &&
      change.sequence > last.sequence &&
      Number(change.facts.timeline) > timeline + 1,
  );
  return isSaid || isAnother || isOneOfTwo;
}
