import type { Run, RunStep } from '../executor/run.ts';
import { explainWait } from '../planner/index.ts';

/** One line for `run list`. */
export function runLine(run: Run): string {
  const { counts } = run;
  return `${run.id}  ${run.fleet}  ${run.state.padEnd(9)}  switchovers ${counts.done} of ${counts.planned}   unplanned ${counts.unplanned}   by ${run.requester}`;
}

/** A run as `run status` prints it: verdict first, then what is under way and what it waits for. */
export function runText(run: Run): string {
  const { counts } = run;
  const steps = Object.entries(run.steps);
  const done = steps.filter(([, step]) => step.state === 'done').length;
  const lines = [
    `run ${run.id}  ${run.fleet}  ${run.state.toUpperCase()}   plan ${run.planId.slice(0, 8)}`,
    `switchovers ${counts.done} of ${counts.planned}   unplanned ${counts.unplanned}   outages ${counts.outages}   moves ${counts.moves} of ${counts.movesPlanned}   nodes released ${counts.released} of ${counts.nodes}   steps ${done} of ${steps.length}`,
    ...(run.expectedEnd && !run.endedAt
      ? [`ends about ${clockTime(run.expectedEnd.p50)}, 19 of 20: ${clockTime(run.expectedEnd.p95)}`]
      : []),
    ...(run.state === 'halted'
      ? [
          `because  ${explainWait(run.because)}`,
          `next     switchyard run resume ${run.id} | switchyard run abort ${run.id}`,
        ]
      : []),
    ...steps
      .filter(([, step]) => ['acting', 'waiting', 'blocked'].includes(step.state))
      .map(([id, step]) => stepLine(id, step)),
  ];
  return `${lines.join('\n')}\n`;
}

function stepLine(id: string, step: RunStep): string {
  const wait = step.waitingFor
    ? `  ${explainWait({ code: step.waitingFor.code, facts: { subject: step.waitingFor.subject, ...step.waitingFor.facts } })}`
    : '';
  return `  ${id}  ${step.state}${wait}${step.deadline ? `; until ${clockTime(step.deadline)}` : ''}`;
}

function clockTime(at: string): string {
  return `${at.slice(11, 19)}Z`;
}
