/**
 * Pure: a primary whose cluster has a window is interrupted only inside it. Looking, and finding out what came of what was
 * asked for, goes on all the time.
 */
import { windowHorizonDays } from '../../planner/limits.ts';
import type { MoveStep, SwitchoverStep } from '../../planner/plan.ts';
import { nextOpeningFor, parseWindow } from '../../planner/rules/window.ts';
import type { Pace } from '../limits.ts';
import { blocked, type Decision, halt, type Memory } from './decision.ts';

/**
 * Returns the decision to wait until the window of the step opens, or to halt where it never does; undefined: it may begin now,
 * and has time enough until the window closes.
 */
export function waitForWindow(memory: Memory, step: MoveStep | SwitchoverStep): Decision | undefined {
  const window = windowOf(memory, step);
  if (window === undefined) {
    return undefined;
  }
  const subject = step.kind === 'switchover' ? step.cluster : step.pod;
  const parsed = parseWindow(window);
  const nowSeconds = memory.nowMs / 1_000;
  const seconds = secondsNeeded(step, memory.pace);
  const opening =
    parsed.kind === 'window'
      ? nextOpeningFor(parsed.window, seconds, nowSeconds, windowHorizonDays)
      : undefined;
  if (opening === undefined) {
    const facts = { subject, window, seconds, days: windowHorizonDays };
    return halt(memory, 'window-never-opens', facts);
  }
  if (opening.opens <= nowSeconds) {
    return undefined;
  }
  const notBeforeMs = opening.opens * 1_000;
  const opens = new Date(notBeforeMs).toISOString();
  return { ...blocked('window-closed', subject, { window, opens }), notBeforeMs };
}

/** A plan of other making may have left it to the request that it carries. */
function windowOf({ fold }: Memory, step: MoveStep | SwitchoverStep): string | undefined {
  const asked = step.cluster === null ? undefined : fold.plan.request.clusters?.[step.cluster];
  return step.window ?? asked?.window;
}

/** What is begun in the window shall be over when it closes. */
function secondsNeeded(step: MoveStep | SwitchoverStep, pace: Pace): number {
  return Math.ceil(Math.max(pace.windowReserveMs / 1_000, step.estimateSeconds / pace.speed));
}
