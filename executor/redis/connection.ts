/**
 * Connections to Redis or Valkey. Whoever asks waits at most `commandTimeoutMs`: ioredis would queue commands for as long as
 * the server is away.
 */
import { Redis } from 'ioredis';
import { OutsideError } from '../errors.ts';

export type RedisPlace = {
  /** `redis://`, `rediss://`, or a unix socket as `unix:///path` or `/path`. */
  readonly url: string;
  /** Every key of ours begins with it, followed by a colon. Default `switchyard`. */
  readonly prefix?: string;
};

/** Long enough for a busy server, short enough for a person who waits for a page. */
const COMMAND_TIMEOUT_MS = 2_000;
/** Longest pause between two attempts to connect again. */
const RECONNECT_MAX_MS = 1_000;

/** Returns a connection for commands. A lost connection is sought again without end; errors on it go to `onError`. */
export function openRedis(url: string, onError: (error: Error) => void = () => {}): Redis {
  const redis = new Redis(redisAddress(url), {
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, RECONNECT_MAX_MS),
  });
  redis.on('error', onError);
  return redis;
}

/** Returns a connection for BullMQ, whose blocking commands wait as long as it takes. */
export function openQueueRedis(url: string, onError: (error: Error) => void = () => {}): Redis {
  const redis = new Redis(redisAddress(url), {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 100, RECONNECT_MAX_MS),
  });
  redis.on('error', onError);
  return redis;
}

/** Returns the answer; throws OutsideError `timeout`, `unreachable` or `server-error` of the target `redis`. */
export async function askRedis<Answer>(request: string, question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new OutsideError({ code: codeOf(error, message), target: 'redis', request, message });
  }
}

function codeOf(error: unknown, message: string): OutsideError['code'] {
  if (message === 'Command timed out') return 'timeout';
  if (error instanceof Error && error.name === 'ReplyError') return 'server-error';
  return 'unreachable';
}

function redisAddress(url: string): string {
  return url.startsWith('unix://') ? url.slice('unix://'.length) : url;
}
