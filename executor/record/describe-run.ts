/**
 * The fold of a journal as people and programs read it: the Run of the contract. Pure.
 */

import type { Because, DrainPlan } from '../../planner/plan.ts';
import { planTime } from '../../planner/write/plan-time.ts';
import { onDeadlineOf } from '../decide/when-deadline-passes.ts';
import { parallelSwitchoversDefault } from '../limits.ts';
import type { Run, RunStep, RunSummary } from '../run.ts';
import { countRun } from './count-run.ts';
import { approvalEndsMs } from './fold-approval.ts';
import type { Lane } from './lane.ts';
import { planStepOf } from './plan-rounds.ts';
import type { RunFold } from './run-fold.ts';

/** The 95th percentile of a step's duration is about twice its estimate; measured ones replace this when there are enough. */
const slowFactor = 2;

/** Returns the run in its fixed format. Times are RFC 3339; what is not known is left out. */
export function describeRun(fold: Omit<RunFold, 'run'>): Run {
  const { skipped, ...summary } = summarizeRun(fold);
  const steps: Record<string, RunStep> = {};
  for (const [id, lane] of fold.lanes) {
    steps[planStepOf(id).step] = describeStep(fold, lane);
  }
  const nodes = Object.fromEntries(fold.bound);
  return { ...summary, nodes, ...(skipped === undefined ? {} : { skipped }), steps };
}

/** Returns the run as lists have it. */
export function summarizeRun(fold: Omit<RunFold, 'run'>): RunSummary {
  const window = windowAwaited(fold);
  return {
    id: fold.runId,
    planId: fold.plan.id,
    ...(fold.planIds.length === 1 ? {} : { planIds: fold.planIds }),
    fleet: fold.fleet,
    state: window === undefined ? fold.state : 'waiting-for-window',
    because: window ?? fold.startAwaits ?? fold.because,
    ...(fold.outlook === undefined ? {} : { outlook: fold.outlook }),
    requester: fold.requester,
    approvals: fold.approvals,
    ...approvalWanted(fold),
    counts: countRun(fold.lanes.values(), fold.carried, fold.unplanned.length),
    ...times(fold),
    ...(fold.skipped.length === 0 ? {} : { skipped: fold.skipped }),
  };
}

function approvalWanted(fold: Omit<RunFold, 'run'>): Pick<Run, 'approvalWanted'> {
  if (fold.state !== 'waiting-for-approval') {
    return {};
  }
  const { wave } = fold.because.facts;
  const endsMs = approvalEndsMs(fold);
  return {
    approvalWanted: {
      ...(typeof wave === 'number' ? { wave } : {}),
      ...(endsMs === undefined ? {} : { expires: timeOf(endsMs) }),
    },
  };
}

/** Returns undefined, unless all that could go on waits for a window: then which of them opens first. */
export function windowAwaited(fold: Omit<RunFold, 'run'>): Because | undefined {
  let first: Because | undefined;
  if (fold.state !== 'running') {
    return undefined;
  }
  for (const lane of fold.lanes.ready()) {
    const because = lane.wait?.because;
    if (because?.code !== 'window-closed') {
      return undefined;
    }
    // Times of one form sort like the moments they name.
    if (first === undefined || String(because.facts.opens) < String(first.facts.opens)) {
      first = because;
    }
  }
  return first === undefined ? undefined : { code: 'waiting-for-window', facts: first.facts };
}

function times(fold: Omit<RunFold, 'run'>): Pick<Run, 'expectedEnd' | 'startedAt' | 'endedAt'> {
  const ended = fold.endedAtMs === undefined ? {} : { endedAt: timeOf(fold.endedAtMs) };
  if (fold.startedAtMs === undefined) {
    return ended;
  }
  const { startedAtMs, speed } = fold;
  const { p50, p95 } = expectedSeconds(fold, startedAtMs);
  const after = (seconds: number): string => timeOf(startedAtMs + (seconds * 1_000) / speed);
  return {
    startedAt: timeOf(startedAtMs),
    expectedEnd: { p50: after(p50), p95: after(p95) },
    ...ended,
  };
}

/** The estimate of a plan with windows holds for the moment at which it was made: it is made anew for the start of the run. */
function expectedSeconds(
  fold: Omit<RunFold, 'run'>,
  startedAtMs: number,
): DrainPlan['summary']['expectedSeconds'] {
  const { plan, speed } = fold;
  const hasWindows = plan.steps.some((step) => 'window' in step && step.window !== undefined);
  // Where the fleet lives faster than its windows nobody can say.
  if (!hasWindows || speed !== 1) {
    return plan.summary.expectedSeconds;
  }
  const known = timesKnown.get(plan);
  if (known?.startedAtMs === startedAtMs) {
    return known.seconds;
  }
  const parallelSwitchovers = plan.request.limits?.parallelSwitchovers ?? parallelSwitchoversDefault;
  const seconds = planTime(plan.steps, { parallelSwitchovers, startsAt: startedAtMs / 1_000 });
  timesKnown.set(plan, { startedAtMs, seconds });
  return seconds;
}

/** A run is described after every entry, and its start does not change. */
const timesKnown = new WeakMap<
  DrainPlan,
  { readonly startedAtMs: number; readonly seconds: DrainPlan['summary']['expectedSeconds'] }
>();

function describeStep(fold: Omit<RunFold, 'run'>, lane: Lane): RunStep {
  const p50 = lane.step.estimateSeconds / fold.speed;
  const seen = lane.sinceMs === undefined ? {} : { lastSeen: timeOf(lane.sinceMs) };
  const base = {
    state: lane.state,
    usualSeconds: { p50, p95: p50 * slowFactor },
    attempts: lane.attempts,
    ...seen,
  };
  if (lane.wait === undefined) {
    return lane.sinceMs === undefined ? base : { ...base, since: timeOf(lane.sinceMs) };
  }
  const { code, facts } = lane.wait.because;
  const subject = facts.subject;
  return {
    ...base,
    since: timeOf(lane.wait.sinceMs),
    waitingFor: { code, subject: typeof subject === 'string' ? subject : lane.step.id, facts },
    // While its window is closed no deadline runs.
    ...(code === 'window-closed'
      ? {}
      : { deadline: timeOf(lane.wait.deadlineMs), onDeadline: onDeadlineOf(fold, lane, code) }),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
