/**
 * The live fleet is read in full, and the rest of the plan is walked over it: after an approval or a resume, after an outage of
 * ours that made another member the primary, and every half hour. No step begins an act on the strength of an older look.
 */
import type { Fleet } from '../planner/model.ts';
import type { RunContext } from './contexts.ts';
import { OutsideError } from './errors.ts';
import type { RunEvent } from './journal.ts';
import { judgeRest } from './judge-rest.ts';
import type { Pace } from './limits.ts';
import { presetsOf } from './member-labels.ts';
import { readLiveFleet } from './read-fleet.ts';
import { appendToRun, readRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';
import { brokenBy } from './start-run.ts';

/** Returns true where it is time to look again. */
export function isLookDue(fold: RunFold, pace: Pace, nowMs: number): boolean {
  return fold.lookedAtMs === undefined || nowMs - fold.lookedAtMs >= pace.lookEveryMs;
}

/** Returns true where a step may act: somebody looked since the run was started or resumed, and not too long ago. */
export function isLookedAt(fold: RunFold, pace: Pace, nowMs: number): boolean {
  return fold.lookedAtMs !== undefined && nowMs - fold.lookedAtMs < pace.lookValidMs;
}

/** Writes `looked`, or halts the run where the rest of its plan does not stand any more. Throws OutsideError where it could not look. */
export async function lookAgain(ctx: RunContext, before: RunFold): Promise<void> {
  const beganMs = ctx.clock.nowMs();
  const live = await readLiveFleet(ctx.ports.kubernetes, presetsOf(ctx));
  if (live.kind === 'unreadable') {
    // Lists of several kinds are never of one moment: a pod may name a node that has just gone.
    const message = `${live.facts.found}`;
    const request = 'list the fleet';
    throw new OutsideError({ code: 'unexpected-answer', target: 'kubernetes', request, message });
  }
  const violations = judgeRest(before, await readRun(ctx), live.fleet);
  if (ctx.signal?.aborted === true || ctx.clock.nowMs() - beganMs >= ctx.pace.lookEveryMs) {
    // The worker was held up: what it saw may not be so any more.
    return;
  }
  // Where somebody else has looked meanwhile, or the run was resumed or planned anew, this look is about what was before that.
  const isSameRun = (now: RunFold): boolean =>
    now.lookedAtMs === before.lookedAtMs && now.activeSinceMs === before.activeSinceMs;
  const event: RunEvent =
    violations.length === 0
      ? { kind: 'looked', ...leadersAfterResume(before, live.fleet) }
      : { kind: 'halted', because: brokenBy(violations) };
  await appendToRun(ctx, event, isSameRun);
}

/** Whoever resumes a run takes the fleet as it is: a role change after this look is one more that is not ours, also one back. */
function leadersAfterResume(
  { lookedAtMs, unplanned }: RunFold,
  { clusters }: Fleet,
): { readonly leaders?: Readonly<Record<string, string>> } {
  const changed = new Set(unplanned.map(({ cluster }) => cluster));
  const found = clusters.flatMap(({ key, primary }) =>
    primary !== undefined && changed.has(key) ? [[key, primary] as const] : [],
  );
  return lookedAtMs !== undefined || found.length === 0 ? {} : { leaders: Object.fromEntries(found) };
}
