/**
 * The live fleet is read in full, and the rest of the plan is walked over it: after an approval or a resume, after an outage of
 * ours that made another member the primary, and every half hour. No step begins an act on the strength of an older look.
 */
import type { Fleet } from '../planner/model.ts';
import type { RunContext } from './contexts.ts';
import { acceptedLeader, leaderByOurCount } from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import type { RunEvent } from './journal.ts';
import { judgeRest } from './judge-rest.ts';
import type { Pace } from './limits.ts';
import { presetsOf } from './member-labels.ts';
import { readLiveFleet } from './read-fleet.ts';
import { appendToRun, readRun, sameRunAs } from './record/record.ts';
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
  // Where somebody else has looked or told of a role change meanwhile, or the run was resumed or planned anew, this look is about what was before.
  const isSameRun = (now: RunFold): boolean =>
    now.lookedAtMs === before.lookedAtMs &&
    sameRunAs(before)(now) &&
    now.unplanned.length === before.unplanned.length;
  const event: RunEvent =
    violations.length === 0
      ? { kind: 'looked', ...leadersAfterResume(before, live.fleet) }
      : { kind: 'halted', because: brokenBy(violations) };
  await appendToRun(ctx, event, isSameRun);
}

/**
 * Whoever resumes a run after a change of others takes the cluster as it is: led by whom it was told of, or handed back. A role change after this
 * look is one more that is not ours, also one back. A third member, or any other in a cluster of which this was seen before, is for the watch
 * over the roles to tell of: nobody has answered for it. While a switchover or an outage of ours is under way, nothing is taken.
 */
function leadersAfterResume(
  fold: RunFold,
  { clusters }: Fleet,
): { readonly leaders?: Readonly<Record<string, string>> } {
  if (fold.lookedAtMs !== undefined) {
    return {};
  }
  const found: [string, string][] = [];
  for (const { key, primary } of clusters) {
    const accepted = acceptedLeader(fold, key);
    const ours = accepted === undefined ? undefined : leaderByOurCount(fold, key);
    if (primary !== undefined && ours !== undefined && (primary === accepted || primary === ours)) {
      found.push([key, primary]);
    }
  }
  return found.length === 0 ? {} : { leaders: Object.fromEntries(found) };
}
