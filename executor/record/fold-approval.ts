/**
 * What a journal says about approvals: which wave waits for one, until when, and whether one that was given still holds. Pure.
 */
import type { Because, DrainPlan, Facts } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';
import type { Run, RunState } from '../run.ts';
import type { RunFold } from './run-fold.ts';

/** Of a run whose waves need no approval of their own. */
export const everyWave = Number.POSITIVE_INFINITY;

/** Returns the wave after those approved; undefined: the plan has none. */
export function nextWave(plan: DrainPlan, approvedWave: number): number | undefined {
  if (approvedWave === everyWave) {
    return undefined;
  }
  const later = plan.steps.map(({ wave }) => wave).filter((wave) => wave > approvedWave);
  // Not spread into Math.min: a plan may have a hundred thousand steps.
  return later.length === 0 ? undefined : later.reduce((least, wave) => Math.min(least, wave));
}

/** Returns why a run is in the state that `entry` brought it to; `because`: why it was in the one before. */
export function becauseOf(
  plan: DrainPlan,
  { approvedWave, approvals, because }: Pick<RunFold, 'approvedWave' | 'approvals' | 'because'>,
  state: RunState,
  { event, by, atMs }: JournalEntry,
): Because {
  if (event.kind === 'halted') {
    return event.because;
  }
  if (event.kind === 'paused' || event.kind === 'aborted') {
    // Who asked for it, not the worker that saw it through.
    const asked = because.facts.by ?? by;
    const left = event.kind === 'aborted' ? event.facts : {};
    return { code: state, facts: { ...left, by: asked, since: new Date(atMs).toISOString() } };
  }
  const newPlan: Facts = event.kind === 'replanned' ? { ...event.facts, plan: event.plan } : {};
  if (state === 'waiting-for-approval') {
    const { code, facts } = waitingForApproval(plan, approvedWave, by);
    return { code, facts: { ...facts, ...newPlan } };
  }
  const reason: Facts =
    event.kind === 'rejected' && event.comment !== undefined ? { comment: event.comment } : {};
  const approved = event.kind === 'expired' ? approvals.at(-1) : undefined;
  return {
    code: state,
    facts: {
      by,
      ...reason,
      ...newPlan,
      ...(approved === undefined ? {} : { approvedBy: approved.by }),
    },
  };
}

/** With a wave, what that one will do. */
function waitingForApproval(plan: DrainPlan, approvedWave: number, by: string): Because {
  const wave = approvedWave === everyWave ? undefined : nextWave(plan, approvedWave);
  const facts: Facts = wave === undefined ? {} : waveFacts(plan, wave);
  return { code: 'waiting-for-approval', facts: { by, ...facts } };
}

/** Named so that they stand beside those of a new plan. */
function waveFacts(plan: DrainPlan, wave: number): Facts {
  const steps = plan.steps.filter((step) => step.wave === wave);
  const moves = steps.filter(({ kind }) => kind === 'move').length;
  return {
    wave,
    nodes: steps.flatMap((step) => (step.kind === 'release' ? [step.node] : [])),
    waveSwitchovers: steps.flatMap((step) => (step.kind === 'switchover' ? [step.cluster] : [])),
    waveOutages: steps.flatMap((step) => (step.kind === 'move' && step.outage ? [step.pod] : [])),
    moves,
  };
}

/**
 * Returns the end of the time to approve the run, or to start it once it is approved; undefined: there is none. A run that has
 * started waits for its next wave as long as it takes: fences of it stand on the fleet, and only an abort takes them off.
 */
export function approvalEndsMs(fold: RunFold): number | undefined {
  if (fold.approvalMs === undefined || fold.startedAtMs !== undefined) {
    return undefined;
  }
  // One that was given before a new plan does not count for that.
  const approved = fold.state === 'waiting-for-approval' ? undefined : fold.approvals.at(-1);
  const sinceMs = approved === undefined ? fold.activeSinceMs : Date.parse(approved.at);
  return sinceMs + fold.approvalMs;
}

/** Returns what waits for approval; undefined: nothing does. */
export function approvalWanted(fold: RunFold): Run['approvalWanted'] {
  if (fold.state !== 'waiting-for-approval') {
    return undefined;
  }
  const { wave } = fold.because.facts;
  const endsMs = approvalEndsMs(fold);
  return {
    ...(typeof wave === 'number' ? { wave } : {}),
    ...(endsMs === undefined ? {} : { expires: new Date(endsMs).toISOString() }),
  };
}

/** Returns an approval as a run lists it. */
export function approvalOf(
  { by, atMs }: JournalEntry,
  { wave, comment }: Extract<RunEvent, { kind: 'approved' }>,
): Run['approvals'][number] {
  return {
    by,
    at: new Date(atMs).toISOString(),
    ...(wave === undefined ? {} : { wave }),
    ...(comment === undefined ? {} : { comment }),
  };
}
