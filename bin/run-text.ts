import { shortStep } from '../api/explain-entry.ts';
import { tookSeconds, tookWords } from '../api/run-result.ts';
import { leftLines, unplannedLines } from '../api/run-words.ts';
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunStep, RunSummary } from '../executor/run.ts';
import { type DrainPlan, explainWait } from '../planner/index.ts';
import type { ApiClient } from './api-client.ts';
import { stillLines } from './still-text.ts';

/** Steps under way are listed up to so many: a screen. */
const stepsShownMax = 20;

/** The plan of a run: its steps are called by what they do, not by their ids. */
export function planOf(client: ApiClient, run: Run): Promise<DrainPlan> {
  return getPlan(client, run.planId);
}

/** The plan of that id. */
export async function getPlan(client: ApiClient, id: string): Promise<DrainPlan> {
  return (await client.get(`/v1/plans/${encodeURIComponent(id)}`)) as DrainPlan;
}

/** A line for each run, for `run list`. */
export function runLines(runs: readonly RunSummary[]): string {
  const widest = (of: (run: RunSummary) => string) => Math.max(...runs.map((run) => of(run).length));
  const [fleets, states] = [widest((run) => run.fleet), widest((run) => run.state)];
  return runs
    .map(({ id, fleet, state, counts, requester }) => {
      const switchovers = `switchovers ${counts.done} of ${counts.planned}`;
      return `${id}  ${fleet.padEnd(fleets)}  ${state.padEnd(states)}  ${switchovers}   unplanned ${counts.unplanned}   by ${requester}\n`;
    })
    .join('');
}

/** A run as `run status` prints it, with `fleetNow` (fleet-now-text.ts) where there is any: verdict first, then what is under way and what it waits for. */
export function runText(
  run: Run,
  plan: DrainPlan,
  nowMs = Date.now(),
  fleetNow: readonly string[] = [],
): string {
  const { counts } = run;
  const steps = Object.entries(run.steps);
  const done = steps.filter(([, step]) => step.state === 'done').length;
  const lines = [
    `run ${run.id}  ${run.fleet}  ${run.state.toUpperCase()}   plan ${run.planId.slice(0, 8)}`,
    `switchovers ${counts.done} of ${counts.planned}   unplanned ${counts.unplanned}   outages ${counts.outages}   moves ${counts.moves} of ${counts.movesPlanned}   nodes released ${counts.released} of ${counts.nodes}   steps ${done} of ${steps.length}`,
    ...unplannedLines(run),
    ...endLines(run, nowMs),
    ...(run.skipped ?? []).map(
      ({ node, at, because }) => `left out ${node} at ${timeOf(run, at)}: ${explainWait(because)}`,
    ),
    ...leftLines(run).map((line) => `LEFT     ${line}`),
    ...fleetNow,
    ...stillLines(run, plan),
    ...stepLines(run, plan),
  ];
  return `${lines.join('\n')}\n`;
}

/** When it should end, and that it should have; or how long it took. */
function endLines(run: Run, nowMs: number): readonly string[] {
  const took = hasEnded(run.state) ? tookSeconds(run) : undefined;
  if (took !== undefined) return [`took     ${tookWords(took)}`];
  if (run.expectedEnd === undefined || !goesOn(run)) return [];
  const { p50, p95 } = run.expectedEnd;
  const overdue = nowMs > Date.parse(p95) ? '; OVERDUE' : '';
  return [`ends about ${timeOf(run, p50)}, 19 of 20: ${timeOf(run, p95)}${overdue}`];
}

function goesOn(run: Run): boolean {
  return run.state === 'running' || run.state === 'waiting-for-window';
}

/** With its date where that is not the one of the start. */
function timeOf(run: Run, at: string): string {
  const date = at.slice(0, 10);
  return run.startedAt?.startsWith(date) === false ? `${date} ${clockTime(at)}` : clockTime(at);
}

function stepLines(run: Run, plan: DrainPlan): readonly string[] {
  const words = new Map(plan.steps.map((step) => [step.id, shortStep(step)]));
  const open = Object.entries(run.steps).filter(([, step]) =>
    ['acting', 'waiting', 'blocked', 'failed'].includes(step.state),
  );
  if (open.length === 0) return [];
  const title = titleOf(run);
  const left = open.length - stepsShownMax;
  return [
    ...title,
    ...open.slice(0, stepsShownMax).map(([id, step]) => stepLine(words.get(id) ?? id, step, run.state)),
    ...(left > 0 ? [`  and ${left} more; --json has them all`] : []),
  ];
}

/** While a run stands still, and once it is over, nobody looks at its steps: pods come up, or not, by themselves. */
function titleOf({ state }: Run): readonly string[] {
  if (hasEnded(state)) return ['left as they were last seen:'];
  return state === 'paused' || state === 'halted'
    ? ['as they were last seen; looked at again after a resume:']
    : [];
}

function stepLine(words: string, step: RunStep, state: Run['state']): string {
  const wait = step.waitingFor
    ? `: ${explainWait({ code: step.waitingFor.code, facts: { subject: step.waitingFor.subject, ...step.waitingFor.facts } })}`
    : '';
  // Deadlines run only while the run does.
  const until = step.deadline && state === 'running' ? `; until ${clockTime(step.deadline)}` : '';
  return `  ${step.state.padEnd(7)}  ${words}${wait}${until}`;
}

function clockTime(at: string): string {
  return `${at.slice(11, 19)}Z`;
}
