/**
 * Takes the fences and cordons of this run off nodes, one change at a time, and leaves those of others. A released node keeps its
 * marks: it may be gone the next moment, and nothing shall land on it.
 */
import { perform } from './act.ts';
import type { RunContext } from './contexts.ts';
import { OutsideError } from './errors.ts';
import type { Act } from './journal.ts';
import type { NodeView } from './ports.ts';
import type { RunFold } from './record/fold-run.ts';
import { appendToStep } from './record/record.ts';

/**
 * Takes one mark off one of these nodes, with its entry in lane `run` before, and returns true, or that the lane has moved on; false:
 * none of them bears a mark. Throws OutsideError where no answer came.
 */
export async function takeOffMark(
  ctx: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): Promise<boolean> {
  const act = nextAct(nodes, fold.runId);
  if (act === undefined) {
    return false;
  }
  const written = await appendToStep(ctx, {
    lane: 'run',
    after: fold.lastOfRunLane,
    event: { kind: 'act', act },
  });
  if (written.kind !== 'appended') {
    return true;
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
  return true;
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
