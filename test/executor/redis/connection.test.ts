import { afterEach, describe, expect, it } from 'vitest';
import { deliveriesInRedis } from '../../../api/deliveries.ts';
import { askRedis, openRedis } from '../../../executor/redis/connection.ts';
import { createRunService } from '../../../executor/redis/run-store.ts';
import { startTestRedis } from './redis-for-tests.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

function connect(url: string): ReturnType<typeof openRedis> {
  const redis = openRedis(url);
  closing.push(() => redis.disconnect());
  return redis;
}

describe('a Redis that does not answer', () => {
  it('is told by its address and what is wrong with it, whatever was asked, and without its password', async () => {
    const redis = connect('redis://user:secret@127.0.0.1:1');
    const runs = createRunService(redis);
    closing.push(() => runs.close());
    const questions = [
      () => runs.listRuns(),
      () => runs.getRun('r'),
      () => runs.pause('r', 'anna'),
      () => deliveriesInRedis(redis).begin('d'),
      () => deliveriesInRedis(redis).forget('d'),
    ];
    for (const ask of questions) {
      await expect(ask()).rejects.toMatchObject({
        name: 'OutsideError',
        code: 'unreachable',
        target: 'redis',
        message: 'Redis at 127.0.0.1:1 does not answer (ECONNREFUSED); runs go on when it is back',
      });
    }
  });

  it('at a socket is told by the path of it', async () => {
    const redis = connect('unix:///no/such.sock');
    await expect(askRedis(redis, 'ask', () => redis.ping())).rejects.toThrow(
      'Redis at /no/such.sock does not answer (ENOENT); runs go on when it is back',
    );
  });

  it('but refuses is told apart, in its own words', async () => {
    const own = await startTestRedis();
    const redis = own.connect();
    await redis.set('text', 'a');
    await expect(askRedis(redis, 'push', () => redis.rpush('text', 'b'))).rejects.toMatchObject({
      code: 'server-error',
      message: expect.stringMatching(/^Redis at .* refuses \(WRONGTYPE .*\)$/),
    });
    await own.stop();
  });
});
