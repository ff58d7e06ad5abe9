/**
 * `npm run test:deep -- crash [--runs N]`: N runs of the twelve-node scenario. Over all of them the worker that wrote it is killed at
 * every entry of the journal: the first run kills at entries 1, N + 1, ..., the next at 2, N + 2, ... In every run Redis is killed too.
 */
import { type Killed, killEverywhere } from './kill-everywhere.ts';
import { closeRedis } from './theatre.ts';

/** Prints a line for each run, and returns whether all of them ended as planned. */
export async function runKills(runs: number, first: number): Promise<boolean> {
  const played: Killed[] = [];
  try {
    for (let offset = first; offset < first + runs; offset += 1) {
      const killed = await killEverywhere(runs, offset % runs, true);
      played.push(killed);
      const { workersKilledAt, redisKills, entries, against } = killed;
      process.stdout.write(
        `crash: ${entries} entries, workers killed ${workersKilledAt.length} times, Redis ${redisKills} times: ` +
          `${against.length === 0 ? 'as planned' : against.join('; ')}\n`,
      );
    }
  } finally {
    await closeRedis();
  }
  const sum = (count: (killed: Killed) => number): number =>
    played.reduce((total, each) => total + count(each), 0);
  const wrong = played.filter(({ against }) => against.length > 0).length;
  process.stdout.write(
    `crash: ${runs} runs, ${sum((each) => each.workersKilledAt.length)} kills of workers, ` +
      `${sum((each) => each.redisKills)} of Redis, ${wrong} runs not as planned\n`,
  );
  return wrong === 0;
}
