/** The other side of in-threads.ts: what a worker file calls. */
import { parentPort } from 'node:worker_threads';
import type { Share, ShareDone } from './in-threads.ts';

/** Answers every share with the results of its numbers. */
export function answerShares<Result>(work: (number: number) => Result): void {
  const port = parentPort;
  port?.on('message', ({ place, numbers }: Share) => {
    const answer: ShareDone<Result> = { place, results: numbers.map(work) };
    port.postMessage(answer);
  });
}
