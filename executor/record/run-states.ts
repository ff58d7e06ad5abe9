/**
 * The legal moves between the states of a run. The journal adapters and the service use the same table.
 */
import type { RunEvent } from '../journal.ts';
import type { RunState } from '../run.ts';

/**
 * Returns the state of a run after an entry of its lane 'run'; undefined where the entry is not legal in that state (it then
 * changes nothing). `state` is undefined before the first entry. A run that needs no approval is running from its creation;
 * no step is begun before `started`.
 */
export function nextRunState(state: RunState | undefined, event: RunEvent): RunState | undefined {
  switch (event.kind) {
    case 'created':
      return state === undefined ? (event.needsApproval ? 'waiting-for-approval' : 'running') : undefined;
    case 'approved':
      return state === 'waiting-for-approval' ? 'running' : undefined;
    case 'approval-asked':
      return state === 'running' ? 'waiting-for-approval' : undefined;
    // Only before the start, which the state does not tell: the worker that writes it sees to that.
    case 'expired':
      return state === 'waiting-for-approval' || state === 'running' ? 'expired' : undefined;
    case 'rejected':
      return state === 'waiting-for-approval' ? 'rejected' : undefined;
    case 'pause-asked':
      return state === 'running' ? 'pausing' : undefined;
    case 'paused':
      return state === 'pausing' ? 'paused' : undefined;
    case 'resumed':
      return state === 'pausing' || state === 'paused' || state === 'halted' ? 'running' : undefined;
    case 'abort-asked':
      return mayBeAborted(state) ? 'aborting' : undefined;
    case 'aborted':
      return state === 'aborting' ? 'aborted' : undefined;
    case 'start-awaited':
      return state === 'running' ? state : undefined;
    // Of a running one only before the start, as above.
    case 'replanned':
      if (state !== 'halted' && state !== 'running') return undefined;
      return event.needsApproval ? 'waiting-for-approval' : 'running';
    case 'replanning':
      return state === 'halted' ? state : undefined;
    case 'halted':
      return state === 'running' || state === 'pausing' || state === 'paused' ? 'halted' : undefined;
    case 'finished':
      return state === 'running' ? 'finished' : undefined;
    default:
      return state;
  }
}

/** True where marks of the run may stand on the fleet: it has started, or its beginning is lost. */
export function hasBegun({
  startedAtMs,
  isRecovered,
}: {
  readonly startedAtMs?: number;
  readonly isRecovered: boolean;
}): boolean {
  return startedAtMs !== undefined || isRecovered;
}

/** True where the run will never act again, whatever anybody asks for. A halted run may still be resumed or aborted. */
export function hasEnded(state: RunState): boolean {
  return state === 'finished' || state === 'aborted' || state === 'rejected' || state === 'expired';
}

function mayBeAborted(state: RunState | undefined): boolean {
  return state !== undefined && state !== 'aborting' && !hasEnded(state);
}
