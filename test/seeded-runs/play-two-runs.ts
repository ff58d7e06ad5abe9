/** Two runs of ours on one fleet on a bad day, and the verdict over both. */
import type { RunFold } from '../../executor/record/run-fold.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import { planBusyClusters } from './busy-clusters.ts';
import { planApprovals } from './give-approvals.ts';
import { foldNow, giveUp, say } from './interfere.ts';
import { judgeTwoRuns } from './judge-two-runs.ts';
import { planMishaps } from './mishaps.ts';
import { PassQueue } from './pass-queue.ts';
import { isAtRest, longestMs, type Played } from './play-seed.ts';
import { planSecondRun, type SecondRun } from './second-run.ts';
import { setStage } from './set-stage.ts';
import { type Stage, tell } from './stage.ts';

/** A run on its stage. */
type Playing = { readonly stage: Stage; readonly queue: PassQueue; resumes: number };

/** After that somebody aborts it. */
const resumesMax = 2;

/** Plays the two runs of a seed; `wantsTrace` where somebody will read what happened. */
export async function playTwoRuns(seed: number, wantsTrace = false): Promise<Played> {
  const stage = await setStage(seed, wantsTrace);
  const first = playing(stage);
  const runs = [first];
  planMishaps(stage);
  planBusyClusters(stage);
  planApprovals(stage, stage.random.fork('approvals'));
  const second = planSecondRun(stage, stage.random.fork('second run'), (second) => {
    const other = playing(second);
    runs.push(other);
    other.queue.open();
  });
  first.queue.open();
  for (;;) {
    const isOver = await stage.time.passUntil(
      () => !isBeginning(first, second) && runs.every((run) => isAtRest(run.stage, run.queue)),
      stage.time.nowMs() + longestMs(stage),
    );
    for (const run of runs) tellState(run.stage);
    const next = runs.find((run) => !hasEnded(foldNow(run.stage).state));
    if (!isOver || next === undefined) break;
    await speakUp(next);
  }
  const ends = runs.map((run) => ({
    stage: run.stage,
    fold: foldNow(run.stage),
    hasEnded: run.queue.hasEnded,
  }));
  judgeTwoRuns(ends);
  return {
    violations: stage.violations,
    end: ends.map(({ fold }) => endOf(fold)).join(' and '),
    happened: [...stage.happened].sort(),
    trace: stage.trace ?? [],
  };
}

/** It begins soon after the first has ended, if not before. */
function isBeginning({ stage }: Playing, { isComing }: SecondRun): boolean {
  return isComing && hasEnded(foldNow(stage).state);
}

function playing(stage: Stage): Playing {
  return { stage, queue: new PassQueue(stage), resumes: 0 };
}

/** One at a time: the other has let go of the fleet. */
async function speakUp(run: Playing): Promise<void> {
  const { state, plan } = foldNow(run.stage);
  if (state === 'waiting-for-approval') {
    await say(run.stage, { kind: 'approved', plan: plan.id });
    return;
  }
  run.resumes += 1;
  if (run.resumes > resumesMax) giveUp(run.stage);
  else await say(run.stage, { kind: 'resumed' });
}

function tellState(stage: Stage): void {
  const { state, because } = foldNow(stage);
  tell(stage, () => `${stage.runId} is ${state}: ${JSON.stringify(because)}`);
}

function endOf({ state, because }: RunFold): string {
  return `${state}: ${because.code}`;
}
