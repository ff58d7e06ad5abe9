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
  p95Factor,
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
      return moveSeconds + (typeof step.member === 'string' ? secondsToCatchUp(volumeBytes) : 0);
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

/** Returns the seconds until the last step is done, carried out as `after` and the number of switchovers at once allow. */
export function planSeconds(
  steps: readonly Step[],
  parallelSwitchovers: number,
): { readonly p50: number; readonly p95: number } {
  const endOf = new Map<string, number>();
  const lanes = new Array<number>(Math.max(1, parallelSwitchovers)).fill(0);
  let end = 0;
  for (const step of steps) {
    let start = step.after.reduce((latest, id) => Math.max(latest, endOf.get(id) ?? 0), 0);
    if (step.kind === 'switchover') {
      const lane = lanes.indexOf(Math.min(...lanes));
      start = Math.max(start, lanes[lane] ?? 0);
      lanes[lane] = start + step.estimateSeconds;
    }
    endOf.set(step.id, start + step.estimateSeconds);
    end = Math.max(end, start + step.estimateSeconds);
  }
  return { p50: Math.round(end), p95: Math.round(end * p95Factor) };
}

function secondsToCatchUp(volumeBytes: number | undefined): number {
  return catchUpSeconds + Math.round(((volumeBytes ?? 0) * catchUpShareOfVolume) / catchUpBytesPerSecond);
}
