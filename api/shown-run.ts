/** Which run of a fleet is shown unasked, and which others there are. */
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunSummary } from '../executor/run.ts';
import type { Dependencies } from './dependencies.ts';
import { ApiProblem } from './problems.ts';

/** The run under way; else the one that was started last. Undefined: there is none. */
export function shownRun(runs: readonly RunSummary[]): RunSummary | undefined {
  const newest = newestFirst(runs);
  return newest.find((run) => !hasEnded(run.state)) ?? newest[0];
}

/** Runs in the order of their start, the latest first; one that has not started comes before all. */
export function newestFirst(runs: readonly RunSummary[]): readonly RunSummary[] {
  const start = (run: RunSummary) => run.startedAt ?? (hasEnded(run.state) ? '' : '~');
  return runs.toSorted((left, right) => compared(start(right), start(left)) || compared(right.id, left.id));
}

/** The run of that id. Throws `unknown-run`. */
export async function knownRun(deps: Dependencies, id: string): Promise<Run> {
  const run = await deps.runs.getRun(id);
  if (run === undefined) throw new ApiProblem('unknown-run', `There is no run ${id}.`);
  return run;
}

function compared(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
