/** A Redis server of a test file's own, with everything opened on it closed in the right order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Clock } from '../../../executor/ports.ts';
import { openRedis } from '../../../executor/redis/connection.ts';
import { type PrivateRedis, startPrivateRedis } from '../../../executor/redis/private-server.ts';
import { createRunService } from '../../../executor/redis/run-store.ts';

export type TestRedis = {
  readonly server: PrivateRedis;
  readonly dir: string;
  connect(): Redis;
  service(clock?: Clock): ReturnType<typeof createRunService>;
  stop(): Promise<void>;
};

export async function startTestRedis(): Promise<TestRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-'));
  const server = await startPrivateRedis({ dir });
  const closing: (() => void)[] = [];
  const connect = (): Redis => {
    const redis = openRedis(server.url);
    closing.push(() => redis.disconnect());
    return redis;
  };
  return {
    server,
    dir,
    connect,
    service: (clock) => {
      const service = createRunService(connect(), clock === undefined ? {} : { clock });
      closing.push(() => service.close());
      return service;
    },
    stop: async () => {
      for (const close of closing.splice(0).reverse()) close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
