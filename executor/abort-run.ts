/**
 * An abort takes off the fences and cordons of this run, one change per pass, and leaves those of others. A released node
 * keeps its marks: it may be gone the next moment, and nothing shall land on it.
 */
import { perform } from './act.ts';
import type { RunContext, RunPass } from './contexts.ts';
import { OutsideError } from './errors.ts';
import type { Act } from './journal.ts';
import type { NodeView } from './ports.ts';
import type { RunFold } from './record/fold-run.ts';
import { appendToRun, appendToStep } from './record/record.ts';

/** Returns when to come again; the run is `aborted` when no mark of it is left. */
export async function takeOffMarks(ctx: RunContext, fold: RunFold): Promise<RunPass> {
  const again: RunPass = { kind: 'again', inMs: 0, readySteps: [] };
  const nodes = await ctx.ports.kubernetes.listNodes();
  const act = nextAct(nodes, fold.runId);
  if (act === undefined) {
    const released = nodes.filter((node) => node.releasedBy === fold.runId).map((node) => node.name);
    await appendToRun(ctx, { kind: 'aborted', facts: { released: released.toSorted() } });
    return again;
  }
  const written = await appendToStep(ctx, {
    lane: 'run',
    after: fold.lastOfRunLane,
    event: { kind: 'act', act },
  });
  if (written.kind !== 'appended') {
    return again;
  }
  const answered = (answer: string) =>
    appendToStep(ctx, {
      lane: 'run',
      after: written.sequence,
      event: { kind: 'answer', act: act.kind, answer, facts: {} },
    });
  try {
    await answered((await perform(ctx, act)).answer);
  } catch (error) {
    if (error instanceof OutsideError) {
      await answered('failed');
    }
    throw error;
  }
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
