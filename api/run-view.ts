/**
 * A run as the page shows it: the verdict first, then now / waiting / until / then, then every step in its own words. Pure.
 * The words of steps and waits come from the one renderer; nothing here is worded again in the browser.
 */

import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunState, RunSummary } from '../executor/run.ts';
import { type DrainPlan, explainVerdict } from '../planner/index.ts';
import { type ApprovalView, approvalView } from './approval-view.ts';
import { shortId } from './explain-entry.ts';
import { type PromisedFirst, type RunResult, runResult } from './run-result.ts';
import {
  becauseOf,
  choicesOf,
  counted,
  type RunStand,
  standOf,
  unplannedLines,
  verdict,
} from './run-words.ts';
import { type StepLine, type StepsView, stepsView } from './step-lines.ts';
import { codesOf, whatToDo } from './what-to-do.ts';

export type Counter = {
  readonly name: string;
  readonly text: string;
  /** What stands behind it, e.g. bound and naive. */
  readonly note?: string;
  /** Somebody was interrupted who should not have been. */
  readonly loud: boolean;
  /** The counter as marks, where there are few enough to be seen: so many done, planned, and what naive would have cost. */
  readonly marks?: { readonly done: number; readonly planned: number; readonly naive: number };
};

export type Control = {
  readonly verb: 'approve' | 'reject' | 'pause' | 'resume' | 'abort';
  readonly label: string;
  /** Null: it can be pressed. Otherwise why not, and who can. */
  readonly whyNot: string | null;
};

export type RunView = {
  readonly id: string;
  readonly planId: string;
  readonly fleet: string;
  readonly state: RunState;
  readonly verdict: string;
  /** The plan in one sentence: its promise and its proof. */
  readonly promise: string;
  /** Of a run that goes on by another plan than its first: what that one promised. */
  readonly promisedFirst?: string;
  /** Role changes that were not of the run; they stay when it has gone on. */
  readonly unplanned: readonly string[];
  /** Set where the run stands still: why, or by whom. */
  readonly because?: string;
  /** Of a halted run: its code, and that of the wait that took too long. */
  readonly codes?: readonly string[];
  /** What a person can do about these. */
  readonly remedies?: readonly string[];
  /** When it came into its state. */
  readonly since?: string;
  /** What the run as a whole waits for. */
  readonly stand?: RunStand;
  /** Set where somebody has to approve: what there is to know. */
  readonly approval?: ApprovalView;
  /** Set where somebody has to decide: what the buttons do. */
  readonly choices?: string;
  readonly ended: boolean;
  /** Paused or halted: nothing is begun and no deadline runs until a person decides. */
  readonly still: boolean;
  readonly counters: readonly Counter[];
  readonly now: { readonly first: StepLine | null; readonly others: number };
  /** The step that comes after what is under way. */
  readonly next: string | null;
  readonly expectedEnd?: { readonly p50: string; readonly p95: string };
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** The wave that waits for approval, where each has its own. */
  readonly wave?: number;
  readonly requester: string;
  readonly approvals: readonly string[];
  readonly controls: readonly Control[];
  readonly steps: StepsView;
  /** Promised and kept; only once the run has ended. */
  readonly result?: RunResult;
};

/** The view of a run of that plan, for the caller who looks. `first`: what its first plan promised, where that is another one. */
export function runView(run: Run, plan: DrainPlan, caller: string, first?: PromisedFirst): RunView {
  const steps = stepsView(run, plan);
  const { underWay, next } = steps.groups;
  return {
    id: run.id,
    planId: run.planId,
    fleet: run.fleet,
    state: run.state,
    verdict: verdict(run),
    promise:
      first === undefined
        ? explainVerdict(plan)
        : `${hasEnded(run.state) ? 'By' : 'Now, by'} plan ${shortId(plan.id)}: ${explainVerdict(plan)}`,
    ...(first === undefined
      ? {}
      : { promisedFirst: `Promised first, by plan ${shortId(first.planId)}: ${first.verdict}` }),
    unplanned: unplannedLines(run),
    ...standing(run),
    ...(run.state === 'waiting-for-approval' ? { approval: approvalView(run, plan) } : {}),
    ended: hasEnded(run.state),
    still: run.state === 'paused' || run.state === 'halted',
    counters: counters(run, plan, steps, first),
    now: hasEnded(run.state)
      ? { first: null, others: 0 }
      : { first: underWay.lines[0] ?? null, others: Math.max(0, underWay.count - 1) },
    next: hasEnded(run.state) ? null : (next.lines[0]?.text ?? null),
    ...(run.expectedEnd === undefined ? {} : { expectedEnd: run.expectedEnd }),
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
    ...(run.approvalWanted?.wave === undefined ? {} : { wave: run.approvalWanted.wave }),
    requester: run.requester,
    approvals: run.approvals.map(({ by, at, wave }) =>
      [by, at, ...(wave ? [`wave ${wave}`] : [])].join(', '),
    ),
    controls: controls(run, plan, caller),
    steps,
    ...(hasEnded(run.state) && run.startedAt !== undefined ? { result: runResult(run, plan, first) } : {}),
  };
}

