/** Plays runs of the twelve-node scenario in a thread of its own, with a Redis of its own, and tells of each at once. */
import { workerData } from 'node:worker_threads';
import { answerShares } from '../answer-shares.ts';
import { type Killed, killEverywhere } from './kill-everywhere.ts';
import { closeRedis } from './theatre.ts';

/** How many runs share the entries of the journal among them. */
const every: number = workerData;

answerShares(async (offset): Promise<Killed> => {
  try {
    const killed = await killEverywhere(every, offset % every, true);
    const { workersKilledAt, redisKills, entries, against } = killed;
    process.stdout.write(
      `crash: run ${offset}: ${entries} entries, workers killed ${workersKilledAt.length} times, Redis ${redisKills} times: ` +
        `${against.length === 0 ? 'as planned' : against.join('; ')}\n`,
    );
    return killed;
  } finally {
    await closeRedis();
  }
});
