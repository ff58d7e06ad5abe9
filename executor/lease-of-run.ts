/**
 * A run holds the Lease of its fleet while it goes on, and leaves a note there by which it is found again.
 */
import type { DrainPlan } from '../planner/plan.ts';
import type { RunContext } from './contexts.ts';
import { drainedNodes } from './decide/plan-questions.ts';
import type { RunNote } from './formats/run-note.ts';
import type { LeaseAnswer } from './ports.ts';
import { everyWave } from './record/fold-approval.ts';
import { broughtSoFar } from './record/fold-run.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun } from './record/run-states.ts';

/** All annotations of an object together may have 256 KiB; a request of ten thousand windows does not fit, and goes without. */
const noteBytesMax = 200_000;

/** Takes or renews the Lease for this run and returns what came of it. */
export async function holdFleet(ctx: RunContext, fold: RunFold): Promise<LeaseAnswer> {
  const note = noteTextOf(fold);
  return ctx.ports.kubernetes.holdLease({
    holder: ctx.runId,
    durationSeconds: ctx.pace.leaseSeconds,
    sinceMs: fold.activeSinceMs,
    // Before its start nothing of it stands on the fleet, and what it begins by may still have to be approved.
    ...(note.length > noteBytesMax || !hasBegun(fold) ? {} : { note }),
  });
}

type NoteText = Pick<RunFold, 'liveByZone' | 'bound'> & { readonly flags: string; readonly text: string };
const textByPlan = new WeakMap<DrainPlan, NoteText>();

/** It names all nodes and is asked for in every pass over the run; little of it ever changes. Whatever changes in it is compared here. */
function noteTextOf(fold: RunFold): string {
  const { plan, liveByZone, bound, runId, state, needsApproval, fleet, requester, approvedWave } = fold;
  const flags = `${runId} ${state} ${needsApproval} ${fleet} ${requester} ${approvedWave === everyWave}`;
  const before = textByPlan.get(plan);
  if (before?.flags === flags && before.liveByZone === liveByZone && before.bound === bound) {
    return before.text;
  }
  const text = JSON.stringify(noteOf(fold));
  textByPlan.set(plan, { flags, liveByZone, bound, text });
  return text;
}

function noteOf(fold: RunFold): RunNote {
  return {
    run: fold.runId,
    fleet: fold.fleet,
    requester: fold.requester,
    // What a person has stopped does not go on by itself.
    needsApproval: fold.needsApproval || fold.state !== 'running',
    ...(fold.approvedWave === everyWave ? {} : { approvals: 'wave' }),
    aborting: fold.state === 'aborting',
    request: fold.request,
    drains: [...drainedNodes(fold)],
    liveByZone: Object.fromEntries(fold.liveByZone),
    ...broughtOf(fold),
  };
}

/** Only where it matters: it takes a look at every step. */
function broughtOf(fold: RunFold): Pick<RunNote, 'brought'> {
  const most = fold.request.limits?.maxNewNodesPerZone ?? null;
  return most === null ? {} : { brought: Object.fromEntries(broughtSoFar(fold)) };
}
