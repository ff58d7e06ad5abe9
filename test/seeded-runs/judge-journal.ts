/** What the journal itself must say: nothing is done that is not in it, nothing before its turn, and nothing side by side that excludes each other. */
import type { JournalEntry } from '../../executor/ports.ts';
import { planOfRound, planStepOf } from '../../executor/record/plan-rounds.ts';
import { nextRunState } from '../../executor/record/run-states.ts';
import type { RunState } from '../../executor/run.ts';
import type { Step } from '../../planner/plan.ts';
import { entriesOf, type Stage, violate } from './stage.ts';
import type { Worker } from './worker.ts';

export type Act = Extract<JournalEntry['event'], { kind: 'act' }>['act'];

/** Whatever is done stands in the journal before, written by the same worker. */
export function judgeJournaled(
  stage: Stage,
  worker: Worker,
  what: string,
  isIt: (act: Act) => boolean,
): void {
  const isWritten = [...entriesOf(stage), ...stage.lost].some(
    ({ event, by }) => event.kind === 'act' && by === worker.name && isIt(event.act),
  );
  if (!isWritten) violate(stage, `${worker.name} does ${what} that is not in the journal`);
}

/** No other step of the cluster was at it when the act was written: one member or role of a cluster changes at a time. */
export function judgeAlone(stage: Stage, worker: Worker, cluster: string, isIt: (act: Act) => boolean): void {
  const entries = entriesOf(stage);
  const own = entries.findLast(
    ({ event, by }) => event.kind === 'act' && by === worker.name && isIt(event.act),
  );
  if (own === undefined) return;
  // A new plan is made on a fleet at rest: nothing of the old one is under way any more, and an act of it that is written later is not begun.
  const replanned = entries.findLast(
    ({ event, sequence }) => event.kind === 'replanned' && sequence < own.sequence,
  );
  const before = entries.slice(replanned?.sequence ?? 0, own.sequence - 1);
  for (const step of stage.plan.steps) {
    if (step.id === own.lane || !('cluster' in step) || step.cluster !== cluster) continue;
    if (planStepOf(step.id).round !== planStepOf(own.lane).round) continue;
    if (isUnderWay(before.filter(({ lane }) => lane === step.id)))
      violate(stage, `${own.lane} acts on ${cluster} while ${step.id} is under way`);
  }
}

/** Something was begun and has not come to its end: a pod was taken away, or there is no clear answer yet. */
function isUnderWay(lane: readonly JournalEntry[]): boolean {
  if (lane.some(({ event }) => event.kind === 'done')) return false;
  if (lane.some(({ event }) => event.kind === 'answer' && event.answer === 'evicted')) return true;
  const last = lane.findLast(({ event }) => event.kind === 'act' || event.kind === 'answer')?.event;
  if (last?.kind === 'act') return true;
  return last?.kind === 'answer' && (last.answer === 'unknown' || last.answer === 'switched');
}

/**
 * Nothing is begun while the run does not run, or before the steps that come first are done;
 * and a run is not called aborted while something of it may still happen.
 */
export function judgeOrder(stage: Stage): void {
  let state: RunState | undefined;
  let isStarted = false;
  const after = new Map(stage.plan.steps.map((step) => [step.id, step.after]));
  const done = new Set<string>();
  const open = new Set<string>();
  for (const { lane, event, sequence } of entriesOf(stage)) {
    if (event.kind === 'aborted' && open.size > 0)
      violate(stage, `aborted while ${[...open].join(', ')} has no answer`);
    if (event.kind === 'started') isStarted = true;
    if (lane === 'run') state = nextRunState(state, event) ?? state;
    else if (event.kind === 'done') {
      done.add(lane);
      open.delete(lane);
    } else if (event.kind === 'answer') open.delete(lane);
    else if (event.kind === 'act') {
      open.add(lane);
      if (state !== 'running')
        violate(stage, `entry ${sequence} begins ${event.act.kind} while the run is ${state}`);
      if (!isStarted) violate(stage, `entry ${sequence} begins ${event.act.kind} before the run has started`);
      const missing = (after.get(lane) ?? []).filter((id) => !done.has(id));
      if (missing.length > 0) violate(stage, `${lane} acts before ${missing.join(', ')}`);
    }
  }
}

/** Nothing came of the act: it was taken back before it was begun, or long after nothing of it was to be seen. */
const cameToNothing: ReadonlySet<string> = new Set(['withdrawn', 'seen-not-done']);

/**
 * After a resume nothing is done before somebody has looked. Up to its answer an act may be withdrawn for that. One whose worker stood
 * still from before the pause until after the resume is written down late, and another pass finds that it was never done.
 */
export function judgeLooked(stage: Stage): void {
  const begun = new Set<string>();
  let isLookedAt = true;
  for (const { lane, event } of entriesOf(stage)) {
    if (event.kind === 'resumed' || event.kind === 'approved') isLookedAt = false;
    else if (event.kind === 'looked' || event.kind === 'started' || event.kind === 'replanned') {
      isLookedAt = true;
      begun.clear();
    } else if (event.kind === 'act' && lane !== 'run' && !isLookedAt) begun.add(lane);
    else if (event.kind === 'answer' && begun.delete(lane) && !cameToNothing.has(event.answer))
      violate(stage, `${lane} acts after a resume or an approval, and nobody has looked`);
  }
}

/** An interruption that was answered so took place, whether or not anybody has seen it to its end. */
const isOver: ReadonlySet<string> = new Set(['other-target', 'switched', 'evicted', 'seen-done']);

/** A run goes on, or begins, by a plan that interrupts more than was left of the one before only after somebody has approved it. */
export function judgeNewPlans(stage: Stage): void {
  const done = new Set<string>();
  let left = stage.firstPlan.steps;
  let round = 1;
  for (const { lane, event, sequence } of entriesOf(stage)) {
    if (event.kind === 'done' || (event.kind === 'answer' && isOver.has(event.answer))) done.add(lane);
    else if (event.kind === 'act') done.delete(lane);
    if (event.kind !== 'replanned') continue;
    const toCome = left.filter(({ id }) => !done.has(id));
    const before = interruptions(toCome);
    const plan = stage.plans?.get(event.plan);
    round += 1;
    left = plan === undefined ? [] : planOfRound(plan, round).steps;
    if (interruptions(left) > before && !event.needsApproval)
      violate(stage, `entry ${sequence}: a plan that interrupts more than was left is not to be approved`);
    const known = new Set(takenDown(toCome));
    if (takenDown(left).some((key) => !known.has(key)) && !event.needsApproval)
      violate(stage, `entry ${sequence}: a plan that takes another database down is not to be approved`);
  }
}

function takenDown(steps: readonly Step[]): readonly (string | null)[] {
  return steps.flatMap((step) => (step.kind === 'move' && step.outage ? [step.cluster] : []));
}

function interruptions(steps: readonly Step[]): number {
  return steps.filter((step) => step.kind === 'switchover' || (step.kind === 'move' && step.outage)).length;
}
