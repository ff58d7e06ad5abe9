/** What must be so when two runs of ours on one fleet have come to their end, whoever of them did what. */
import type { RunFold } from '../../executor/record/run-fold.ts';
import {
  isExcused,
  isOfOurs,
  judgeCredit,
  judgeFinished,
  judgeMarks,
  judgeMoves,
  judgeReason,
  lostSwitchovers,
  plannedSwitchovers,
  switchoversCounted,
} from './judge-end.ts';
import { judgeNoHoldLeft } from './judge-holds.ts';
import { judgeLooked, judgeNewPlans, judgeOrder } from './judge-journal.ts';
import { judgeReplay } from './judge-replay.ts';
import { type Stage, violate } from './stage.ts';

export type Ended = { readonly stage: Stage; readonly fold: RunFold; readonly hasEnded: boolean };

/** Judges the fleet and both journals. */
export function judgeTwoRuns(runs: readonly Ended[]): void {
  for (const run of runs) judgeOne(run);
  const [first] = runs;
  if (first === undefined) return;
  judgeMoves(first.stage);
  judgeSwitchovers(runs);
  for (const { code, subject, facts } of first.stage.world.violations)
    if (!isExcused(first.stage, code, subject))
      violate(first.stage, `${code} ${subject} ${JSON.stringify(facts)}`);
}

function judgeOne({ stage, fold, hasEnded }: Ended): void {
  judgeOrder(stage);
  judgeLooked(stage);
  judgeNewPlans(stage);
  judgeReplay(stage);
  judgeCredit(stage, fold);
  if (!hasEnded) {
    violate(stage, `${stage.runId} has not come to its end: ${fold.state} ${JSON.stringify(fold.because)}`);
    return;
  }
  judgeReason(stage, fold);
  if (fold.state === 'finished') judgeFinished(stage, fold);
  judgeMarks(stage);
  judgeNoHoldLeft(stage);
}

/** Both together make no more switchovers than their plans had, and each is counted by one of them. */
function judgeSwitchovers(runs: readonly Ended[]): void {
  const [first] = runs;
  if (first === undefined) return;
  const { stage } = first;
  const made = stage.world.roleChanges.filter((change) => isOfOurs(stage, change));
  for (const cluster of new Set(made.map((change) => change.cluster))) {
    const count = made.filter((change) => change.cluster === cluster).length;
    const planned = runs.reduce(
      (sum, run) => sum + plannedSwitchovers(run.stage, cluster) + lostSwitchovers(run.stage, cluster),
      0,
    );
    if (count > planned) violate(stage, `${cluster} switched over ${count} times, planned were ${planned}`);
  }
  const lost = made.filter(({ cluster }) => runs.some((run) => lostSwitchovers(run.stage, cluster) > 0));
  const counted = runs.reduce((sum, { fold }) => sum + switchoversCounted(fold), 0);
  if (made.length > counted + lost.length)
    violate(
      stage,
      `${made.length} switchovers were made by both, counted or named as unclear are ${counted}`,
    );
}
