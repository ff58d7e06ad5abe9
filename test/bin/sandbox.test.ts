import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../source-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-sandbox-'));
const kubeconfig = join(folder, 'kubeconfig');
let sandbox: ChildProcess;
let printed = '';

beforeAll(async () => {
  sandbox = spawn(process.execPath, ['bin/main.ts', 'sandbox', '--kubeconfig', kubeconfig, '--speed', '50'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  sandbox.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  while (!printed.includes('Ctrl-C ends it')) await new Promise((resolve) => setTimeout(resolve, 20));
});
afterAll(() => {
  sandbox.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const server = () => /server: (\S+)/.exec(readFileSync(kubeconfig, 'utf8'))?.[1] ?? '';

async function set(data: Record<string, string | null>): Promise<number> {
  const answer = await fetch(`${server()}/api/v1/namespaces/kube-system/configmaps/simulation-faults`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ data }),
  });
  return answer.status;
}

describe('switchyard sandbox', () => {
  it('says where it listens and how faults are switched', () => {
    expect(printed).toContain(`Kubernetes API  ${server()}   kubeconfig ${kubeconfig}`);
    expect(printed).toContain('faults          kubectl -n kube-system edit configmap simulation-faults');
  });

  it('switches faults on and off while it runs', async () => {
    const nodes = async () => (await fetch(`${server()}/api/v1/nodes`)).status;
    expect(await nodes()).toBe(200);
    expect(await set({ 'api-errors-percent': '100' })).toBe(200);
    expect(await nodes()).toBe(500);
    expect(await set({ 'api-errors-percent': 'most' })).toBe(400);
    expect(await nodes()).toBe(500);
    expect(await set({ 'api-errors-percent': null })).toBe(200);
    expect(await nodes()).toBe(200);
  });

  it('brings a node that the pipeline wants, unless nodes never come', async () => {
    const pipeline = /pipeline +(\S+)/.exec(printed)?.[1] ?? '';
    const want = (key: string) =>
      fetch(pipeline, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'surge-wanted', data: { key, zone: 'z1', labels: {} } }),
      });
    const count = async () => {
      const body = (await (await fetch(`${server()}/api/v1/nodes`)).json()) as { items: unknown[] };
      return body.items.length;
    };
    expect(await set({ 'nodes-never-come': '*' })).toBe(200);
    expect((await want('first')).status).toBe(202);
    expect(await set({ 'nodes-never-come': null })).toBe(200);
    expect((await want('second')).status).toBe(202);
    await expect.poll(count, { timeout: 15_000 }).toBe(4);
  });

  it('ends at Ctrl-C', async () => {
    const ended = new Promise((resolve) => sandbox.once('exit', resolve));
    sandbox.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
