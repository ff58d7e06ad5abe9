/**
 * Pure: which of a fleet's nodes an `add-node` step has to do with. Hundreds may come at once, and each of hundreds of steps waits for
 * one: what a step decides from is kept as small as one step.
 */
import type { AddNodeStep } from '../../planner/plan.ts';
import { isInFlight } from '../record/lane.ts';
import type { RunFold } from '../record/run-fold.ts';
import { isClosed } from './guards.ts';
import { lanesOfAddNodes } from './plan-questions.ts';
import type { ComingNodeSeen } from './seen.ts';

export type NodesForStep<Node> = {
  /** Serves the step already. */
  readonly bound: Node | undefined;
  /** May serve it, oldest first: as many as are left to other steps, and one more. */
  readonly usable: readonly Node[];
  /** How many of `usable` other steps have asked for. */
  readonly leftToOthers: number;
  /** Came in a zone that nobody wants any in; looked for only where none is left for this step. */
  readonly misplaced: Node | undefined;
};

/**
 * A node that came after the start, is Ready, open, in the wanted zone and not taken by another `add-node` step serves, no
 * matter who brought it. As many as other steps have asked for are left to them: who asked once does not ask again.
 */
export function nodesForStep<Node extends ComingNodeSeen>(
  nodes: readonly Node[],
  fold: RunFold,
  step: AddNodeStep,
): NodesForStep<Node> {
  const boundName = fold.bound.get(step.node);
  if (boundName !== undefined) {
    const bound = nodes.find(({ name }) => name === boundName);
    return { bound, usable: [], leftToOthers: 0, misplaced: undefined };
  }
  const taken = new Set(fold.bound.values());
  const fresh = nodes.filter(({ uid, name }) => !fold.nodeUidsAtStart.has(uid) && !taken.has(name));
  const usable = fresh
    .filter(
      (node) => node.zone === step.zone && node.ready && !isClosed(node) && node.releasedBy === undefined,
    )
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1));
  const lane = fold.lanes.get(step.id);
  const leftToOthers = lane !== undefined && isInFlight(lane) ? 0 : nodesAskedForByOthers(fold, step);
  const misplaced = usable.length > leftToOthers ? undefined : firstMisplaced(fresh, fold);
  return { bound: undefined, usable: usable.slice(0, leftToOthers + 1), leftToOthers, misplaced };
}

/** A node that is Ready in a zone in which no `add-node` step of the plan waits for one. */
function firstMisplaced<Node extends ComingNodeSeen>(
  fresh: readonly Node[],
  fold: RunFold,
): Node | undefined {
  const ready = fresh.filter((node) => node.ready);
  if (ready.length === 0) {
    return undefined;
  }
  const wanted = new Set(
    lanesOfAddNodes(fold).flatMap(({ step }) =>
      step.kind === 'add-node' && !fold.bound.has(step.node) ? [step.zone] : [],
    ),
  );
  return ready.find(({ zone }) => !wanted.has(zone));
}

/** Counts the steps that have asked for a node of this zone and have none yet. */
function nodesAskedForByOthers(fold: RunFold, { zone }: AddNodeStep): number {
  return lanesOfAddNodes(fold).filter(
    (other) =>
      other.step.kind === 'add-node' &&
      other.step.zone === zone &&
      isInFlight(other) &&
      !fold.bound.has(other.step.node),
  ).length;
}
