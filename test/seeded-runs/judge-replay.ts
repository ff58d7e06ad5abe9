/** The journal of a run says enough to decide again, from it and the plan alone, all that was decided; and it comes out the same. */
import { replayRun } from '../../executor/replay/replay-run.ts';
import { entriesOf, type Stage, violate } from './stage.ts';

/** Judges the journal at the end of the run. */
export function judgeReplay(stage: Stage): void {
  const entries = JSON.parse(JSON.stringify(entriesOf(stage)));
  const { withoutGrounds, differences } = replayRun(stage.firstPlan, stage.runId, entries, stage.plans);
  if (withoutGrounds > 0) violate(stage, `${withoutGrounds} decisions do not say on what grounds`);
  for (const { sequence, written, ...other } of differences)
    violate(stage, `entry ${sequence} ${JSON.stringify(written)} comes out as ${JSON.stringify(other)}`);
}
