/**
 * The outbox of a fleet: which runs have news, and how far each channel was told of them. What there is to tell stands in the
 * journals alone; here stands only how far one has come.
 */
import type { Redis } from 'ioredis';
import type { Outbox } from '../tell-news.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';

/** A worker that tells and dies is followed by another one after this long. Two at once would do no harm: ids are fixed. */
const TELLER_MS = 20_000;

/** Returns the outbox of one fleet. Every call throws OutsideError when Redis does not answer within 2 s. */
export function createRedisOutbox(redis: Redis, keys: Keys, fleet: string): Outbox {
  return {
    takeTurn: async (worker) => {
      const key = keys.teller(fleet);
      const taken = await askRedis(redis, 'take the turn to tell', () =>
        redis.set(key, worker, 'PX', TELLER_MS, 'NX'),
      );
      if (taken === 'OK') return true;
      const holder = await askRedis(redis, 'take the turn to tell', () => redis.get(key));
      if (holder !== worker) return false;
      await askRedis(redis, 'keep the turn to tell', () => redis.pexpire(key, TELLER_MS));
      return true;
    },
    untoldRuns: () => askRedis(redis, 'list untold runs', () => redis.smembers(keys.untoldRuns(fleet))),
    forget: async (run) => {
      await askRedis(redis, 'forget a told run', () => redis.srem(keys.untoldRuns(fleet), run));
    },
    toldUpTo: async (run, channel) => {
      const told = await askRedis(redis, 'read the outbox', () => redis.hget(keys.told(run), channel));
      return told === null ? 0 : Number(told);
    },
    setTold: async (run, channel, sequence) => {
      await askRedis(redis, 'write the outbox', () => redis.hset(keys.told(run), channel, sequence));
    },
    wasTold: async (run, channel, id) => {
      const member = `${channel} ${id}`;
      return (
        (await askRedis(redis, 'read the outbox', () => redis.sismember(keys.toldBesides(run), member))) === 1
      );
    },
    markTold: async (run, channel, id) => {
      await askRedis(redis, 'write the outbox', () => redis.sadd(keys.toldBesides(run), `${channel} ${id}`));
    },
    count: async (channel, outcome) => {
      await askRedis(redis, 'count news', () => redis.hincrby(keys.newsCounts, `${channel} ${outcome}`, 1));
    },
  };
}

/** Returns how often news were told, failed and were dropped, by `<channel> <outcome>`, of all fleets. */
export async function readNewsCounts(redis: Redis, keys: Keys): Promise<Readonly<Record<string, number>>> {
  const counts = await askRedis(redis, 'read the counts of news', () => redis.hgetall(keys.newsCounts));
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)]));
}
