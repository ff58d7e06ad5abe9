/**
 * Reading and writing the journal of one run, with its guards.
 */

import type { DrainPlan } from '../../planner/plan.ts';
import type { RunContext } from '../contexts.ts';
import { AssumptionError } from '../decide/assume.ts';
import type { RunEvent } from '../journal.ts';
import { runLaneAttemptsMax } from '../limits.ts';
import type { EntryHead, Journal } from '../ports.ts';
import { readFold } from './read-fold.ts';
import type { RunFold } from './run-fold.ts';
import { nextRunState } from './run-states.ts';
import type { Grounds } from './told-grounds.ts';

/** Returns what the journal says now. */
export async function readRun(ctx: RunContext): Promise<RunFold> {
  const { journal } = ctx.ports;
  return readFold({
    firstPlan: ctx.firstPlan,
    planOf: ctx.plans === undefined ? undefined : (id) => mustGet(ctx, id),
    runId: ctx.runId,
    read: (afterSequence, countMax) => journal.read(ctx.runId, afterSequence, countMax),
    folds: ctx.folds,
  });
}

async function mustGet(ctx: RunContext, id: string): Promise<DrainPlan> {
  const plan = await ctx.plans?.get(id);
  if (plan === undefined) {
    throw new AssumptionError(`plan ${id} of ${ctx.runId} is not stored any more`);
  }
  return plan;
}

type AppendAnswer = Awaited<ReturnType<Journal['append']>>;
type AppendedOrNot =
  | (Extract<AppendAnswer, { kind: 'appended' }> & EntryHead)
  | Exclude<AppendAnswer, { kind: 'appended' }>;

/** Returns what Journal.append answers; of an entry that was written, also what tells it from one that takes its number later. */
export async function appendToStep(
  ctx: RunContext,
  entry: {
    readonly lane: string;
    readonly after: number;
    readonly event: RunEvent;
    readonly grounds?: Grounds | undefined;
    readonly whileRunning?: boolean;
    readonly knowing?: EntryHead | undefined;
  },
): Promise<AppendedOrNot> {
  const { grounds, ...told } = entry;
  const head = { lane: entry.lane, by: ctx.worker, atMs: ctx.clock.nowMs() };
  const said = await ctx.ports.journal.append(ctx.runId, {
    ...told,
    ...head,
    ...(grounds === undefined ? {} : { grounds }),
  });
  return said.kind === 'appended' ? { ...said, ...head } : said;
}

/**
 * Returns whether nobody has resumed, approved or planned the run anew since `before` was read: whoever did has answered for what was so before, and
 * no halt for it is written any more.
 */
export function sameRunAs(before: RunFold): (now: RunFold) => boolean {
  return (now) => now.activeSinceMs === before.activeSinceMs;
}

/**
 * Appends to the lane 'run' if the event is still legal and `isStillTrue` of the journal as it is then; returns whether it
 * was written. People write to that lane too: whoever comes second looks again. `decided`: on what grounds, and the last entry known then,
 * or the act that is answered; where Redis has lost that one meanwhile, nothing is written.
 */
export async function appendToRun(
  ctx: RunContext,
  event: RunEvent,
  isStillTrue: (fold: RunFold) => boolean = () => true,
  decided: { readonly grounds?: Grounds; readonly knowing?: EntryHead | undefined } = {},
): Promise<boolean> {
  for (let attempt = 0; attempt < runLaneAttemptsMax; attempt += 1) {
    const fold = await readRun(ctx);
    if (nextRunState(fold.state, event) === undefined || !isStillTrue(fold)) {
      return false;
    }
    const after = fold.lastOfRunLane;
    const said = await appendToStep(ctx, { lane: 'run', after, event, knowing: fold.lastEntry, ...decided });
    if (said.kind !== 'lane-moved-on') {
      return said.kind === 'appended';
    }
  }
  throw new AssumptionError(`lane run of ${ctx.runId} moved on ${runLaneAttemptsMax} times in a row`);
}
