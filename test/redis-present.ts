/**
 * Once before all tests: Redis or Valkey is there, or is installed where that can be done, so that tests which need a server
 * of their own can start one.
 */
import { findOrInstallRedis } from '../executor/redis/find-redis.ts';

export default async function ensureRedis(): Promise<void> {
  // REDIS_URL does not help: crash tests stop and kill their server.
  const found = await findOrInstallRedis((line) => process.stdout.write(`${line}\n`), {
    ...process.env,
    REDIS_URL: undefined,
  });
  if (found.kind === 'missing') {
    throw new Error(`tests need valkey-server or redis-server on the PATH. This brings it: ${found.command}`);
  }
}
