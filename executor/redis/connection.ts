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

/** What went wrong last on a connection that is not there, e.g. `ECONNREFUSED`; commands fail without saying it. */
const troubles = new WeakMap<Redis, string>();

/** Returns a connection for commands. A lost connection is sought again without end; errors on it go to `onError`. */
export function openRedis(url: string, onError: (error: Error) => void = () => {}): Redis {
  const redis = new Redis(redisAddress(url), {
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, RECONNECT_MAX_MS),
  });
  redis.on('error', (error: Error) => {
    troubles.set(redis, 'code' in error ? String(error.code) : error.message);
    onError(error);
  });
  redis.on('ready', () => troubles.delete(redis));
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
export async function askRedis<Answer>(
  redis: Redis,
  request: string,
  question: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    throw noAnswer(redis, request, error);
  }
}

/** The client speaks of its own settings (`maxRetriesPerRequest`): people are told which server it is and what is wrong with it. */
function noAnswer(redis: Redis, request: string, error: unknown): OutsideError {
  const message = error instanceof Error ? error.message : String(error);
  const failure = { target: 'redis', request, message } as const;
  const place = `Redis at ${shownPlace(redis)}`;
  if (message === 'Command timed out') {
    const sentence = `${place} has not answered within ${COMMAND_TIMEOUT_MS / 1000} s: what was asked may be done all the same; runs go on when it answers again`;
    return new OutsideError({ ...failure, code: 'timeout', sentence });
  }
  if (error instanceof Error && error.name === 'ReplyError') {
    return new OutsideError({ ...failure, code: 'server-error', sentence: `${place} refuses (${message})` });
  }
  if (!isLostConnection(error, message)) return new OutsideError({ ...failure, code: 'unreachable' });
  const sentence = `${place} does not answer (${troubles.get(redis) ?? 'connection lost'}); runs go on when it is back`;
  return new OutsideError({ ...failure, code: 'unreachable', sentence });
}

/** The client's own words for it; whatever else the question threw has its own message. */
function isLostConnection(error: unknown, message: string): boolean {
  const isAborted = error instanceof Error && /^(MaxRetriesPerRequestError|AbortError)$/.test(error.name);
  return isAborted || /^(Connection is closed|Stream isn't writeable)/.test(message);
}

/** Without name and password, which are part of an address. */
function shownPlace({ options }: Redis): string {
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`;
}

function redisAddress(url: string): string {
  return url.startsWith('unix://') ? url.slice('unix://'.length) : url;
}
