/**
 * What serving a large fleet costs: `switchyard sandbox` in a process of its own, from a dump of 1,000 nodes and 32,000 pods, with
 * every pod listed and fifty watches while evictions and Patroni's heartbeats change pods: ten of all pods, as controllers and
 * switchyard's own workers have them, the others of the pods of one node each, as kubelets have them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../executor/system-clock.ts';
import { generateFleet } from '../../simulations/generate-fleet.ts';
import { root } from '../source-files.ts';

export type SimulationsMeasured = {
  readonly nodes: number;
  readonly pods: number;
  readonly dumpMB: number;
  /** JSON.parse of the dump in this process right before: what the machine does at present. */
  readonly parseSeconds: number;
  /** From the start of the process until it says where it listens. */
  readonly startSeconds: number;
  /** All pods in one answer. */
  readonly list: { readonly seconds: number; readonly MB: number; readonly stallMs: number };
  /** All pods in pages of 500, as kubectl asks for them. */
  readonly pages: { readonly seconds: number; readonly stallMs: number };
  readonly watches: {
    readonly count: number;
    readonly seconds: number;
    /** Changes told to each watch of all pods, at least. */
    readonly changesEach: number;
    readonly evictions: number;
    readonly stallMs: number;
    /** The longest that GET /version took meanwhile. */
    readonly answerMs: number;
  };
  /** Undefined: this system does not tell. */
  readonly peakMB: number | undefined;
};

/** What is asked for. A stall of a second is half of what a client's health check waits. */
export const promisedOfSimulations = { startSeconds: 5, peakMB: 2000, stallMs: 1000 } as const;

const nodes = 1_000;
const watchesCount = 50;
const watchesOfAll = 10;
const watchSeconds = 20;
const evictionsCount = 200;
const startLimitMs = 60_000;

const agent = new Agent({ keepAlive: true, maxSockets: watchesCount + 10 });

/** Measures it once; about a minute. */
export async function benchSimulations(): Promise<SimulationsMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  const dump = join(folder, 'dump.json');
  const text = JSON.stringify(generateFleet({ seed: 1, nodes }).list);
  writeFileSync(dump, text);
  const parsing = performance.now();
  JSON.parse(text);
  const started = performance.now();
  const parseSeconds = (started - parsing) / 1000;
  const sandbox = spawn(
    process.execPath,
    ['--import', join(root, 'test/bench/watch-event-loop.ts'), 'bin/main.ts', 'sandbox', '--snapshot', dump],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  try {
    const url = await urlOf(sandbox);
    const startSeconds = (performance.now() - started) / 1000;
    await stallOf(sandbox);
    const list = await listAll(url, sandbox);
    const pages = await listPages(url, sandbox);
    const watches = await watchAll(url, sandbox);
    return {
      nodes,
      pods: list.pods,
      dumpMB: text.length / 1e6,
      parseSeconds,
      startSeconds,
      list,
      pages,
      watches,
      peakMB: peakOf(sandbox),
    };
  } finally {
    sandbox.kill();
    agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

function urlOf(sandbox: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const late = setTimeout(() => reject(new Error('the sandbox did not start')), startLimitMs);
    sandbox.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const url = /^Kubernetes API +(\S+)/m.exec(printed)?.[1];
      if (url === undefined || !printed.includes('Ctrl-C')) return;
      clearTimeout(late);
      resolve(url);
    });
  });
}

/** The longest stall of its event loop since the last time it was asked, in milliseconds. */
function stallOf(sandbox: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    sandbox.once('message', (told: { readonly stallMs: number }) => resolve(told.stallMs));
    sandbox.send('tell');
  });
}

type Got = { readonly text: string; readonly ms: number };

function getText(address: string): Promise<Got> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    get(address, { agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ text: Buffer.concat(chunks).toString('utf8'), ms: performance.now() - begun }),
      );
    }).on('error', reject);
  });
}

type PodList = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: { readonly nodeName?: string };
  }[];
};

async function listAll(url: string, sandbox: ChildProcess) {
  const { text, ms } = await getText(`${url}/api/v1/pods`);
  const stallMs = await stallOf(sandbox);
  const { items } = JSON.parse(text) as PodList;
  return { pods: items.length, seconds: ms / 1000, MB: text.length / 1e6, stallMs };
}

