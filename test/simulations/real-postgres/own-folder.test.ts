import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { processesIn } from '../../../simulations/real-postgres/clear-folder.ts';
import { openOwnFolder } from '../../../simulations/real-postgres/own-folder.ts';

const sleepers: ChildProcess[] = [];
afterEach(() => {
  for (const one of sleepers.splice(0)) one.kill('SIGKILL');
});

/** A process in a session of its own that would go on for ten minutes, as a postmaster would for ever. */
function startSleeper(folder: string): ChildProcess {
  const sleeper = spawn('sleep', ['600'], { cwd: folder, detached: true, stdio: 'ignore' });
  sleepers.push(sleeper);
  return sleeper;
}

describe.skipIf(process.platform !== 'linux')('a folder of our own', () => {
  it('is removed with every process that works in it, when asked, and no other process is touched', {
    timeout: 30_000,
  }, async () => {
    const [folder, other] = [openOwnFolder('switchyard-test-'), openOwnFolder('switchyard-test-')];
    const [ours, theirs] = [startSleeper(folder.path), startSleeper(other.path)];
    await expect.poll(() => processesIn(folder.path), { timeout: 10_000 }).toEqual([ours.pid]);
    await folder.clear();
    expect(processesIn(folder.path)).toEqual([]);
    await expect.poll(() => existsSync(folder.path), { timeout: 20_000 }).toBe(false);
    expect(processesIn(other.path)).toEqual([theirs.pid]);
    await other.clear();
  });

  it('is removed with them when its program is killed with SIGKILL', { timeout: 30_000 }, async () => {
    const program = `
      import { spawn } from 'node:child_process';
      import { openOwnFolder } from ${JSON.stringify(join(import.meta.dirname, '../../../simulations/real-postgres/own-folder.ts'))};
      const { path } = openOwnFolder('switchyard-test-');
      const { pid } = spawn('sleep', ['600'], { cwd: path, detached: true, stdio: 'ignore' });
      console.log(JSON.stringify({ path, pid }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sleepers.push(child);
    const line = await new Promise<string>((said) => createInterface(child.stdout).once('line', said));
    const { path, pid } = JSON.parse(line) as { path: string; pid: number };
    expect(processesIn(path)).toEqual([pid]);
    child.kill('SIGKILL');
    await expect
      .poll(() => existsSync(path) || processesIn(path).length > 0, { timeout: 20_000 })
      .toBe(false);
  });
});
