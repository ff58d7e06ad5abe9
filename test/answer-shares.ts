/** The other side of in-threads.ts: what a worker file calls. */
import { parentPort } from 'node:worker_threads';
import type { Share, ShareDone } from './in-threads.ts';

/** Answers every share with the results of its numbers. */
export function answerShares<Result>(work: (number: number) => Result): void {
  const port = parentPort;
  port?.on('message', ({ first, count }: Share) => {
    const results = Array.from({ length: count }, (_, index) => work(first + index));
    const answer: ShareDone<Result> = { first, count, results };
    port.postMessage(answer);
  });
}
