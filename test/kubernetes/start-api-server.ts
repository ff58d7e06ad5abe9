/**
 * etcd and kube-apiserver on loopback ports, for tests, with the flags of envtest
 * (https://github.com/kubernetes-sigs/controller-runtime/tree/main/pkg/internal/testing/controlplane), and beside them
 * kube-controller-manager and kube-scheduler where they are there.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { selfSignedCertificate } from '../../simulations/http/self-signed.ts';
import { openApiClient } from './api-client.ts';
import type { Assets } from './find-assets.ts';
import { type Program, startProgram } from './start-program.ts';

export type ApiServer = {
  readonly url: string;
  /** A kubeconfig (YAML) of somebody who may do everything. */
  readonly kubeconfig: string;
  /** The same as a file, which is there until `stop`. */
  readonly kubeconfigFile: string;
  /** Which of the controllers run beside it; the others are for the tests to stand in for. */
  readonly runs: { readonly controllerManager: boolean; readonly scheduler: boolean };
  /** Ends all programs, by their process ids, and removes their folder. */
  readonly stop: () => Promise<void>;
};

/** Starts everything and returns once the API server is ready. Throws with the last words of a program that does not start. */
export async function startApiServer(assets: Assets): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-apiserver-'));
  const programs: Program[] = [];
  const stop = async (): Promise<void> => {
    for (const program of programs.toReversed()) await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const etcdUrl = `http://127.0.0.1:${await freePort()}`;
    programs.push(await startEtcd(assets.etcd, etcdUrl, join(folder, 'etcd')));
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const keys = writeKeys(join(folder, 'certificates'), url);
    const kubeconfigFile = join(folder, 'kubeconfig');
    writeFileSync(kubeconfigFile, keys.kubeconfig, { mode: 0o600 });
    const args = apiServerArguments(port, etcdUrl, keys);
    const client = openApiClient(keys.kubeconfig);
    try {
      const isReady = async () => (await client.send('GET', '/readyz')).status === 200;
      programs.push(await startProgram(assets.apiServer, args, isReady));
      await wantDefaultNamespace(client);
    } finally {
      await client.close();
    }
    for (const [program, more] of controllersOf(assets)) {
      const home = join(folder, `beside-${programs.length}`);
      programs.push(await startController(program, [`--kubeconfig=${kubeconfigFile}`, ...more], home));
    }
    const runs = {
      controllerManager: assets.controllerManager !== undefined,
      scheduler: assets.scheduler !== undefined,
    };
    return { url, kubeconfig: keys.kubeconfig, kubeconfigFile, runs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEtcd(etcd: string, url: string, folder: string): Promise<Program> {
  const args = [
    `--data-dir=${folder}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=http://127.0.0.1:${await freePort()}`,
    // Since etcd 3.5: nothing here has to survive a crash of the machine.
    ...((await helpOf(etcd)).includes('--unsafe-no-fsync') ? ['--unsafe-no-fsync=true'] : []),
  ];
  return startProgram(etcd, args, async () => (await statusOf(`${url}/health`)) === 200);
}

function helpOf(program: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, ['--help'], (_error, out, err) => resolve(out + err));
  });
}

type Keys = { readonly folder: string; readonly kubeconfig: string };

/** What the API server shows its clients, signs service accounts with, and knows its administrator by. */
function writeKeys(folder: string, url: string): Keys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  const { key, certificate } = selfSignedCertificate(Date.now());
  write('apiserver.key', key);
  write('apiserver.crt', certificate);
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  write('accounts.key', accounts.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  write('accounts.pub', accounts.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const token = randomBytes(24).toString('hex');
  write('tokens.csv', `${token},admin,admin,"system:masters"\n`);
  return { folder, kubeconfig: kubeconfigOf(url, certificate, token) };
}

function kubeconfigOf(url: string, certificate: string, token: string): string {
  return [
    'apiVersion: v1',
    'kind: Config',
    'current-context: test',
    'clusters:',
    '  - name: test',
    '    cluster:',
    `      server: ${url}`,
    `      certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`,
    'users:',
    '  - name: admin',
    `    user: { token: ${token} }`,
    'contexts:',
    '  - name: test',
    '    context: { cluster: test, user: admin, namespace: default }',
    '',
  ].join('\n');
}

/**
 * Admission plugins that count on controllers which do not run here: ServiceAccount waits for accounts and their tokens;
 * TaintNodesByCondition taints each node that comes until the node controller takes that off; StorageObjectInUseProtection keeps
 * claims and volumes until a controller lets go of them.
 */
const withoutPlugins = ['ServiceAccount', 'TaintNodesByCondition', 'StorageObjectInUseProtection'];

function apiServerArguments(port: number, etcdUrl: string, { folder }: Keys): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    // A machine without a default route has no address to advertise, and nobody asks for one.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    // apiserver.crt and apiserver.key are found there.
    `--cert-dir=${folder}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'accounts.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    `--disable-admission-plugins=${withoutPlugins.join(',')}`,
  ];
}

/** A moment after it is ready the API server makes this namespace itself; nothing can be created in it before. */
async function wantDefaultNamespace(client: ReturnType<typeof openApiClient>): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
  const { status } = await client.send('POST', '/api/v1/namespaces', body);
  if (status !== 201 && status !== 409) throw new Error(`namespace default was answered ${status}`);
}

/**
 * Of the controller manager only the disruption controller runs: its counts are what evictions are answered by. The tests stand in for
 * kubelets, so that for the node, garbage and workload controllers all their nodes would be dead and all their pods of an old revision.
 */
function controllersOf(assets: Assets): readonly (readonly [program: string, args: readonly string[]])[] {
  return [
    ...(assets.controllerManager === undefined
      ? []
      : [[assets.controllerManager, ['--controllers=disruption']] as const]),
    ...(assets.scheduler === undefined ? [] : [[assets.scheduler, []] as const]),
  ];
}

async function startController(program: string, args: readonly string[], folder: string): Promise<Program> {
  const port = await freePort();
  // It signs its own certificate, and answers nothing but whether it is well.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const isReady = async () => (await statusOf(`https://127.0.0.1:${port}/healthz`, dispatcher)) === 200;
  const own = [
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
  ];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await startProgram(program, [...args, ...own], isReady);
  } finally {
    await dispatcher.destroy();
  }
}

async function statusOf(url: string, dispatcher?: Agent): Promise<number> {
  const { statusCode, body } = await request(url, dispatcher === undefined ? {} : { dispatcher });
  await body.dump();
  return statusCode;
}

/** A port of 127.0.0.1 that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
