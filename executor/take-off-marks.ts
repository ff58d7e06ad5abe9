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
import type { RunFold } from './record/run-fold.ts';

/**
 * Takes one mark off one of these nodes, or sees to it that none comes late, with its entry in lane `run` before, and returns in how many
 * milliseconds to come again, also where the lane has moved on; undefined: none of them bears a mark or can get one. Throws OutsideError
 * where no answer came.
 */
export async function takeOffMark(
  ctx: RunContext,
  fold: RunFold,
  nodes: readonly NodeView[],
): Promise<number | undefined> {
  const act = nextAct(nodes, fold);
  if (act === undefined) {
    return undefined;
  }
  const answer = await actForRun(ctx, fold, act, { whileRunning: false });
  // Somebody else writes to the node as well: an abort has no deadline, and must not ask as fast as it can.
  return answer === 'conflict' ? ctx.pace.pollMs : 0;
}

function nextAct(nodes: readonly NodeView[], { runId, lostMarks }: RunFold): Act | undefined {
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
    // A fence of another run would be taken over, and then be off: it stays, whatever may still arrive.
    if (node.fencedBy === undefined && lostMarks.get(name)?.version === resourceVersion) {
      return { kind: 'fence', node: name, resourceVersion };
    }
  }
  return undefined;
}
