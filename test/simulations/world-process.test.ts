import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../simulations/world-process.ts', import.meta.url));
const snapshot = fileURLToPath(new URL('../fixtures/snapshots/three-zones.json', import.meta.url));

let child: ChildProcess | undefined;
afterEach(async () => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

function start(...args: string[]): ChildProcess {
  child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return child;
}

async function firstLine(running: ChildProcess): Promise<Record<string, string>> {
  if (running.stdout === null) throw new Error('no standard output');
  const [line] = await once(createInterface(running.stdout), 'line');
  return JSON.parse(String(line));
}

describe('the world as a process', () => {
  it('says where it is in one line, serves, and ends on SIGTERM', async () => {
    const running = start('--snapshot', snapshot, '--speed', '0');
    const ready = await firstLine(running);
    const nodes = await (await fetch(`${ready.kubernetesUrl}/api/v1/nodes`)).json();
    expect(nodes).toMatchObject({ kind: 'NodeList' });
    const state = await (await fetch(`${ready.simulationUrl}/simulation/state`)).json();
    expect(state).toMatchObject({ speed: 0, roleChanges: [], evictions: [], violations: [] });
    expect(ready.kubeconfig).toContain(ready.kubernetesUrl);
    running.kill('SIGTERM');
    const [code] = await once(running, 'exit');
    expect(code).toBe(0);
  });

  it('serves a named scenario', async () => {
    const ready = await firstLine(start('--scenario', 'three-zones', '--speed', '0'));
    const nodes = await (
      await fetch(`${ready.kubernetesUrl}/api/v1/nodes?fieldSelector=metadata.name%3Dn1`)
    ).json();
    expect(nodes).toMatchObject({ items: [{ metadata: { name: 'n1' } }] });
  });

  it.each([
    [[]],
    [['--snapshot', '/nowhere.json']],
    [['--snapshot', snapshot, '--speed', 'fast']],
    [['--snapshot', fileURLToPath(import.meta.url)]],
    [['--scenario', 'nothing']],
    [['--unknown']],
  ])('with %j ends with code 2 and one line on standard error', async (args) => {
    const running = start(...args);
    const errors: string[] = [];
    running.stderr?.on('data', (chunk) => errors.push(String(chunk)));
    const [code] = await once(running, 'close');
    expect(code).toBe(2);
    expect(errors.join('').trimEnd()).toMatch(/^world-process: .+/);
    expect(errors.join('').trimEnd().split('\n')).toHaveLength(1);
  });
});
