/**
 * Which steps a step waits for, directly or through others.
 */
import type { Step } from '../plan.ts';

export type Paths = {
  /** True if `later` is begun only when `earlier` is done. */
  readonly waitsFor: (later: Step, earlier: Step) => boolean;
  /** Position in the list. */
  readonly positionOf: (step: Step) => number;
};

/**
 * Paths through `after`. A step stands after everything it waits for, so one look backwards through the list, from the later
 * step down to the earlier one, marks all that the later one waits for. The look is kept while questions are about the same
 * later step and goes on where it stopped: ask about one later step after another.
 */
export function findPaths(steps: readonly Step[]): Paths {
  const positions = new Map(steps.map((step, position) => [step.id, position]));
  const before = steps.map((step, position) =>
    step.after.flatMap((id) => {
      const earlier = positions.get(id);
      // Anything else is a violation of its own.
      return earlier !== undefined && earlier < position ? [earlier] : [];
    }),
  );
  const positionOf = (step: Step) => positions.get(step.id) ?? -1;
  /** For each position the last later step that was found to wait for it; -1: none yet. */
  const waitedForBy = new Int32Array(steps.length).fill(-1);
  let askedFor = -1;
  let lookedDownTo = 0;
  return {
    positionOf,
    waitsFor: (later, earlier) => {
      const from = positionOf(later);
      const to = positionOf(earlier);
      if (to >= from || to < 0) return false;
      if (later.after.includes(earlier.id)) return true;
      if (askedFor !== from) {
        waitedForBy[from] = from;
        askedFor = from;
        lookedDownTo = from + 1;
      }
      while (lookedDownTo > to) {
        lookedDownTo -= 1;
        if (waitedForBy[lookedDownTo] !== from) continue;
        for (const earlierStill of before[lookedDownTo] ?? []) waitedForBy[earlierStill] = from;
      }
      return waitedForBy[to] === from;
    },
  };
}
