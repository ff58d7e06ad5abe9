import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../source-files.ts';

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs `switchyard` as its user would, without a terminal, and returns how it ended. */
export function switchyard(
  arguments_: readonly string[],
  input?: string,
  environment: Readonly<Record<string, string>> = {},
): Ended {
  const ended = spawnSync(join(root, 'bin/switchyard'), [...arguments_], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 30_000,
    ...(input === undefined ? {} : { input }),
    env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', ...environment },
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** Runs a line of shell in which `switchyard` is the command line. */
export function shell(line: string): Ended {
  const ended = spawnSync('bash', ['-c', `set -o pipefail; switchyard() { bin/switchyard "$@"; }; ${line}`], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8' },
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** Writes a file into a folder of its own, which is removed when the test process ends, and returns its path. */
export function fileWith(name: string, content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(
    path,
    typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
  );
  return path;
}
