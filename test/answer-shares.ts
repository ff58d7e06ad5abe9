/** The other side of in-threads.ts: what a worker file calls. */
import { parentPort } from 'node:worker_threads';
import type { Share, ShareDone } from './in-threads.ts';

/** Answers every share with the results of its numbers. */
export function answerShares<Result>(work: (number: number) => Result | Promise<Result>): void {
  const port = parentPort;
  port?.on('message', async ({ place, numbers }: Share) => {
    const results: Result[] = [];
    for (const number of numbers) results.push(await work(number));
    const answer: ShareDone<Result> = { place, results };
    port.postMessage(answer);
  });
}
