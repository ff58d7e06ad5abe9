/** Which steps may go on when another one is done. Pure. */
import { parallelSwitchovers } from '../decide/plan-questions.ts';
import type { RunFold } from './fold-run.ts';

/** Returns the ids of steps that are blocked by this one, or of the first few that wait for their turn after it. */
export function blockedBy(fold: RunFold, stepId: string): readonly string[] {
  const isSwitchover = fold.lanes.get(stepId)?.step.kind === 'switchover';
  const ids: string[] = [];
  let turns = isSwitchover ? parallelSwitchovers(fold) : 0;
  for (const [id, { wait }] of fold.lanes) {
    if (wait?.because.code === 'cluster-busy' && wait.because.facts.busyWith === stepId) {
      ids.push(id);
    } else if (wait?.because.code === 'switchover-limit' && turns > 0) {
      turns -= 1;
      ids.push(id);
    }
  }
  return ids;
}
