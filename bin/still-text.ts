import { codesOf, whatToDo } from '../api/what-to-do.ts';
import type { Run } from '../executor/run.ts';
import { listed } from '../planner/explain/explain-words.ts';
import { type DrainPlan, explainOutlook, explainWait } from '../planner/index.ts';
import { calledAs } from './called-as.ts';
import { commandThatReads } from './next-commands.ts';

/**
 * A run that stands still: why and since when, what of it is left on the fleet, what is certain, and the commands with which a person goes
 * on, a line each, so that one that is pasted does one thing. None for a run that goes on or is over.
 */
export function stillLines(run: Run, plan?: DrainPlan): readonly string[] {
  switch (run.state) {
    case 'waiting-for-approval':
      return approvalLines(run, plan);
    case 'paused':
      return [`because  ${explainWait(run.because)}`, ...leftLines(run, plan), ...goOnLines(run)];
    case 'halted':
      return [
        ...haltLines(run),
        ...(run.outlook === undefined ? [] : [`outlook  ${explainOutlook(run.outlook)}`]),
        ...leftLines(run, plan),
        ...goOnLines(run),
      ];
    default:
      return run.state === 'waiting-for-window' || run.because.code === 'start-awaited'
        ? [`because  ${explainWait(run.because)}`]
        : [];
  }
}

function approvalLines(run: Run, plan: DrainPlan | undefined): readonly string[] {
  const { id, planId, requester, startedAt, approvalWanted } = run;
  const { wave, expires } = approvalWanted ?? {};
  const until = expires === undefined ? '' : `; expires at ${minuteOf(expires)}, then nothing is begun`;
  const begun = startedAt !== undefined;
  return [
    ...(isFirstQuestion(run) ? [] : [`because  ${explainWait(run.because)}`]),
    `asked    by ${requester}${until}`,
    ...(begun ? leftLines(run, plan) : ['safe     nothing was touched yet']),
    `next     somebody else than ${requester} reads the plan and decides:`,
    `         ${commandThatReads(planId)}`,
    `         ${calledAs()} run approve ${id} --plan ${planId}${wave === undefined ? '' : ` --wave ${wave}`}`,
    `         ${calledAs()} run ${begun ? 'abort' : 'reject'} ${id}`,
  ];
}

/** Whether to carry out the plan that was asked for, as a whole: nothing is to be said of that. */
function isFirstQuestion({ startedAt, approvalWanted, because }: Run): boolean {
  return startedAt === undefined && approvalWanted?.wave === undefined && because.facts.plan === undefined;
}

/** The codes are those of docs/errors.md. */
function haltLines(run: Run): readonly string[] {
  const { because, endedAt } = run;
  return [
    `because  ${explainWait(because)}`,
    `halted   ${endedAt === undefined ? '' : `at ${minuteOf(endedAt)}, `}code ${codesOf(run).join(', ')} (docs/errors.md)`,
    ...whatToDo(run).map((words) => `to do    ${words}`),
  ];
}

/** What of this run stands on the fleet, and what that does to whom. */
function leftLines(run: Run, plan: DrainPlan | undefined): readonly string[] {
  const closed = plan === undefined ? [] : closedNodes(run, plan);
  const fences =
    closed.length === 0
      ? []
      : [
          `left     ${listed(closed)} ${closed.length === 1 ? 'is' : 'are'} closed to new pods by this run; what runs there goes on`,
        ];
  const until =
    run.outlook?.kind === 'looking' ? 'a new plan is found or somebody decides' : 'somebody decides';
  return [...fences, `safe     nothing more is done to any node or database until ${until}`];
}

/** Nodes to be drained on which a fence or cordon of this run stands. Of the plans before the present one only that it found them so is known. */
function closedNodes({ steps, planIds }: Run, plan: DrainPlan): readonly string[] {
  const closed = new Set<string>();
  for (const step of plan.steps) {
    const isDone = steps[step.id]?.state === 'done';
    if (step.kind === 'release' && planIds !== undefined && !isDone) closed.add(step.node);
    if (!isDone) continue;
    if (step.kind === 'fence' || step.kind === 'cordon') closed.add(step.node);
    if (step.kind === 'unfence' || step.kind === 'release') closed.delete(step.node);
  }
  return [...closed];
}

function goOnLines({ id, outlook }: Run): readonly string[] {
  const begins =
    outlook?.kind === 'looking'
      ? ['next     wait: where a new plan interrupts no more than what was left, it goes on by itself; or']
      : [];
  const first = begins.length === 0 ? 'next    ' : '        ';
  return [
    ...begins,
    `${first} ${calledAs()} run resume ${id}    # looks at everything anew and goes on`,
    `         ${calledAs()} run abort ${id}     # takes off its fences and cordons, and ends`,
  ];
}

/** `2026-11-28 17:05Z`: it may be of yesterday. */
function minuteOf(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)}Z`;
}
