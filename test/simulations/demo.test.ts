import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { root } from '../source-files.ts';

type DemoEnded = { readonly code: number | null; readonly err: string; readonly left: readonly string[] };

/** Plays the demo with a folder for temporary files of its own, and interrupts it at the line that has `at`. */
async function demo(options: readonly string[], at?: string, environment = {}): Promise<DemoEnded> {
  const folder = mkdtempSync(join(tmpdir(), 'sy-'));
  const child = spawn(process.execPath, ['simulations/demo.ts', '--port', '0', ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, TMPDIR: folder, ...environment },
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (at !== undefined && line.includes(at)) child.kill('SIGINT');
  });
  // Not 'exit': its output is closed only when its children have ended, too.
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true });
  return { code, err, left };
}

describe('the demo', { timeout: 60_000 }, () => {
  it.each([
    ['while the run goes on', 'the run started'],
    ['before anything is open', 'Naive rotation'],
  ])('that is interrupted %s leaves no program and no folder behind', async (_, at) => {
    const ended = await demo([], at);
    expect(ended.left).toEqual([]);
    expect(ended.err).not.toMatch(/\n\s+at /);
    expect(ended.code).not.toBe(0);
  });

  it('says in one line that the Redis of REDIS_URL does not answer', async () => {
    const ended = await demo([], undefined, { REDIS_URL: 'redis://user:secret@127.0.0.1:1' });
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.err).toContain('REDIS_URL redis://127.0.0.1:1: no answer');
    expect(ended.code).toBe(1);
  });

  it('refuses options that it does not know, and numbers that are none', async () => {
    expect((await demo(['--bogus'])).code).toBe(2);
    const ended = await demo(['--speed', 'x']);
    expect(ended.err).toContain('--speed: "x"; expected a number above 0');
    expect(ended.code).toBe(2);
  });
});
