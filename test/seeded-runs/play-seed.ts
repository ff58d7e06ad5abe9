/** One seeded run: the executor's own passes, by workers on a bad day, in a fleet where things happen; and the verdict. */
import { extensionsMax } from '../../executor/limits.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import { planBusyClusters } from './busy-clusters.ts';
import { planApprovals } from './give-approvals.ts';
import { foldNow, say } from './interfere.ts';
import { judgeEnd } from './judge-end.ts';
import { judgeReplay } from './judge-replay.ts';
import { planMishaps } from './mishaps.ts';
import { PassQueue } from './pass-queue.ts';
import { setStage } from './set-stage.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

export type Played = {
  readonly violations: readonly string[];
  /** State of the run at its end, and why. */
  readonly end: string;
  readonly happened: readonly string[];
  readonly trace: readonly string[];
};

/** Longer than any deadline of the executor. */
const limitMs = 10 * 3_600_000;
/** A request may put every deadline off. */
const limitWaitingMs = (1 + extensionsMax) * limitMs;
const resumesMax = 2;

/** Plays the run of a seed; `wantsTrace` where somebody will read what happened. */
export async function playSeed(seed: number, wantsTrace = false): Promise<Played> {
  const stage = await setStage(seed, wantsTrace);
  const queue = new PassQueue(stage);
  planMishaps(stage);
  planBusyClusters(stage);
  planApprovals(stage, stage.random.fork('approvals'));
  queue.open();
  const untilMs = stage.startMs + longestMs(stage);
  let resumes = 0;
  let end: RunFold;
  for (;;) {
    const isOver = await stage.time.passUntil(() => isAtRest(stage, queue), untilMs);
    end = foldNow(stage);
    const { state, because, plan } = end;
    tell(stage, () => `the run is ${state}: ${JSON.stringify(because)}`);
    if (isOver && state === 'waiting-for-approval') {
      await thinkOver(stage);
      await say(stage, { kind: 'approved', plan: plan.id });
      continue;
    }
    if (!isOver || state !== 'halted' || resumes === resumesMax) break;
    // Somebody looks at it, and goes on.
    resumes += 1;
    await say(stage, { kind: 'resumed' });
  }
  judgeEnd(stage, end, queue.hasEnded);
  judgeReplay(stage);
  const { state, because } = end;
  return {
    violations: stage.violations,
    end: `${state}: ${because.code}${end.skipped.length > 0 ? ', a node left out' : ''}`,
    happened: [...stage.happened].sort(),
    trace: stage.trace ?? [],
  };
}

/** Returns after how long a run has come to rest whatever happens, in milliseconds. */
export function longestMs({ firstPlan }: Stage): number {
  return firstPlan.request.onDeadline === 'wait' ? limitWaitingMs : limitMs;
}

/** Whoever has to approve is quick, but where windows open and close meanwhile. */
async function thinkOver({ windows, random, time }: Stage): Promise<void> {
  if (windows.size === 0) return;
  const chance = random.fork(`approval at ${time.nowMs()}`);
  const takesMs = chance.next() < 0.5 ? 0 : 30 * 60_000 * chance.next() ** 2;
  await time.passUntil(() => false, time.nowMs() + takesMs);
}

/** Nothing more comes of it, unless somebody says something. */
export function isAtRest(stage: Stage, queue: PassQueue): boolean {
  const state = stage.journal.stateOf(stage.runId);
  if (state === 'waiting-for-approval') return !stage.needsApproval;
  if (state === undefined || !queue.hasEnded) return false;
  return hasEnded(state) || (state === 'halted' && !isTroubled(stage));
}
