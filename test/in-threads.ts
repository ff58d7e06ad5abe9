/**
 * Work by number in worker threads: what comes out is in the order of the numbers and the same for any number of threads, as long
 * as the work depends on its number only.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** A part of the work as it is sent to a thread, and the results that come back. */
export type Share = { readonly place: number; readonly numbers: readonly number[] };
export type ShareDone<Result> = { readonly place: number; readonly results: readonly Result[] };

export type ThreadedWork = {
  /** File that answers every Share with a ShareDone. */
  readonly file: URL;
  readonly numbers: readonly number[];
  /** Numbers sent at once: enough to make messages rare, few enough to keep all threads busy to the end. */
  readonly shareSize: number;
  /** Default: one for each core. */
  readonly threads?: number;
  /** What every thread is told from the start: its `workerData`. */
  readonly data?: unknown;
};

/** Nearly all that such work makes is short-lived: with more room for it less is looked through, for a tenth less of the processor. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

/** Returns the results in the order of the numbers; `onShare` is told of each part as it is done. Rejects when a thread dies. */
export async function inThreads<Result>(
  work: ThreadedWork,
  onShare: (done: ShareDone<Result>) => void = () => {},
): Promise<readonly Result[]> {
  const { numbers, shareSize, threads = availableParallelism() } = work;
  const done = new Map<number, readonly Result[]>();
  let next = 0;
  const takeShare = (): Share | undefined => {
    if (next >= numbers.length) return undefined;
    const place = next;
    next += shareSize;
    return { place, numbers: numbers.slice(place, next) };
  };
  const run = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const sendNext = () => {
        const share = takeShare();
        if (share === undefined) resolve();
        else worker.postMessage(share);
      };
      worker.on('message', (answer: ShareDone<Result>) => {
        done.set(answer.place, answer.results);
        onShare(answer);
        sendNext();
      });
      worker.on('error', reject);
      sendNext();
    });
  const workers = Array.from({ length: Math.min(threads, Math.ceil(numbers.length / shareSize)) }, () => {
    return new Worker(work.file, { workerData: work.data, resourceLimits });
  });
  try {
    await Promise.all(workers.map(run));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return [...done].sort(([a], [b]) => a - b).flatMap(([, results]) => results);
}
