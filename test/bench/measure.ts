/** How long work takes in this process once the compiler has seen it often enough. */
import { performance } from 'node:perf_hooks';

export type Timed<Result> = {
  /** Of the last turn. */
  readonly result: Result;
  /** Median and least of the warm turns. */
  readonly ms: number;
  readonly leastMs: number;
  /** Warm turns; those before are left out where there are enough. */
  readonly turns: number;
};

export type Effort = {
  readonly turnsMax: number;
  /** No turn begins after this. */
  readonly budgetMs: number;
};

/** For stages of a second: what takes longer is not repeated. */
export const fewTurns: Effort = { turnsMax: 7, budgetMs: 3_000 };
/** For what is promised in milliseconds: some twenty turns until the optimizing compiler has seen every path. */
export const manyTurns: Effort = { turnsMax: 60, budgetMs: 8_000 };

/** Work that has run so often is compiled; before, half of the turns count as warming up, at most so many. */
const warmingTurns = 20;

/** Repeats work and returns its last result with the times. */
export function measure<Result>(work: () => Result, { turnsMax, budgetMs }: Effort): Timed<Result> {
  const times: number[] = [];
  const begun = performance.now();
  for (;;) {
    const start = performance.now();
    const result = work();
    times.push(performance.now() - start);
    if (times.length < turnsMax && performance.now() - begun < budgetMs) continue;
    const warm = times.slice(Math.min(warmingTurns, Math.floor(times.length / 2))).sort((a, b) => a - b);
    return { result, ms: warm[Math.floor(warm.length / 2)] ?? 0, leastMs: warm[0] ?? 0, turns: warm.length };
  }
}

/** Returns a tenth of a millisecond as the finest that is said. */
export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
