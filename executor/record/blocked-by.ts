/** Which steps may go on when another one is done. Pure. */
import { lanesNear, parallelSwitchovers } from '../decide/plan-questions.ts';
import type { Lane } from './lane.ts';
import type { RunFold } from './run-fold.ts';

/**
 * Returns the ids of steps that are blocked by this one, or of the first few that wait for their turn after it. Each step that ends asks:
 * not all of tens of thousands are looked through.
 */
export function blockedBy(fold: RunFold, stepId: string): readonly string[] {
  const step = fold.lanes.get(stepId)?.step;
  switch (step?.kind) {
    case undefined:
      return [];
    case 'add-node':
      // Nodes come several at a time, and are told of to the first who waits: each who has taken one tells the next.
      return firstWaiting(fold, 'waiting-for-node', 1, (lane) => zoneOf(lane) === step.zone);
    case 'switchover':
      return [
        ...busyWith(fold, stepId),
        ...firstWaiting(fold, 'switchover-limit', parallelSwitchovers(fold)),
      ];
    default:
      return busyWith(fold, stepId);
  }
}

function busyWith(fold: RunFold, stepId: string): readonly string[] {
  const step = fold.lanes.get(stepId)?.step;
  const near = step === undefined ? [] : lanesNear(fold, step);
  const waiting = near.filter(
    ({ wait }) => wait?.because.code === 'cluster-busy' && wait.because.facts.busyWith === stepId,
  );
  return [...new Set(waiting.map((lane) => lane.step.id))];
}

/** Ids of the first so many in plan order that wait for this. */
function firstWaiting(
  fold: RunFold,
  code: string,
  most: number,
  isMeant: (lane: Lane) => boolean = () => true,
): readonly string[] {
  const ids: string[] = [];
  for (const lane of fold.lanes.ready()) {
    if (ids.length === most) {
      break;
    }
    if (lane.wait?.because.code === code && isMeant(lane)) {
      ids.push(lane.step.id);
    }
  }
  return ids;
}

function zoneOf({ step }: Lane): string | undefined {
  return step.kind === 'add-node' ? step.zone : undefined;
}
