/**
 * An abort takes off the fences, cordons and holds of this run, one change per pass, and finishes what is half done. A node that refuses, or gets them back each time, for as
 * long as an abort is patient keeps its marks, and the run names it. So does the end of a run that has not begun as far
 * as its journal knows: what was approved and done in the last second before Redis died is not in it.
 */
import type { Facts } from '../planner/plan.ts';
import type { RunContext, RunPass } from './contexts.ts';
import { OutsideError } from './errors.ts';
import { findUnsettled } from './find-unrest.ts';
import { finishHalfDone } from './finish-half-done.ts';
import { takeOffHolds } from './keep-holds.ts';
import type { NodeView } from './ports.ts';
import { isAbortPatienceOver } from './record/abort-patience.ts';
import { countRun } from './record/count-run.ts';
import { isGivenUp, isMissed } from './record/missed-marks.ts';
import { appendToRun, readRun } from './record/record.ts';
import type { RunFold } from './record/run-fold.ts';
import { actOn, takeOffMark } from './take-off-marks.ts';
import { extraMembers, type Temporary, temporaryMembers } from './temporary-members.ts';

/** Returns when to come again; the run is `aborted` when no mark of it is left that it can take off, and nothing more comes of its acts. */
export async function abortRun(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const nodes = await ctx.ports.kubernetes.listNodes();
  // Those that have refused before come last: hundreds of them would keep all else waiting.
  const pass = await takeOffOne(
    ctx,
    fold,
    nodes.filter(({ name }) => !isMissed(fold.missedMarks, name)),
  );
  if (pass !== undefined) {
    return pass;
  }
  const halfDone = await finishHalfDone(ctx, fold, nodes);
  const left = await takeOffMark(ctx, await readRun(ctx), stillTried(ctx, fold, nodes));
  const inMs = Math.min(
    halfDone.kind === 'again' ? halfDone.inMs : Number.POSITIVE_INFINITY,
    left?.inMs ?? Number.POSITIVE_INFINITY,
  );
  if (halfDone.kind === 'again' || left !== undefined) {
    return again(inMs);
  }
  if (findUnsettled(ctx, fold) !== undefined && !isAbortPatienceOver(fold, ctx.pace, ctx.clock.nowMs())) {
    // Whoever has the fleet next knows nothing of what may still arrive.
    return again(ctx.pace.idleMs);
  }
  const facts = {
    ...releasedFacts(fold, nodes, untoldOf(fold, nodes, halfDone.steps)),
    ...unknownFacts(fold, halfDone.steps),
    ...marksFacts(fold, nodes),
    ...(await temporaryFacts(ctx, fold)),
  };
  await appendToRun(ctx, { kind: 'aborted', facts });
  return again(0);
}

/** Takes off a fence, a cordon or a hold of a run that has ended, and returns when to come again; undefined: none of it is left that it can take off. */
export async function takeOffMarks(ctx: RunContext, fold: RunFold): Promise<RunPass | undefined> {
  return takeOffOne(ctx, fold, stillTried(ctx, fold, await ctx.ports.kubernetes.listNodes()));
}

function stillTried(
  { pace, clock }: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): readonly NodeView[] {
  return nodes.filter(({ name }) => !isGivenUp(fold.missedMarks, name, pace, clock.nowMs()));
}

async function takeOffOne(
  ctx: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): Promise<RunPass | undefined> {
  const left = await takeOffMark(ctx, fold, nodes);
  if (left?.isTried === true) {
    return again(left.inMs);
  }
  return (await takeOffHolds(ctx, fold)) ?? (left === undefined ? undefined : again(left.inMs));
}

/** Whoever reads the run takes them off by hand: nobody else knows of them any more. */
function marksFacts(fold: RunFold, nodes: readonly NodeView[]): Facts {
  const bearsOurs = (node: NodeView): boolean => {
    const act = actOn(node, fold);
    return act !== undefined && act.kind !== 'fence';
  };
  const marksLeft = nodes.filter(bearsOurs).map(({ name }) => name);
  return marksLeft.length === 0 ? {} : { marksLeft: marksLeft.toSorted() };
}

function again(inMs: number): RunPass {
  return { kind: 'again', inMs, readySteps: [] };
}

/** Most released nodes are gone by now. Those of plans before the present one are only counted: their steps are not there any more. */
function releasedFacts(fold: RunFold, nodes: readonly NodeView[], untold: readonly string[]): Facts {
  const names = nodes
    .filter(({ name, releasedBy }) => releasedBy === fold.runId && !untold.includes(name))
    .map(({ name }) => name);
  for (const { step, done } of fold.lanes.values()) {
    if (step.kind === 'release' && done !== undefined) {
      names.push(fold.bound.get(step.node) ?? step.node);
    }
  }
  const released = [...new Set(names)].toSorted();
  const { released: count } = countRun(fold.lanes.values(), fold.carried, 0);
  return {
    released,
    ...(count > released.length ? { releasedCount: count } : {}),
    ...(untold.length === 0 ? {} : { untold }),
  };
}

/**
 * Nodes with the mark of which nobody knows that the pipeline was told. A run that was found again to take its marks off has no steps: what
 * its journal knew of them is lost. Nor has a node a step that was left out once its deadline had passed.
 */
function untoldOf(
  { runId, lanes, isRecovered, planIds, skipped }: RunFold,
  nodes: readonly NodeView[],
  left: ReadonlySet<string>,
): readonly string[] {
  const told = new Map<string, boolean>();
  for (const { step } of lanes.values()) {
    if (step.kind === 'release') {
      told.set(step.node, !left.has(step.id));
    }
  }
  const isLost = isRecovered && planIds.length === 1;
  const wasTold = (name: string): boolean =>
    told.get(name) ?? !(isLost || skipped.some(({ node }) => node === name));
  return nodes
    .filter(({ name, releasedBy }) => releasedBy === runId && !wasTold(name))
    .map(({ name }) => name)
    .toSorted();
}

/** Nobody takes a temporary member away by himself: which member is to go, and whether it leads by now, a person has to see. */
async function temporaryFacts(ctx: RunContext, fold: RunFold): Promise<Facts> {
  try {
    return await seenTemporaryFacts(ctx, fold);
  } catch (error) {
    if (error instanceof OutsideError && isAbortPatienceOver(fold, ctx.pace, ctx.clock.nowMs())) {
      // The right to read StatefulSets may have been taken away for good.
      return { temporaryUnseen: temporaryMembers(fold).map(podOf) };
    }
    throw error;
  }
}

function podOf({ brought: { cluster, member } }: Temporary): string {
  return `${cluster.slice(0, cluster.indexOf('/'))}/${member}`;
}

async function seenTemporaryFacts(ctx: RunContext, fold: RunFold): Promise<Facts> {
  const extra = await extraMembers(ctx.ports.kubernetes, fold);
  return extra.length === 0
    ? {}
    : {
        temporaryMembers: extra.map(({ pod }) => pod),
        temporaryIn: extra.map(({ cluster }) => cluster),
        scaleBackTo: extra.map(({ scaleBackTo }) => `${scaleBackTo ?? 'unknown'}`),
      };
}

/** Not among the counts: of these nobody knows whether they took place. */
function unknownFacts({ lanes }: RunFold, left: ReadonlySet<string>): Facts {
  const clusters = [...lanes.values()].flatMap(({ step }) =>
    step.kind === 'switchover' && left.has(step.id) ? [step.cluster] : [],
  );
  return clusters.length === 0 ? {} : { unknownSwitchovers: clusters };
}
