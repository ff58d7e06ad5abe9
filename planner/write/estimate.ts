/**
 * How long steps and plans should take. Expectations only: no step is safe or unsafe because of them.
 */
import {
  addNodeSeconds,
  catchUpBytesPerSecond,
  catchUpSeconds,
  catchUpShareOfVolume,
  fenceSeconds,
  moveSeconds,
  releaseSeconds,
  scaleOutSeconds,
  switchoverSeconds,
} from '../limits.ts';
import type { Step } from '../plan.ts';

/** Returns the seconds a step is expected to take; a member that moves has to catch up on top. */
export function stepSeconds(
  step: { readonly kind: Step['kind']; readonly member?: string | null },
  volumeBytes?: number,
): number {
  switch (step.kind) {
    case 'fence':
    case 'unfence':
    case 'cordon':
      return fenceSeconds;
    case 'add-node':
      return addNodeSeconds;
    case 'move':
      return secondsToMove(typeof step.member === 'string', volumeBytes);
    case 'switchover':
      return switchoverSeconds;
    case 'scale-out':
      return moveSeconds + scaleOutSeconds;
    case 'scale-in':
      return moveSeconds;
    case 'release':
      return releaseSeconds;
  }
}

/** Returns the seconds of a move; a member has to catch up when it is there. */
export function secondsToMove(isMember: boolean, volumeBytes: number | undefined): number {
  return moveSeconds + (isMember ? secondsToCatchUp(volumeBytes) : 0);
}

function secondsToCatchUp(volumeBytes: number | undefined): number {
  return catchUpSeconds + Math.round(((volumeBytes ?? 0) * catchUpShareOfVolume) / catchUpBytesPerSecond);
}
