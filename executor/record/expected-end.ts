/**
 * When a run should end: now, by the clock of its journal, and what is left of its plan. Pure, and made once for a fold: a plan may have
 * tens of thousands of steps.
 */
import type { DrainPlan } from '../../planner/plan.ts';
import { type PlanTime, planTime, type StepGraph, stepGraph } from '../../planner/write/plan-time.ts';
import { parallelSwitchoversDefault } from '../limits.ts';
import { isInFlight, type Lane } from './lane.ts';
import type { RunFold } from './run-fold.ts';
import { hasEnded } from './run-states.ts';

type Expected = { readonly p50: number; readonly p95: number };

/**
 * Returns the moment in milliseconds since 1970, as of the last journal entry: it lies in the past once nothing has been written for longer
 * than all that is left should take. Of a run that has ended, what was expected at its start. Undefined: it has not started.
 */
export function expectedEndMs(fold: RunFold): Expected | undefined {
  const { startedAtMs, speed, plan } = fold;
  if (startedAtMs === undefined) {
    return undefined;
  }
  if (hasEnded(fold.state)) {
    return after(startedAtMs, plan.summary.expectedSeconds, speed);
  }
  const nowMs = Math.max(startedAtMs, fold.lastEntry?.atMs ?? startedAtMs);
  return after(nowMs, leftOf(fold, nowMs), speed);
}

function after(
  fromMs: number,
  seconds: { readonly p50: number; readonly p95: number },
  speed: number,
): Expected {
  return { p50: fromMs + (seconds.p50 * 1_000) / speed, p95: fromMs + (seconds.p95 * 1_000) / speed };
}

/** Seconds that what is left should take, in the time of the fleet. */
function leftOf(fold: RunFold, nowMs: number): PlanTime {
  const known = leftKnown.get(fold.lanes);
  if (known?.nowMs === nowMs) {
    return known.left;
  }
  const { plan, speed } = fold;
  const parallelSwitchovers = plan.request.limits?.parallelSwitchovers ?? parallelSwitchoversDefault;
  // Where the fleet lives faster than its windows nobody can say how long these hold it up.
  const startsAt = speed === 1 ? nowMs / 1_000 : undefined;
  const left = planTime(plan.steps, { parallelSwitchovers, startsAt }, graphOfLeft(fold, nowMs));
  leftKnown.set(fold.lanes, { nowMs, left });
  return left;
}

/** The lanes of a fold never change. */
const leftKnown = new WeakMap<RunFold['lanes'], { readonly nowMs: number; readonly left: PlanTime }>();

/** The graph of the plan, in which what is done takes no time and waits for no window, and what is under way the rest of its time. */
function graphOfLeft({ plan, lanes, speed }: RunFold, nowMs: number): StepGraph {
  const whole = graphOf(plan);
  const seconds = whole.seconds.slice();
  const windowOf = whole.windowOf.slice();
  let number = 0;
  for (const lane of lanes.values()) {
    if (lane.done !== undefined) {
      seconds[number] = 0;
      windowOf[number] = -1;
    } else {
      const spent = (spentMs(lane, nowMs) * speed) / 1_000;
      seconds[number] = Math.max(0, (seconds[number] ?? 0) - spent);
    }
    number += 1;
  }
  return { ...whole, seconds, windowOf };
}

/** How long ago the act was made that is under way. A step that only waits has all its time before it. */
function spentMs(lane: Lane, nowMs: number): number {
  const last = isInFlight(lane) ? lane.acts.at(-1) : undefined;
  return last === undefined ? 0 : Math.max(0, nowMs - last.atMs);
}

function graphOf(plan: DrainPlan): StepGraph {
  const known = graphsKnown.get(plan);
  if (known !== undefined) {
    return known;
  }
  const graph = stepGraph(plan.steps);
  graphsKnown.set(plan, graph);
  return graph;
}

const graphsKnown = new WeakMap<DrainPlan, StepGraph>();