/** What there is to say about a run that does not go on by itself just now. */
function standing(run: Run): Pick<RunView, 'because' | 'codes' | 'remedies' | 'since' | 'stand' | 'choices'> {
  const because = becauseOf(run);
  const stand = standOf(run);
  const choices = choicesOf(run);
  return {
    ...(because === undefined ? {} : { because }),
    ...(run.state === 'halted' ? { codes: codesOf(run), remedies: whatToDo(run) } : {}),
    ...(run.since === undefined ? {} : { since: run.since }),
    ...(stand === undefined ? {} : { stand }),
    ...(choices === undefined ? {} : { choices }),
  };
}

/** For lists: state and outcome of a run in one line. */
export function runLine(run: RunSummary): RunLine {
  return {
    id: run.id,
    state: run.state,
    verdict: verdict(run),
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
  };
}

export type RunLine = {
  readonly id: string;
  readonly state: RunState;
  readonly verdict: string;
  readonly startedAt?: string;
};

/** More marks than this are no longer seen at a glance. */
const MARKS_MAX = 24;

/** Role changes first: done, planned, bound, naive, and always the unplanned ones, also when there are none. */
function counters(
  run: Run,
  plan: DrainPlan,
  steps: StepsView,
  first: PromisedFirst | undefined,
): readonly Counter[] {
  const { counts } = run;
  const naive = (first ?? plan).summary.baselines.naive.switchovers;
  const bound = Object.values(plan.clusters).reduce((sum, cluster) => sum + cluster.bound, 0);
  return [
    {
      name: 'switchovers',
      text: `${counts.done} of ${counts.planned}`,
      note:
        first === undefined
          ? `bound ${bound}, naive ${naive}`
          : `at first ${first.summary.switchovers}, naive ${naive}`,
      loud: counts.done > counts.planned,
      ...(naive > MARKS_MAX || counts.planned > MARKS_MAX
        ? {}
        : { marks: { done: counts.done, planned: counts.planned, naive } }),
    },
    {
      name: 'unplanned',
      text: String(counts.unplanned),
      note: counts.unplanned === 1 ? 'role change' : 'role changes',
      loud: counts.unplanned > 0,
    },
    {
      name: 'outages',
      text: String(counts.outages),
      note: `planned ${plan.summary.outages}`,
      loud: counts.outages > plan.summary.outages,
    },
    { name: 'moves', text: `${counts.moves} of ${counts.movesPlanned}`, loud: false },
    { name: 'nodes released', text: `${counts.released} of ${counts.nodes}`, loud: false },
    { name: 'steps', text: `${steps.done} of ${steps.total}`, loud: false },
  ];
}

/** Every act a person can ask for in this state; one that this caller may not use says why. */
function controls(run: Run, plan: DrainPlan, caller: string): readonly Control[] {
  const own = `${caller} asked for this run, so another person has to approve it.`;
  switch (run.state) {
    case 'waiting-for-approval':
      return [
        { verb: 'approve', label: approveLabel(run, plan), whyNot: run.requester === caller ? own : null },
        run.startedAt === undefined
          ? { verb: 'reject', label: 'Reject', whyNot: null }
          : { verb: 'abort', label: 'Abort…', whyNot: null },
      ];
    case 'running':
    case 'waiting-for-window':
      return [
        { verb: 'pause', label: 'Pause', whyNot: null },
        { verb: 'abort', label: 'Abort…', whyNot: null },
      ];
    case 'pausing':
    case 'paused':
    case 'halted':
      return [
        { verb: 'resume', label: 'Resume', whyNot: null },
        { verb: 'abort', label: 'Abort…', whyNot: null },
      ];
    default:
      return [];
  }
}

function approveLabel(run: Run, plan: DrainPlan): string {
  const wave = run.approvalWanted?.wave;
  const isAsked = (step: DrainPlan['steps'][number]) => step.wave === wave && step.kind === 'switchover';
  return wave === undefined
    ? `Approve plan ${shortId(run.planId)}: ${counted(plan.summary.switchovers, 'switchover')}`
    : `Approve wave ${wave} of plan ${shortId(run.planId)}: ${counted(plan.steps.filter(isAsked).length, 'switchover')}`;
}
