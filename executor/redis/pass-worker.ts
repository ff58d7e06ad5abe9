/**
 * Takes passes from the queue of a fleet and has them carried out.
 *
 * BullMQ does not stop a worker that lost the lock of a job: here the job's signal aborts then, and nothing is begun any more.
 * What was begun is guarded by the journal and by preconditions of its own.
 */
import { type ConnectionOptions, DelayedError, type Job, Worker } from 'bullmq';
import { sleep, systemClock } from '../system-clock.ts';
import type { Keys } from './keys.ts';
import { type Pass, passSchema, priorities, queueNameOf } from './queue.ts';

export type NextPass = {
  readonly againInMs: number;
  /** The step has begun something that is not over. */
  readonly isUnderWay?: boolean;
};

export type PassWorkerOptions = {
  readonly fleet: string;
  readonly keys: Keys;
  readonly connection: ConnectionOptions;
  readonly name: string;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly stalledMs: number;
  /** Carries out one pass. Returns when the next one is due; undefined: no next one. */
  readonly advance: (pass: Pass, signal: AbortSignal) => Promise<NextPass | undefined>;
  /** Called when the job of a pass sleeps until its next turn, and can be woken up. */
  readonly onAsleep?: (pass: Pass) => void;
  readonly report: (message: string, error: Error) => void;
};

/** A job is found by a dead worker's successors this often before BullMQ gives it up; it would be added again even then. */
const CRASHES_MAX = 1_000;
/** How long closing waits for passes under way. Their calls have deadlines of their own; after this they are left as in a crash. */
const CLOSE_LIMIT_MS = 20_000;
/** A closing worker gives its jobs back with this delay, so that it does not take them again itself. */
const LEFT_TO_OTHERS_MS = 500;

/** Starts at once. `close` ends after the passes under way, or after 20 s. */
export function startPassWorker(options: PassWorkerOptions): { close(): Promise<void> } {
  let closing = false;
  const worker = new Worker<Pass>(
    queueNameOf(options.fleet),
    async (job, token, signal) => {
      const pass = passSchema.parse(job.data);
      // BullMQ may hand out one more job while it closes.
      if (closing) return sleepJob(job, token, LEFT_TO_OTHERS_MS);
      const lost = signal ?? new AbortController().signal;
      const next = await options.advance(pass, lost);
      if (next === undefined) return;
      if (lost.aborted && !closing) throw new Error(`lost the lock of ${job.id}`);
      await putInOrder(job, pass, next);
      const againInMs = closing ? Math.max(LEFT_TO_OTHERS_MS, next.againInMs) : next.againInMs;
      return sleepJob(job, token, againInMs, () => options.onAsleep?.(pass));
    },
    {
      connection: options.connection,
      prefix: options.keys.queues,
      name: options.name,
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: options.stalledMs,
      maxStalledCount: CRASHES_MAX,
    },
  );
  worker.on('error', (error) => options.report('queue', error));
  worker.on('failed', (job, error) => options.report(`pass ${job?.id ?? '?'}`, error));
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lost its lock');
  });
  return {
    async close() {
      closing = true;
      worker.cancelAllJobs('the worker is closing');
      const patience = new AbortController();
      await Promise.race([worker.close(), sleep(CLOSE_LIMIT_MS, patience.signal)]);
      patience.abort();
    },
  };
}

async function putInOrder(job: Job<Pass>, { step }: Pass, { isUnderWay }: NextPass): Promise<void> {
  const priority = isUnderWay === true ? priorities.underWay : priorities.notBegun;
  if (step !== undefined && Number(job.priority) !== priority) await job.changePriority({ priority });
}

/** Waiting never blocks a worker: the job comes back when its time has come. This uses up no attempts. */
async function sleepJob(
  job: Job<Pass>,
  token: string | undefined,
  ms: number,
  onAsleep = (): void => {},
): Promise<never> {
  await job.moveToDelayed(systemClock.nowMs() + ms, token);
  onAsleep();
  throw new DelayedError();
}
