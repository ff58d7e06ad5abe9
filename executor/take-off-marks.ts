/**
 * Takes the fences and cordons of this run off nodes, one change at a time, and leaves those of others. A released node keeps its
 * marks: it may be gone the next moment, and nothing shall land on it.
 *
 * Where the request of a mark may still arrive, the node is fenced and opened again: with another resourceVersion the API server refuses
 * what comes late. (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions)
 */
import { actForRun } from './act-for-run.ts';
import type { RunContext } from './contexts.ts';
import type { Act } from './journal.ts';
import type { NodeView } from './ports.ts';
import { nextTryMs } from './record/missed-marks.ts';
import type { RunFold } from './record/run-fold.ts';

/** `isTried`: an act was begun, or the lane has moved on; else every node that is left has refused before, and has to wait. */
export type TakenOff = { readonly isTried: boolean; readonly inMs: number };

/**
 * Takes one mark off one of these nodes, or sees to it that none comes late, with its entry in lane `run` before, and returns in how many
 * milliseconds to come again; undefined: none of them bears a mark or can get one. A node that refuses, or that somebody else keeps changing,
 * lets all others go first, and is tried less and less often. Throws OutsideError where no answer came.
 */
export async function takeOffMark(
  ctx: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): Promise<TakenOff | undefined> {
  const next = nextMark(ctx, fold, nodes);
  if (next === undefined) {
    return undefined;
  }
  const inMs = next.dueMs - ctx.clock.nowMs();
  if (inMs > 0) {
    return { isTried: false, inMs };
  }
  await actForRun(ctx, fold, next.act, { whileRunning: false });
  return { isTried: true, inMs: 0 };
}

function nextMark(
  { pace }: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): { readonly act: Act; readonly dueMs: number } | undefined {
  const marks = nodes.flatMap((node) => {
    const act = actOn(node, fold);
    return act === undefined
      ? []
      : [{ act, name: node.name, dueMs: nextTryMs(fold.missedMarks, node.name, pace) }];
  });
  return marks.toSorted((a, b) => a.dueMs - b.dueMs || (a.name < b.name ? -1 : 1))[0];
}

/** Returns what the run has still to do to the node so that no mark of it stands there; undefined: nothing. */
export function actOn(node: NodeView, { runId, lostMarks }: RunFold): Act | undefined {
  if (node.releasedBy === runId) {
    return undefined;
  }
  const { name, resourceVersion } = node;
  if (node.cordonedBy === runId) {
    return { kind: 'uncordon', node: name, resourceVersion };
  }
  if (node.fencedBy === runId) {
    return { kind: 'unfence', node: name, resourceVersion };
  }
  // A fence of another run would be taken over, and then be off: it stays, whatever may still arrive.
  return node.fencedBy === undefined && lostMarks.get(name)?.version === resourceVersion
    ? { kind: 'fence', node: name, resourceVersion }
    : undefined;
}
