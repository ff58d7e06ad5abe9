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
  if (step.window === undefined) {
    return undefined;
  }
  const subject = step.kind === 'switchover' ? step.cluster : step.pod;
  const parsed = parseWindow(step.window);
  const nowSeconds = memory.nowMs / 1_000;
  const seconds = secondsNeeded(step, memory.pace);
  const opening =
    parsed.kind === 'window'
      ? nextOpeningFor(parsed.window, seconds, nowSeconds, windowHorizonDays)
      : undefined;
  if (opening === undefined) {
    const facts = { subject, window: step.window, seconds, days: windowHorizonDays };
    return halt(memory, 'window-never-opens', facts);
  }
  if (opening.opens <= nowSeconds) {
    return undefined;
  }
  const notBeforeMs = opening.opens * 1_000;
  const opens = new Date(notBeforeMs).toISOString();
  return { ...blocked('window-closed', subject, { window: step.window, opens }), notBeforeMs };
}

/** What is begun in the window shall be over when it closes. */
function secondsNeeded(step: MoveStep | SwitchoverStep, pace: Pace): number {
  return Math.ceil(Math.max(pace.windowReserveMs / 1_000, step.estimateSeconds / pace.speed));
}
