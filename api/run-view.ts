/**
 * A run as the page shows it: the verdict first, then now / waiting / until / then, then every step in its own words. Pure.
 * The words of steps and waits come from the one renderer; nothing here is worded again in the browser.
 */

import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunState, RunStep, StepState } from '../executor/run.ts';
import { stepLine as stepWords } from '../planner/explain/explain-step.ts';
import { type DrainPlan, explainBecause, explainVerdict, explainWait, type Step } from '../planner/index.ts';
import { shortId, shortStep } from './explain-entry.ts';

export type Counter = {
  readonly name: string;
  readonly text: string;
  /** What stands behind it, e.g. bound and naive. */
  readonly note?: string;
  /** Somebody was interrupted who should not have been. */
  readonly loud: boolean;
};

export type StepLine = {
  readonly id: string;
  readonly kind: Step['kind'];
  readonly state: StepState;
  readonly sign: string;
  readonly wave: number;
  readonly text: string;
  /** What is worth knowing of it; may be empty. */
  readonly note: string;
  readonly why: string;
  /** What it waits for, in a sentence. */
  readonly waiting?: string;
  readonly since?: string;
  readonly until?: string;
  readonly onDeadline?: string;
  readonly attempts?: number;
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
  /** Set where the run stands still: why. */
  readonly because?: string;
  readonly ended: boolean;
  /** Paused or halted: nothing is begun and no deadline runs until a person decides. */
  readonly still: boolean;
  readonly counters: readonly Counter[];
  readonly now: readonly StepLine[];
  /** The step that comes after what is under way. */
  readonly next: string | null;
  readonly expectedEnd?: { readonly p50: string; readonly p95: string };
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly requester: string;
  readonly approvals: readonly string[];
  readonly controls: readonly Control[];
  readonly steps: readonly StepLine[];
};

/** The view of a run of that plan, for the caller who looks. */
export function runView(run: Run, plan: DrainPlan, caller: string): RunView {
  const steps = plan.steps.map((step) => stepLine(step, run.steps[step.id]));
  const active = steps
    .filter((step) => ['acting', 'waiting', 'blocked', 'failed'].includes(step.state))
    .sort((left, right) => weight(left) - weight(right));
  const upcoming =
    steps.find((step) => step.state === 'ready') ?? steps.find((step) => step.state === 'pending');
  return {
    id: run.id,
    planId: run.planId,
    fleet: run.fleet,
    state: run.state,
    verdict: verdict(run),
    promise: explainVerdict(plan),
    ...(standsStill(run.state) ? { because: explainWait(run.because) } : {}),
    ended: hasEnded(run.state),
    still: run.state === 'paused' || run.state === 'halted',
    counters: counters(run, plan),
    now: hasEnded(run.state) ? [] : active,
    next: upcoming === undefined || hasEnded(run.state) ? null : upcoming.text,
    ...(run.expectedEnd === undefined ? {} : { expectedEnd: run.expectedEnd }),
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
    requester: run.requester,
    approvals: run.approvals.map((approval) => `${approval.by}, ${approval.at}`),
    controls: controls(run, plan, caller),
    steps,
  };
}

/** What matters most first: a failure, a role change, a move; what is under way before what may not begin yet. */
function weight(step: StepLine): number {
  if (step.state === 'failed') return 0;
  const kind = step.kind === 'switchover' ? 1 : step.kind === 'move' || step.kind.startsWith('scale') ? 2 : 3;
  return step.state === 'blocked' ? kind + 3 : kind;
}

/** One sentence that is true at this moment; it leads with the state of the run. */
function verdict(run: Run): string {
  const { done, planned, unplanned, released, nodes } = run.counts;
  const switchovers = `${done} of ${planned} switchover${planned === 1 ? '' : 's'} done`;
  const rest = `${released} of ${nodes} node${nodes === 1 ? '' : 's'} released`;
  const hurt =
    unplanned === 0
      ? 'no unplanned role change'
      : `${unplanned} unplanned role change${unplanned === 1 ? '' : 's'}`;
  return `${stateWords[run.state]}: ${switchovers}, ${hurt}, ${rest}.`;
}

