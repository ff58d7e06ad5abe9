import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openApiClient, openApiClientOf } from './api-client.ts';
import { findAssets } from './find-assets.ts';
import { type ProgramName, writePrograms } from './simulated/write-programs.ts';
import { type ApiServer, startApiServer } from './start-api-server.ts';

const cleaning: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).toReversed()) await clean();
});

function folderOf(...names: readonly ProgramName[]): string {
  const programs = writePrograms(...names);
  cleaning.push(programs.remove);
  return programs.folder;
}

async function started(folder: string): Promise<ApiServer> {
  const found = findAssets(folder);
  if (found.kind !== 'found') throw new Error(found.message);
  const server = await startApiServer(found.assets);
  cleaning.push(server.stop);
  return server;
}

function testKubernetes(assets: string | undefined) {
  const environment = assets === undefined ? {} : { KUBEBUILDER_ASSETS: assets };
  const file = fileURLToPath(new URL('run.ts', import.meta.url));
  const env = { PATH: process.env.PATH, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('npm run test:kubernetes', () => {
  it('skips with one line that says how to get the programs where KUBEBUILDER_ASSETS is not set', () => {
    const { status, stdout, stderr } = testKubernetes(undefined);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toMatch(/^skipped: KUBEBUILDER_ASSETS is not set.*setup-envtest use 1\.34 -p path/);
  });

  it('fails and names the program that its folder lacks', () => {
    const folder = folderOf('etcd');
    const { status, stdout, stderr } = testKubernetes(folder);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`KUBEBUILDER_ASSETS=${folder} has no program kube-apiserver.`);
    expect(testKubernetes('/nowhere').stderr).toContain('has no program etcd and kube-apiserver');
  });
});

describe('an API server from a folder of programs', { timeout: 60_000 }, () => {
  it('speaks TLS under its own certificate, and knows who may do everything from who may not', async () => {
    const server = await started(folderOf('etcd', 'kube-apiserver'));
    expect(server.runs).toEqual({ controllerManager: false, scheduler: false });
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const admin = openApiClientOf(server.kubeconfigFile);
    const nobody = openApiClient(server.kubeconfig.replace(/token: \w+/, 'token: abc'));
    cleaning.push(admin.close, nobody.close);
    expect((await admin.send('GET', '/api/v1/nodes')).body).toMatchObject({ kind: 'NodeList', items: [] });
    expect((await nobody.send('GET', '/api/v1/nodes')).status).toBe(401);
    await expect(fetch(`${server.url}/readyz`)).rejects.toThrow();
  });

  it('leaves no program and no folder when it is stopped', async () => {
    const server = await started(folderOf('etcd', 'kube-apiserver', 'kube-scheduler'));
    const folder = join(server.kubeconfigFile, '..');
    const pids = readdirSync('/proc').filter((pid) => commandLine(pid).includes(folder));
    expect(pids.length).toBeGreaterThanOrEqual(3);
    await server.stop();
    expect(existsSync(folder)).toBe(false);
    expect(pids.filter((pid) => commandLine(pid).includes(folder))).toEqual([]);
  });

  it('that ends at once is told with its last words, and nothing of it is left', async () => {
    const folder = folderOf('etcd');
    const program = '#!/bin/sh\necho "Error: unknown flag: --nonsense" >&2\nexit 1\n';
    writeFileSync(join(folder, 'kube-apiserver'), program, { mode: 0o755 });
    const temporary = mkdtempSync(join(tmpdir(), 'sy-'));
    cleaning.push(() => rmSync(temporary, { recursive: true }));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = temporary;
    try {
      await expect(started(folder)).rejects.toThrow(
        /kube-apiserver ended before it was ready.*unknown flag: --nonsense/s,
      );
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    expect(readdirSync(temporary)).toEqual([]);
  });
});

/** Empty where there is no such process. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
