/**
 * Who may approve or reject a run, and what of it: the entry that it makes, or why it makes none. Pure: the service asks it of the journal
 * as it was read, and writes the entry only onto that journal.
 */
import type { RunEvent } from './journal.ts';
import { approvalWanted } from './record/fold-approval.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun, hasEnded } from './record/run-states.ts';
import type { RunState } from './run.ts';
import type { RunService, ServiceRefusal } from './run-service.ts';

type Approval = Parameters<RunService['approve']>[2];

/** Returns the entry of an approval by somebody else than asked for the run, of the plan and the wave that wait, while they do. */
export function approvalOf(
  fold: RunFold,
  by: string,
  { planId, wave, comment }: Approval,
  nowMs: number,
): RunEvent | ServiceRefusal {
  const { runId, plan, requester } = fold;
  if (plan.id !== planId) {
    return refuse('other-plan', `Run ${runId} carries out plan ${plan.id}, not ${planId}.`);
  }
  const wanted = approvalWanted(fold);
  // A run in another state has its own answer: nobody could approve it.
  if (wanted !== undefined && requester === by) {
    return refuse('own-run', `${by} asked for run ${runId} and cannot approve it.`);
  }
  if (wanted !== undefined && wanted.wave !== wave) {
    const waits = wanted.wave === undefined ? 'as a whole' : `for wave ${wanted.wave}`;
    return refuse('other-wave', `Run ${runId} waits for approval ${waits}.`);
  }
  if (wanted?.expires !== undefined && Date.parse(wanted.expires) <= nowMs) {
    return refuse('wrong-state', `Run ${runId} could be approved until ${wanted.expires}; it expires now.`);
  }
  return {
    kind: 'approved',
    plan: planId,
    ...(wave === undefined ? {} : { wave }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/**
 * Returns the entry of a rejection, while an approval is waited for or where the run was rejected already: nobody loses a run under way by
 * that word. A run with marks on the fleet is aborted, which takes them off, where its new plan is rejected; its next wave is not rejected
 * but aborted.
 */
export function rejectionOf(fold: RunFold, comment: string | undefined): RunEvent | ServiceRefusal {
  const { runId, state } = fold;
  const hasMarks = hasBegun(fold);
  const hasNewPlan = fold.isRecovered || fold.because.facts.plan !== undefined;
  if (state === 'waiting-for-approval' && hasMarks && !hasNewPlan) {
    return refuse(
      'wrong-state',
      `Run ${runId} has begun; "run abort" ends it, its next wave is not rejected.`,
    );
  }
  if (!rejectable.includes(state)) {
    const instead = hasEnded(state) ? '' : '; "run abort" ends it';
    return refuse('wrong-state', `Run ${runId} is ${state} and waits for no approval${instead}.`);
  }
  const said = comment === undefined ? {} : { comment };
  return { kind: hasMarks ? 'abort-asked' : 'rejected', ...said };
}

/** Asked again for what has come of it, a rejection changes nothing. */
const rejectable: readonly RunState[] = ['waiting-for-approval', 'rejected', 'aborting', 'aborted'];

function refuse(code: string, message: string): ServiceRefusal {
  return { kind: 'refused', code, message };
}
