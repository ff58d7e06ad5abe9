/**
 * The fold of a journal as people and programs read it: the Run of the contract. Pure.
 */
import type { Because } from '../../planner/plan.ts';
import { onDeadlineOf } from '../decide/when-deadline-passes.ts';
import type { Run, RunStep, RunSummary } from '../run.ts';
import { countRun } from './count-run.ts';
import { expectedEndMs } from './expected-end.ts';
import { approvalWanted } from './fold-approval.ts';
import type { Lane } from './lane.ts';
import { planStepOf } from './plan-rounds.ts';
import type { RunFold } from './run-fold.ts';

/** The 95th percentile of a step's duration is about twice its estimate; measured ones replace this when there are enough. */
const slowFactor = 2;

/** Returns the run in its fixed format. Times are RFC 3339; what is not known is left out. */
export function describeRun(fold: RunFold): Run {
  const { skipped, ...summary } = summarizeRun(fold);
  const steps: Record<string, RunStep> = {};
  for (const [id, lane] of fold.lanes) {
    steps[planStepOf(id).step] = describeStep(fold, lane);
  }
  const nodes = Object.fromEntries(fold.bound);
  const earlierNodes = fold.broughtNodes.length === 0 ? {} : { earlierNodes: fold.broughtNodes };
  return { ...summary, nodes, ...earlierNodes, ...(skipped === undefined ? {} : { skipped }), steps };
}

/** Returns the run as lists have it. */
export function summarizeRun(fold: RunFold): RunSummary {
  const window = windowAwaited(fold);
  const wanted = approvalWanted(fold);
  return {
    id: fold.runId,
    planId: fold.plan.id,
    ...(fold.planIds.length === 1 ? {} : { planIds: fold.planIds }),
    fleet: fold.fleet,
    state: window === undefined ? fold.state : 'waiting-for-window',
    ...(window !== undefined || fold.stateSinceMs === undefined ? {} : { since: timeOf(fold.stateSinceMs) }),
    because: window ?? fold.startAwaits ?? fold.because,
    ...(fold.outlook === undefined ? {} : { outlook: fold.outlook }),
    requester: fold.requester,
    approvals: fold.approvals,
    ...(wanted === undefined ? {} : { approvalWanted: wanted }),
    counts: countRun(fold.lanes.values(), fold.carried, fold.unplanned.length, fold.state === 'aborted'),
    ...unplannedChanges(fold),
    ...times(fold),
    ...(fold.skipped.length === 0 ? {} : { skipped: fold.skipped }),
  };
}

function unplannedChanges(fold: RunFold): Pick<Run, 'unplanned'> {
  const unplanned = fold.unplanned.map(({ cluster, from, to, atMs }) => ({
    cluster,
    from,
    to,
    at: timeOf(atMs),
  }));
  return unplanned.length === 0 ? {} : { unplanned };
}

/** Returns undefined, unless all that could go on waits for a window: then which of them opens first. */
export function windowAwaited(fold: RunFold): Because | undefined {
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

function times(fold: RunFold): Pick<Run, 'expectedEnd' | 'startedAt' | 'endedAt'> {
  const ended = fold.endedAtMs === undefined ? {} : { endedAt: timeOf(fold.endedAtMs) };
  const expected = expectedEndMs(fold);
  if (fold.startedAtMs === undefined || expected === undefined) {
    return ended;
  }
  return {
    startedAt: timeOf(fold.startedAtMs),
    expectedEnd: { p50: timeOf(expected.p50), p95: timeOf(expected.p95) },
    ...ended,
  };
}

function describeStep(fold: RunFold, lane: Lane): RunStep {
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
