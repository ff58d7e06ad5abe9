/** What of the time of this process goes where: whatever is not counted to a part is the executor's own. */
import { performance } from 'node:perf_hooks';

export type Part = 'world' | 'ports' | 'mirror' | 'journal';

export const parts: readonly Part[] = ['world', 'ports', 'mirror', 'journal'];

/** Milliseconds so far. */
export type Times = Readonly<Record<Part | 'executor' | 'processor', number>>;

export class PartTimes {
  readonly #ms: Record<Part, number> = { world: 0, ports: 0, mirror: 0, journal: 0 };
  /** What is being counted, innermost last, and since when. */
  readonly #open: Part[] = [];
  #sinceMs = 0;

  /** Counts what `run` takes, until it returns, to the part; what is counted to another part within is not in it. */
  during<Result>(part: Part, run: () => Result): Result {
    this.#turn();
    this.#open.push(part);
    try {
      return run();
    } finally {
      this.#turn();
      this.#open.pop();
    }
  }

  /** Counts what `run` takes as the executor's, though it is called from within a part. */
  forExecutor<Result>(run: () => Result): Result {
    this.#turn();
    const open = this.#open.splice(0);
    try {
      return run();
    } finally {
      this.#sinceMs = performance.now();
      this.#open.push(...open);
    }
  }

  /** Of a machine that is shared: what the process had of the processor is dealt out by the clock on the wall. */
  now(): Times {
    this.#turn();
    const processor = process.cpuUsage();
    const ms = (processor.user + processor.system) / 1_000;
    const counted = parts.reduce((sum, part) => sum + this.#ms[part], 0);
    return { ...this.#ms, processor: ms, executor: performance.now() - counted };
  }

  #turn(): void {
    const nowMs = performance.now();
    const innermost = this.#open.at(-1);
    if (innermost !== undefined) this.#ms[innermost] += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }
}