const stateWords: Readonly<Record<RunState, string>> = {
  'waiting-for-approval': 'Waits for approval',
  'waiting-for-window': 'Waits for its window',
  running: 'Running',
  pausing: 'Pausing, what is under way is finished first',
  paused: 'Paused',
  halted: 'Halted, waits for you',
  aborting: 'Aborting, what is under way is finished first',
  finished: 'Finished',
  aborted: 'Aborted',
  rejected: 'Rejected',
  expired: 'Expired without approval',
};

function standsStill(state: RunState): boolean {
  return state === 'halted' || state === 'waiting-for-window';
}

/** Role changes first: done, planned, bound, naive, and always the unplanned ones, also when there are none. */
function counters(run: Run, plan: DrainPlan): readonly Counter[] {
  const { counts } = run;
  const bound = Object.values(plan.clusters).reduce((sum, cluster) => sum + cluster.bound, 0);
  const doneSteps = plan.steps.filter((step) =>
    ['done', 'skipped'].includes(run.steps[step.id]?.state ?? 'pending'),
  );
  return [
    {
      name: 'switchovers',
      text: `${counts.done} of ${counts.planned}`,
      note: `bound ${bound}, naive ${plan.summary.baselines.naive.switchovers}`,
      loud: counts.done > counts.planned,
    },
    { name: 'unplanned', text: String(counts.unplanned), note: 'role changes', loud: counts.unplanned > 0 },
    {
      name: 'outages',
      text: String(counts.outages),
      note: `planned ${plan.summary.outages}`,
      loud: counts.outages > plan.summary.outages,
    },
    { name: 'moves', text: `${counts.moves} of ${counts.movesPlanned}`, loud: false },
    { name: 'nodes released', text: `${counts.released} of ${counts.nodes}`, loud: false },
    { name: 'steps', text: `${doneSteps.length} of ${plan.steps.length}`, loud: false },
  ];
}

const stepSigns: Readonly<Record<StepState, string>> = {
  pending: '◷',
  ready: '◷',
  acting: '▸',
  waiting: '▸',
  blocked: '◼',
  done: '✔',
  skipped: '–',
  failed: '✖',
};

function stepLine(step: Step, progress: RunStep | undefined): StepLine {
  const state = progress?.state ?? 'pending';
  const words = stepWords(step);
  const waits = progress?.waitingFor;
  const shown = state === 'waiting' || state === 'blocked' || state === 'failed';
  return {
    id: step.id,
    kind: step.kind,
    state,
    sign: stepSigns[state],
    wave: step.wave,
    text: shortStep(step),
    note: words.note,
    why: explainBecause(step.because),
    ...(waits === undefined || !shown
      ? {}
      : {
          waiting: explainWait({ code: waits.code, facts: { subject: waits.subject, ...waits.facts } }),
        }),
    ...(progress?.since === undefined ? {} : { since: progress.since }),
    ...(progress?.deadline === undefined || !shown ? {} : { until: progress.deadline }),
    ...(progress?.onDeadline === undefined || !shown
      ? {}
      : { onDeadline: onDeadlineWords[progress.onDeadline] }),
    ...(progress?.attempts === undefined ? {} : { attempts: progress.attempts }),
  };
}

const onDeadlineWords = { pause: 'then the run pauses', halt: 'then the run halts' } as const;

/** Every act a person can ask for in this state; one that this caller may not use says why. */
function controls(run: Run, plan: DrainPlan, caller: string): readonly Control[] {
  const own = `${caller} asked for this run, so another person has to approve it.`;
  switch (run.state) {
    case 'waiting-for-approval':
      return [
        {
          verb: 'approve',
          label: `Approve plan ${shortId(run.planId)}: ${plan.summary.switchovers} switchovers`,
          whyNot: run.requester === caller ? own : null,
        },
        { verb: 'reject', label: 'Reject', whyNot: null },
      ];
    case 'running':
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
    case 'waiting-for-window':
      return [{ verb: 'abort', label: 'Abort…', whyNot: null }];
    default:
      return [];
  }
}
