/**
 * `npm run test:deep -- crash [--runs N] [--threads N]`: N runs of the twelve-node scenario. Over all of them the worker that wrote it is
 * killed at every entry of the journal: the first run kills at entries 1, N + 1, ..., the next at 2, N + 2, ... In every run Redis is
 * killed too.
 */
import { inThreads } from '../in-threads.ts';
import type { Killed } from './kill-everywhere.ts';

/** Prints a line for each run, and returns whether all of them ended as planned. */
export async function runKills(runs: number, first: number, threads: number): Promise<boolean> {
  const played = await inThreads<Killed>({
    file: new URL('./kill-thread.ts', import.meta.url),
    numbers: Array.from({ length: runs }, (_, index) => first + index),
    shareSize: 1,
    threads,
    data: runs,
  });
  const sum = (count: (killed: Killed) => number): number =>
    played.reduce((total, each) => total + count(each), 0);
  const wrong = played.filter(({ against }) => against.length > 0).length;
  process.stdout.write(
    `crash: ${runs} runs, ${sum((each) => each.workersKilledAt.length)} kills of workers, ` +
      `${sum((each) => each.redisKills)} of Redis, ${wrong} runs not as planned\n`,
  );
  return wrong === 0;
}
