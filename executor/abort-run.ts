/**
 * An abort takes off the fences, cordons and holds of this run, one change per pass, and leaves those of others. A released node
 * keeps its marks: it may be gone the next moment, and nothing shall land on it.
 */
import { actForRun } from './act-for-run.ts';
import type { RunContext, RunPass } from './contexts.ts';
import type { Act } from './journal.ts';
import { takeOffHolds } from './keep-holds.ts';
import type { NodeView } from './ports.ts';
import type { RunFold } from './record/fold-run.ts';
import { appendToRun } from './record/record.ts';

/** Returns when to come again; the run is `aborted` when no mark of it is left. */
export async function takeOffMarks(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const again: RunPass = { kind: 'again', inMs: 0, readySteps: [] };
  const nodes = await ctx.ports.kubernetes.listNodes();
  const act = nextAct(nodes, fold.runId);
  if (act === undefined) {
    const left = await takeOffHolds(ctx, fold);
    if (left !== undefined) {
      return left;
    }
    const released = nodes.filter((node) => node.releasedBy === fold.runId).map((node) => node.name);
    await appendToRun(ctx, { kind: 'aborted', facts: { released: released.toSorted() } });
    return again;
  }
  await actForRun(ctx, fold, act, { whileRunning: false });
  return again;
}

function nextAct(nodes: readonly NodeView[], runId: string): Act | undefined {
  for (const node of nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (node.releasedBy === runId) {
      continue;
    }
    const { name, resourceVersion } = node;
    if (node.cordonedBy === runId) {
      return { kind: 'uncordon', node: name, resourceVersion };
    }
    if (node.fencedBy === runId) {
      return { kind: 'unfence', node: name, resourceVersion };
    }
  }
  return undefined;
}
