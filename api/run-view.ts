/**
 * A run as the page shows it: the verdict first, then now / waiting / until / then, then every step in its own words. Pure.
 * The words of steps and waits come from the one renderer; nothing here is worded again in the browser.
 */

import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunState, RunSummary } from '../executor/run.ts';
import { type DrainPlan, explainOutlook, explainVerdict, explainWait } from '../planner/index.ts';
import { shortId } from './explain-entry.ts';
import { type RunResult, runResult, tookSeconds, tookWords } from './run-result.ts';
import { type StepLine, type StepsView, stepsView } from './step-lines.ts';

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
  /** Set where the run stands still: why. */
  readonly because?: string;
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

/** The view of a run of that plan, for the caller who looks. */
export function runView(run: Run, plan: DrainPlan, caller: string): RunView {
  const steps = stepsView(run, plan);
  const { underWay, next } = steps.groups;
  const choices = choicesOf(run);
  return {
    id: run.id,
    planId: run.planId,
    fleet: run.fleet,
    state: run.state,
    verdict: verdict(run),
    promise: explainVerdict(plan),
    ...(standsStill(run) ? { because: becauseWords(run) } : {}),
    ...(choices === undefined ? {} : { choices }),
    ended: hasEnded(run.state),
    still: run.state === 'paused' || run.state === 'halted',
    counters: counters(run, plan, steps),
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
    ...(hasEnded(run.state) && run.startedAt !== undefined ? { result: runResult(run, plan) } : {}),
  };
}

/** One sentence that is true at this moment; it leads with the state of the run. */
function verdict(run: RunSummary): string {
  const { done, planned, unplanned, released, nodes, outages } = run.counts;
  const hurt = unplanned === 0 ? 'no unplanned role change' : counted(unplanned, 'unplanned role change');
  if (run.state === 'finished') {
    const instead = done === planned ? '' : ` instead of ${planned}`;
    const cost = `${counted(done, 'switchover')}${instead}, ${hurt}, ${outages === 0 ? 'no outage' : counted(outages, 'outage')}`;
    return `Finished${after(run)}: ${released} of ${counted(nodes, 'node')} released with ${cost}${leftOut(run)}.`;
  }
  const state = hasEnded(run.state) ? `${stateWords[run.state]}${after(run)}` : stateWordsOf(run);
  const switchovers = `${done} of ${counted(planned, 'switchover')} done`;
  return `${state}: ${switchovers}, ${hurt}, ${released} of ${counted(nodes, 'node')} released${leftOut(run)}.`;
}

/** Always said: whoever reads that all is done must know what was not. */
function leftOut({ skipped = [] }: RunSummary): string {
  return skipped.length === 0 ? '' : `; LEFT OUT ${skipped.map(({ node }) => node).join(', ')}`;
}

function after(run: RunSummary): string {
  const took = tookSeconds(run);
  return took === undefined ? '' : ` after ${tookWords(took)}`;
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

const stateWords: Readonly<Record<RunState, string>> = {
  'waiting-for-approval': 'Waits for approval',
  'waiting-for-window': 'Waits for a window to open',
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

const choiceWords: Readonly<Partial<Record<RunState, string>>> = {
  halted:
    'Nothing is begun until somebody decides. Resume looks at everything anew and goes on; Abort takes the fences and cordons of this run off.',
  paused:
    'Nothing is begun until somebody decides. Resume goes on; Abort takes the fences and cordons of this run off.',
};

function choicesOf(run: Run): string | undefined {
  if (run.state === 'halted' && run.outlook?.kind === 'looking') {
    return 'Nothing is begun until a new plan is found. Where it interrupts no more than what was left, the run goes on by itself; Abort takes the fences and cordons of this run off.';
  }
  return run.state === 'waiting-for-approval' ? approvalChoices(run) : choiceWords[run.state];
}

function approvalChoices({ startedAt, because, approvalWanted }: Run): string {
  const hasNewPlan = because.facts.plan !== undefined;
  const isBeforeStart = because.facts.why !== undefined;
  if (hasNewPlan && !isBeforeStart) {
    return 'The run has begun, and its fences stand. Read the new plan before you decide; Reject ends the run and takes its fences and cordons off.';
  }
  if (startedAt !== undefined) {
    return 'Nothing is begun until somebody decides. The waves before are done; Abort takes the fences and cordons of this run off.';
  }
  const expires = approvalWanted?.expires;
  const until =
    expires === undefined ? '' : ` It expires at ${expires.slice(0, 10)} ${expires.slice(11, 16)}Z.`;
  return `Nothing was touched yet. Read the ${hasNewPlan ? 'new plan' : 'plan'} before you decide.${until}`;
}

function standsStill({ state, because, approvalWanted }: RunSummary): boolean {
  const waitsInTheMiddle = approvalWanted?.wave !== undefined || because.facts.plan !== undefined;
  const waits = state === 'waiting-for-approval' && waitsInTheMiddle;
  return state === 'halted' || state === 'waiting-for-window' || waits || isToBegin(because);
}

/** A run says of itself that a server is in trouble only before its start; later its steps do. */
function isToBegin({ code }: RunSummary['because']): boolean {
  return code === 'start-awaited' || code === 'outside-trouble';
}

function becauseWords({ because, outlook }: RunSummary): string {
  const words = explainWait(because);
  return outlook === undefined ? words : `${words}; ${explainOutlook(outlook)}`;
}

function stateWordsOf({ state, because, outlook }: RunSummary): string {
  if (isToBegin(because)) return 'Waits to begin';
  return outlook?.kind === 'looking' ? 'Halted, looks for a new plan' : stateWords[state];
}

/** More marks than this are no longer seen at a glance. */
const MARKS_MAX = 24;

/** Role changes first: done, planned, bound, naive, and always the unplanned ones, also when there are none. */
function counters(run: Run, plan: DrainPlan, steps: StepsView): readonly Counter[] {
  const { counts } = run;
  const naive = plan.summary.baselines.naive.switchovers;
  const bound = Object.values(plan.clusters).reduce((sum, cluster) => sum + cluster.bound, 0);
  return [
    {
      name: 'switchovers',
      text: `${counts.done} of ${counts.planned}`,
      note: `bound ${bound}, naive ${naive}`,
      loud: counts.done > counts.planned,
      ...(naive > MARKS_MAX || counts.planned > MARKS_MAX
        ? {}
        : { marks: { done: counts.done, planned: counts.planned, naive } }),
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
    ? `Approve plan ${shortId(run.planId)}: ${plan.summary.switchovers} switchovers`
    : `Approve wave ${wave} of plan ${shortId(run.planId)}: ${counted(plan.steps.filter(isAsked).length, 'switchover')}`;
}

function counted(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
