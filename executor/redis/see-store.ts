import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { StoreSeen } from '../metrics/worker-text.ts';
import type { RunFold } from '../record/run-fold.ts';
import { sleep } from '../system-clock.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Pass } from './queue.ts';

/** Whoever collects metrics waits ten seconds as a rule. */
const COUNT_LIMIT_MS = 2_000;

/** Returns the jobs of the queue and the runs of the fleet that have not ended; undefined, and reported: Redis does not answer. */
export async function seeStore(
  store: {
    readonly redis: Redis;
    readonly keys: Keys;
    readonly queue: Queue<Pass>;
    readonly report: (message: string, error: unknown) => void;
  },
  fleet: string,
  readRun: (run: string) => Promise<RunFold>,
): Promise<StoreSeen | undefined> {
  const { redis, keys, queue, report } = store;
  try {
    const live = await askRedis(redis, 'list live runs', () => redis.smembers(keys.liveRuns(fleet)));
    const runs = await Promise.all(live.map(readRun));
    // Commands of the queue wait for as long as Redis is away.
    const counted = queue.getJobCounts('wait', 'prioritized', 'active', 'delayed').catch(() => undefined);
    const jobs = await Promise.race([counted, sleep(COUNT_LIMIT_MS)]);
    return jobs === undefined ? undefined : { jobs, runs };
  } catch (error) {
    report('metrics', error);
    return undefined;
  }
}
