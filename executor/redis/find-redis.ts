/**
 * Where Redis comes from when nobody has set one up: what is there, else what can be installed, else what to type.
 */
import { spawn } from 'node:child_process';
import { findRedisProgram } from './private-server.ts';

export type FoundRedis =
  /** REDIS_URL names one. */
  | { readonly kind: 'url'; readonly url: string }
  /** A program to start a private server with, see startPrivateRedis. */
  | { readonly kind: 'private'; readonly program: string }
  /** None, and none could be installed: the command that would. */
  | { readonly kind: 'missing'; readonly command: string };

/** Packages by preference: Valkey is free software, newer Redis is not. Debian 12 has only Redis, in its last free version. */
const packages = ['valkey-server', 'redis-server'] as const;
const INSTALL_LIMIT_MS = 180_000;

/**
 * Returns where Redis is: REDIS_URL, else valkey-server or redis-server on the PATH, else, as root where there is apt-get, one
 * that is installed now. `say` is told before anything is installed. No system service is started.
 */
export async function findOrInstallRedis(
  say: (line: string) => void,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FoundRedis> {
  const url = environment.REDIS_URL;
  if (url !== undefined && url !== '') return { kind: 'url', url };
  const present = findRedisProgram(environment.PATH);
  if (present !== undefined) return { kind: 'private', program: present };
  if (process.platform !== 'linux' || !(await succeeds(['apt-get', '--version'], environment))) {
    return { kind: 'missing', command: commandFor(process.platform) };
  }
  if (process.getuid?.() !== 0) {
    return { kind: 'missing', command: 'sudo apt-get install -y --no-install-recommends redis-server' };
  }
  say('Redis is neither at REDIS_URL nor on the PATH: installing it with apt-get (no service is started).');
  await succeeds(['apt-get', 'update', '-qq'], environment);
  for (const name of packages) {
    if (!(await succeeds(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', name], environment)))
      continue;
    const program = findRedisProgram(environment.PATH);
    if (program !== undefined) return { kind: 'private', program };
  }
  return {
    kind: 'missing',
    command: 'apt-get update && apt-get install -y --no-install-recommends redis-server',
  };
}

function commandFor(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'brew install valkey';
  if (platform === 'linux')
    return 'install valkey-server or redis-server with the package manager of this system';
  return 'set REDIS_URL to a Redis or Valkey server';
}

/** Runs a program without a terminal; true when it ended with 0 in time. */
function succeeds(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const [program, ...rest] = command;
  return new Promise((resolve) => {
    // RUNLEVEL=1: Debian's packages then start no service, in which runlevel it is not meant to run.
    const child = spawn(program, rest, {
      stdio: 'ignore',
      timeout: INSTALL_LIMIT_MS,
      env: { ...environment, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}
