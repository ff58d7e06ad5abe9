/**
 * How often a worker does again what is done only in case something was missed: the more there is of it, the less often, for a fleet of
 * a thousand nodes has tens of thousands of steps that wait.
 */
import type { Pass } from './queue.ts';

/** What such looks may take of a worker: a look takes some milliseconds. */
const LOOKS_PER_SECOND = 50;

/** Returns when to look again, where `count` passes wait at the same time: after `inMs`, or later, but not after `withinMs`. */
export function unhurried(inMs: number, withinMs: number, count: number): number {
  return Math.max(inMs, Math.min(withinMs, (1_000 * count) / LOOKS_PER_SECOND));
}

/** Passes that this worker has added to the queue, by run. Without it all would be added each time, which is right and slow. */
export type Added = Map<string, { readonly allAtMs: number; readonly steps: Set<string> }>;

/**
 * Returns the passes over steps that are to be added now: those that are new, and now and then all, in case the queue has lost some.
 * `everyMs`: how often all are, where there are few.
 */
export function passesToAdd(
  added: Added,
  run: string,
  ready: readonly string[],
  { nowMs, everyMs }: { readonly nowMs: number; readonly everyMs: number },
): readonly Pass[] {
  const before = added.get(run);
  const isTime =
    before === undefined ||
    nowMs - before.allAtMs >= unhurried(everyMs, Number.POSITIVE_INFINITY, ready.length) ||
    nowMs < before.allAtMs;
  // Where none is ready the run stands still: once it goes on, all are new.
  const steps = isTime || ready.length === 0 ? new Set<string>() : before.steps;
  const fresh = ready.filter((step) => !steps.has(step));
  for (const step of fresh) steps.add(step);
  added.set(run, { allAtMs: isTime ? nowMs : before.allAtMs, steps });
  return fresh.map((step) => ({ run, step }));
}