async function listPages(url: string, sandbox: ChildProcess) {
  const begun = performance.now();
  let next = '';
  do {
    const { text } = await getText(`${url}/api/v1/pods?limit=500&continue=${next}`);
    next = (JSON.parse(text) as PodList).metadata.continue ?? '';
  } while (next !== '');
  return { seconds: (performance.now() - begun) / 1000, stallMs: await stallOf(sandbox) };
}

/** Fifty watches, while pods are evicted and Patroni goes on as it does every ten seconds. */
async function watchAll(url: string, sandbox: ChildProcess): Promise<SimulationsMeasured['watches']> {
  const page = JSON.parse((await getText(`${url}/api/v1/pods?limit=5000`)).text) as PodList;
  const from = page.metadata.resourceVersion;
  const counts = Array.from({ length: watchesCount }, () => 0);
  const leave = counts.map((_, place) =>
    watchPods(`${url}/api/v1/pods?watch=1&resourceVersion=${from}${selectorOf(page, place)}`, (lines) => {
      counts[place] = (counts[place] ?? 0) + lines;
    }),
  );
  await stallOf(sandbox);
  const untilMs = performance.now() + watchSeconds * 1000;
  let answerMs = 0;
  let evictions = 0;
  for (let turn = 0; performance.now() < untilMs; turn += 1) {
    const pod = page.items[turn * 7];
    if (turn < evictionsCount && pod !== undefined && (await evict(url, pod.metadata)) === 201)
      evictions += 1;
    answerMs = Math.max(answerMs, (await getText(`${url}/version`)).ms);
    await sleep(50);
  }
  const stallMs = await stallOf(sandbox);
  for (const one of leave) one();
  return {
    count: watchesCount,
    seconds: watchSeconds,
    changesEach: Math.min(...counts.slice(0, watchesOfAll)),
    evictions,
    stallMs,
    answerMs,
  };
}

function selectorOf(page: PodList, place: number): string {
  if (place < watchesOfAll) return '';
  const node = page.items[place * 40]?.spec.nodeName ?? '';
  return `&fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
}

function watchPods(address: string, heard: (lines: number) => void): () => void {
  const watching = get(address, (answer) => {
    answer.on('data', (chunk: Buffer) => {
      let lines = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
      heard(lines);
    });
    answer.on('error', () => {});
  });
  watching.on('error', () => {});
  return () => watching.destroy();
}

function evict(url: string, pod: { readonly name: string; readonly namespace: string }): Promise<number> {
  const address = `${url}/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/eviction`;
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.name } };
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sending = request(address, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sending.on('error', reject);
    sending.end(JSON.stringify(body));
  });
}

/** The most memory that the process ever had, as Linux counts it. */
function peakOf(sandbox: ChildProcess): number | undefined {
  try {
    const told = readFileSync(`/proc/${sandbox.pid}/status`, 'utf8');
    const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(told)?.[1]);
    return Number.isFinite(kilobytes) ? (kilobytes * 1024) / 1e6 : undefined;
  } catch {
    return undefined;
  }
}

/** What was measured, in lines for people, each with its bar. */
export function simulationsLines(measured: SimulationsMeasured): string {
  const { list, pages, watches, peakMB } = measured;
  const promised = promisedOfSimulations;
  const bar = (value: number, max: number, unit: string) =>
    `${value <= max ? 'within' : 'MISSES'} ${max} ${unit}`;
  const stall = (ms: number) => `longest stall ${Math.round(ms)} ms, ${bar(ms, promised.stallMs, 'ms')}`;
  return [
    `switchyard sandbox: ${measured.nodes} nodes, ${measured.pods} pods, a dump of ${measured.dumpMB.toFixed(0)} MB`,
    `  start            ${measured.startSeconds.toFixed(1)} s   ${bar(measured.startSeconds, promised.startSeconds, 's')}; JSON.parse of the dump alone ${measured.parseSeconds.toFixed(1)} s`,
    `  list of all pods ${list.seconds.toFixed(1)} s, ${list.MB.toFixed(0)} MB   ${stall(list.stallMs)}`,
    `  in pages of 500  ${pages.seconds.toFixed(1)} s   ${stall(pages.stallMs)}`,
    `  ${watches.count} watches       ${watches.seconds} s, ${watches.changesEach} changes to each of all pods, ${watches.evictions} evictions   ` +
      `${stall(watches.stallMs)}; slowest answer beside them ${Math.round(watches.answerMs)} ms`,
    peakMB === undefined
      ? '  memory           this system does not tell'
      : `  memory, peak     ${Math.round(peakMB)} MB   ${bar(peakMB, promised.peakMB, 'MB')}`,
    '',
  ].join('\n');
}
