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
 * Paths through `after`. Answers are worked out when asked for and kept for one later step at a time, so that a plan of
 * 50,000 steps needs no table of all pairs: ask about one later step after another.
 */
export function findPaths(steps: readonly Step[]): Paths {
  const positions = new Map(steps.map((step, position) => [step.id, position]));
  const before = steps.map((step, position) =>
    step.after.flatMap((id) => {
      const earlier = positions.get(id);
      // Anything else is a violation of its own; a loop here would never end.
      return earlier !== undefined && earlier < position ? [earlier] : [];
    }),
  );
  let askedFor = -1;
  let reached = new Set<number>();
  const positionOf = (step: Step) => positions.get(step.id) ?? -1;
  return {
    positionOf,
    waitsFor: (later, earlier) => {
      const from = positionOf(later);
      const to = positionOf(earlier);
      if (to >= from) return false;
      if (later.after.includes(earlier.id)) return true;
      if (askedFor !== from) {
        reached = ancestorsOf(before, from);
        askedFor = from;
      }
      return reached.has(to);
    },
  };
}

function ancestorsOf(before: readonly (readonly number[])[], from: number): Set<number> {
  const reached = new Set<number>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const earlier of before[next] ?? [])
      if (!reached.has(earlier)) {
        reached.add(earlier);
        open.push(earlier);
      }
  return reached;
}
