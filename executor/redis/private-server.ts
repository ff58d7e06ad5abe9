/**
 * A Redis or Valkey server of our own, for the demo and for tests: on a unix socket in a folder of its own, reachable by nobody
 * else, with every write on disk before it is answered. Servers that run already are left alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { sleep } from '../system-clock.ts';

export type PrivateRedis = {
  /** For openRedis: `unix://<socket>`. */
  readonly url: string;
  readonly socketPath: string;
  readonly pid: number;
  /** Ends the server with SIGTERM and waits until it is gone. The folder stays. Close all connections first. */
  stop(): Promise<void>;
};

/** A unix socket path may have about 107 characters. */
const SOCKET_PATH_MAX = 100;
const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 5_000;

/**
 * Starts a server on the folder `dir` (made if missing; what an earlier server left there is read again) and returns once it
 * answers. Throws when it does not within 10 s, or when a server of an earlier start still runs on that folder.
 */
export async function startPrivateRedis(options: {
  readonly dir: string;
  /** Default: valkey-server or redis-server on the PATH. */
  readonly program?: string;
}): Promise<PrivateRedis> {
  const program = options.program ?? findRedisProgram();
  if (program === undefined) throw new Error('neither valkey-server nor redis-server is on the PATH');
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const socketPath = join(options.dir, 'redis.sock');
  if (socketPath.length > SOCKET_PATH_MAX) {
    throw new Error(`${socketPath} is too long for a unix socket: at most ${SOCKET_PATH_MAX} characters`);
  }
  if (existsSync(socketPath) && (await answers(socketPath))) {
    throw new Error(`a server runs on ${options.dir} already`);
  }
  const child = spawn(program, serverArguments(options.dir, socketPath), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = collectOutput(child);
  for (let waitedMs = 0; waitedMs < START_LIMIT_MS; waitedMs += 50) {
    if (child.exitCode !== null || child.pid === undefined) break;
    if (await answers(socketPath)) {
      return { url: `unix://${socketPath}`, socketPath, pid: child.pid, stop: () => stop(child) };
    }
    await sleep(50);
  }
  child.kill('SIGKILL');
  // What it said last, and why it could not be run at all, come a moment later.
  await sleep(50);
  throw new Error(`${program} did not start: ${said().trim().split('\n').slice(-3).join(' | ')}`);
}

/** Returns the path of valkey-server or redis-server; undefined: neither is on the PATH. */
export function findRedisProgram(path: string = process.env.PATH ?? ''): string | undefined {
  for (const name of ['valkey-server', 'redis-server']) {
    for (const folder of path.split(delimiter)) {
      const candidate = join(folder, name);
      if (folder !== '' && isProgram(candidate)) return candidate;
    }
  }
  return undefined;
}

function serverArguments(dir: string, socketPath: string): readonly string[] {
  const settings: readonly (readonly [string, string])[] = [
    ['port', '0'],
    ['unixsocket', socketPath],
    ['unixsocketperm', '700'],
    ['dir', dir],
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['save', ''],
    // BullMQ needs it: a server that drops keys loses jobs.
    ['maxmemory-policy', 'noeviction'],
    ['daemonize', 'no'],
    ['supervised', 'no'],
  ];
  return settings.flatMap(([name, value]) => [`--${name}`, value]);
}

async function answers(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  const redis = new Redis(socketPath, {
    lazyConnect: true,
    retryStrategy: () => null,
    commandTimeout: 1_000,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const patience = new AbortController();
  await Promise.race([gone, sleep(STOP_LIMIT_MS, patience.signal)]);
  patience.abort();
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await gone;
  }
}

/** Keeps the last lines a server says, for the message when it does not start. */
function collectOutput(child: ChildProcess): () => string {
  let said = '';
  const take = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2_000);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  child.on('error', (error) => take(Buffer.from(error.message)));
  return () => said;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
