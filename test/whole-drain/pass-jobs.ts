/**
 * The queue of passes in virtual time, as executor/redis/queue.ts keeps it in BullMQ: a pass over the run first, then what was begun, then
 * what was not, each in the order in which it came due. One job for each step and run, and one worker at a time has it.
 */
import { priorities } from '../../executor/redis/queue.ts';
import type { VirtualTime } from '../seeded-runs/virtual-time.ts';

type Priority = 0 | 1 | 2;
type Job = { priority: Priority; state: 'due' | 'asleep' | 'taken'; sleeps: number };

/** The job of the pass over the run. */
export const runJob = 'run';

export class PassJobs {
  readonly #time: VirtualTime;
  readonly #jobs = new Map<string, Job>();
  readonly #due: readonly [Line, Line, Line] = [new Line(), new Line(), new Line()];
  #idle: (() => void)[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** How many there are, whatever they do. */
  get size(): number {
    return this.#jobs.size;
  }

  /** Those that exist stay as they are. */
  add(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#jobs.has(id)) continue;
      const priority = id === runJob ? 0 : priorities.notBegun;
      this.#makeDue(id, { priority, state: 'due', sleeps: 0 });
    }
  }

  /** Makes the job due now, if it sleeps; adds it, if there is none. */
  hurry(id: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined) this.add([id]);
    else if (job.state === 'asleep') this.#makeDue(id, job);
  }

  /** Resolves the next job that is due; it is the caller's until it says what comes of it. */
  async take(): Promise<string> {
    for (;;) {
      for (const line of this.#due) {
        const id = line.take();
        const job = id === undefined ? undefined : this.#jobs.get(id);
        if (id === undefined || job === undefined) continue;
        job.state = 'taken';
        return id;
      }
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** The job comes due again after so long. */
  sleep(id: string, inMs: number, isUnderWay: boolean): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    job.state = 'asleep';
    job.sleeps += 1;
    if (id !== runJob) job.priority = isUnderWay ? priorities.underWay : priorities.notBegun;
    const { sleeps } = job;
    this.#time.at(Math.max(1, inMs), () => {
      if (job.state === 'asleep' && job.sleeps === sleeps) this.#makeDue(id, job);
    });
  }

  end(id: string): void {
    this.#jobs.delete(id);
  }

  /** The worker that had it died. */
  giveBack(id: string): void {
    const job = this.#jobs.get(id);
    if (job?.state === 'taken') this.#makeDue(id, job);
  }

  #makeDue(id: string, job: Job): void {
    job.state = 'due';
    this.#jobs.set(id, job);
    this.#due[job.priority].put(id);
    const idle = this.#idle;
    this.#idle = [];
    for (const wake of idle) wake();
  }
}

/** First come, first served. */
class Line {
  #ids: string[] = [];
  #served = 0;

  put(id: string): void {
    this.#ids.push(id);
  }

  take(): string | undefined {
    const id = this.#ids[this.#served];
    if (id === undefined) return undefined;
    this.#served += 1;
    if (this.#served > 1_000 && this.#served * 2 > this.#ids.length) {
      this.#ids = this.#ids.slice(this.#served);
      this.#served = 0;
    }
    return id;
  }
}
