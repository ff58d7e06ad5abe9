/**
 * The steps of a run in words, a screen's worth at a time: what is under way, what comes next, what was done last. Pure.
 * A big plan has tens of thousands of steps; the page asks for more of a group only when somebody wants to read it.
 */
import { hasEnded } from '../executor/record/run-states.ts';
import type { OnDeadline, Run, RunStep, StepState } from '../executor/run.ts';
import { stepLine as stepWords } from '../planner/explain/explain-step.ts';
import { type DrainPlan, explainBecause, explainWait, type Step } from '../planner/index.ts';
import { shortStep } from './explain-entry.ts';

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

export const stepGroups = ['underWay', 'next', 'done'] as const;
export type StepGroup = (typeof stepGroups)[number];

export type StepsView = {
  readonly total: number;
  readonly done: number;
  /** Steps of each wave, in the order of the plan. */
  readonly waves: readonly { readonly wave: number; readonly done: number; readonly total: number }[];
  /** Of each group how many there are, and the first of them. */
  readonly groups: Readonly<
    Record<StepGroup, { readonly count: number; readonly lines: readonly StepLine[] }>
  >;
};

/** How many lines of a group are sent unasked. */
const linesMax: Readonly<Record<StepGroup, number>> = { underWay: 50, next: 10, done: 14 };

const groupOf: Readonly<Record<StepState, StepGroup>> = {
  acting: 'underWay',
  waiting: 'underWay',
  blocked: 'underWay',
  failed: 'underWay',
  ready: 'next',
  pending: 'next',
  done: 'done',
  skipped: 'done',
};

/** The steps of a run: counts of all, and of each group the lines that matter first. */
export function stepsView(run: Run, plan: DrainPlan): StepsView {
  const group = (name: StepGroup) => {
    const steps = stepsOf(run, plan, name);
    return {
      count: steps.length,
      lines: steps.slice(0, linesMax[name]).map((step) => stepLine(step, run)),
    };
  };
  const groups = { underWay: group('underWay'), next: group('next'), done: group('done') };
  return { total: plan.steps.length, done: groups.done.count, waves: waves(run, plan), groups };
}

/** Lines `from` and following of one group. */
export function stepLines(
  run: Run,
  plan: DrainPlan,
  group: StepGroup,
  from: number,
  most: number,
): { readonly count: number; readonly lines: readonly StepLine[] } {
  const steps = stepsOf(run, plan, group);
  return {
    count: steps.length,
    lines: steps.slice(from, from + most).map((step) => stepLine(step, run)),
  };
}

/** What is under way by its weight, what comes next in the order of the plan, what is done newest first. */
function stepsOf(run: Run, plan: DrainPlan, group: StepGroup): readonly Step[] {
  const steps = plan.steps.filter((step) => groupOf[stateOf(run, step)] === group);
  if (group === 'next') {
    const ready = (step: Step) => (stateOf(run, step) === 'ready' ? 0 : 1);
    return steps.toSorted((left, right) => ready(left) - ready(right));
  }
  if (group === 'underWay') return steps.toSorted((left, right) => weight(run, left) - weight(run, right));
  const since = (step: Step) => run.steps[step.id]?.since ?? '';
  return steps.toReversed().sort((left, right) => compared(since(right), since(left)));
}

/** What matters most first: a failure, a role change, a move; what is under way before what may not begin yet. */
function weight(run: Run, step: Step): number {
  const state = stateOf(run, step);
  if (state === 'failed') return 0;
  const kind = step.kind === 'switchover' ? 1 : step.kind === 'move' || step.kind.startsWith('scale') ? 2 : 3;
  return state === 'blocked' ? kind + 3 : kind;
}

function waves(run: Run, plan: DrainPlan): StepsView['waves'] {
  const byWave = Map.groupBy(plan.steps, (step) => step.wave);
  return [...byWave]
    .sort(([left], [right]) => left - right)
    .map(([wave, steps]) => ({
      wave,
      total: steps.length,
      done: steps.filter((step) => groupOf[stateOf(run, step)] === 'done').length,
    }));
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

/** Paused, halted or ended: no deadline runs, and no age counts. */
export function isStill({ state }: Pick<Run, 'state'>): boolean {
  return state === 'paused' || state === 'halted' || hasEnded(state);
}

function stepLine(step: Step, run: Run): StepLine {
  const progress: RunStep | undefined = run.steps[step.id];
  const still = isStill(run);
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
    ...(progress?.deadline === undefined || !shown || still ? {} : { until: progress.deadline }),
    ...(progress?.onDeadline === undefined || !shown || still
      ? {}
      : { onDeadline: onDeadlineWords[progress.onDeadline] }),
    ...(progress?.attempts === undefined ? {} : { attempts: progress.attempts }),
  };
}

const onDeadlineWords: Readonly<Record<OnDeadline, string>> = {
  pause: 'then the run halts',
  wait: 'then it is waited for once more',
  'skip-node': 'then the run goes on without the node',
  replan: 'then what is left is planned anew',
};

function stateOf(run: Run, step: Step): StepState {
  return run.steps[step.id]?.state ?? 'pending';
}

function compared(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
