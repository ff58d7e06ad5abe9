import { openRedis } from './connection.ts';

/** Asks a Redis once. Returns why it gave no answer, e.g. `connect ECONNREFUSED 127.0.0.1:6379`; undefined: it answers. */
export async function findSilence(url: string): Promise<string | undefined> {
  let reason: string | undefined;
  const redis = openRedis(url, (error) => {
    reason ??= error.message;
  });
  try {
    await redis.ping();
    return undefined;
  } catch (error) {
    return reason ?? (error instanceof Error ? error.message : String(error));
  } finally {
    redis.disconnect();
  }
}

/** The address as it may be shown: without name and password. */
export function shownAddress(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
