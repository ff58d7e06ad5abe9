/**
 * What serving a large fleet costs: `switchyard sandbox` in a process of its own, from a dump of 1,000 nodes and 32,000 pods as
 * kubectl prints it. First every pod is listed; then fifty watches of all pods are open while nodes are drained, all pods are
 * listed once more, and Patroni publishes every member every ten seconds, as it does. This process reads all of that beside it.
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
  /** JSON.parse of the dump in this process right before: what the machine does at present, and what no start can do without. */
  readonly parseSeconds: number;
  /** From the start of the process until it says where it listens. */
  readonly startSeconds: number;
  /** All pods in one answer. */
  readonly list: Stalled & { readonly seconds: number; readonly MB: number };
  /** All pods in pages of 500, as kubectl asks for them. */
  readonly pages: Stalled & { readonly seconds: number };
  readonly watches: Stalled & {
    readonly count: number;
    /** Cut off because they were not read fast enough. */
    readonly cutOff: number;
    readonly seconds: number;
    /** Changes told to the watch that heard the fewest, and megabytes to all of them. */
    readonly changesEach: number;
    readonly MB: number;
    readonly evictions: number;
    /** All pods in one answer, meanwhile. */
    readonly listSeconds: number;
    /** The longest that GET /version took meanwhile, as seen from a process that reads all watches. */
    readonly answerMs: number;
  };
  /** Undefined: this system does not tell. */
  readonly peakMB: number | undefined;
};

/** The longest that an event loop did nothing: that of the sandbox, and that of a process beside it that has nothing to do. */
type Stalled = { readonly stallMs: number; readonly idleStallMs: number };

/** What is asked for, on a machine that does nothing else. */
export const promisedOfSimulations = { startSeconds: 5, peakMB: 2000, stallMs: 200 } as const;

const nodes = 1_000;
/** With stateless and daemon pods 32,000 pods. */
const clusters = 10_500;
const watchesCount = 50;
/** Two of Patroni's loops. */
const watchSeconds = 20;
const startLimitMs = 120_000;

/** A connection for each request: one kept alive may be closed by the other side while this one is busy reading. */
const agent = new Agent({ keepAlive: false });

type Watched = { readonly sandbox: ChildProcess; readonly idle: ChildProcess };

/** Measures it once; about a minute. */
export async function benchSimulations(): Promise<SimulationsMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  const dump = join(folder, 'dump.json');
  // As kubectl indents it.
  const text = `${JSON.stringify(generateFleet({ seed: 1, nodes, clusters }).list, null, 4)}\n`;
  writeFileSync(dump, text);
  const parsing = performance.now();
  JSON.parse(text);
  const parsed = performance.now();
  const idle = startWatched(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const started = performance.now();
  const sandbox = startWatched(join(root, 'bin/switchyard'), ['sandbox', '--snapshot', dump]);
  const both = { sandbox, idle };
  try {
    const url = await urlOf(sandbox);
    const startSeconds = (performance.now() - started) / 1000;
    await stallsOf(both);
    const { pods, ...list } = await listAll(url, both);
    const pages = await listPages(url, both);
    const watches = await watchAll(url, both);
    const parseSeconds = (parsed - parsing) / 1000;
    const measured = { nodes, pods, dumpMB: text.length / 1e6, parseSeconds, startSeconds };
    return { ...measured, list, pages, watches, peakMB: peakOf(sandbox) };
  } finally {
    sandbox.kill();
    idle.kill();
    agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process that tells how long its event loop stood still. */
function startWatched(command: string, arguments_: readonly string[]): ChildProcess {
  return spawn(command, [...arguments_], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: `--import=${join(root, 'test/bench/watch-event-loop.ts')}` },
  });
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

/** The longest stalls since the last time they were asked. */
async function stallsOf({ sandbox, idle }: Watched): Promise<Stalled> {
  const [stallMs, idleStallMs] = await Promise.all([stallOf(sandbox), stallOf(idle)]);
  return { stallMs, idleStallMs };
}

function stallOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (told: { readonly stallMs: number }) => resolve(told.stallMs));
    child.send('tell');
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

async function listAll(url: string, both: Watched) {
  const { text, ms } = await getText(`${url}/api/v1/pods`);
  const stalls = await stallsOf(both);
  const { items } = JSON.parse(text) as PodList;
  return { pods: items.length, seconds: ms / 1000, MB: text.length / 1e6, ...stalls };
}

async function listPages(url: string, both: Watched) {
  const begun = performance.now();
  let next = '';
  do {
    const { text } = await getText(`${url}/api/v1/pods?limit=500&continue=${next}`);
    next = (JSON.parse(text) as PodList).metadata.continue ?? '';
  } while (next !== '');
  return { seconds: (performance.now() - begun) / 1000, ...(await stallsOf(both)) };
}

type Heard = { lines: number; bytes: number; isCutOff: boolean };

/** Fifty watches of all pods, while nodes are drained one after the other and all pods are listed once. */
async function watchAll(url: string, both: Watched): Promise<SimulationsMeasured['watches']> {
  const page = JSON.parse((await getText(`${url}/api/v1/pods?limit=5000`)).text) as PodList;
  const from = page.metadata.resourceVersion;
  const heard = Array.from({ length: watchesCount }, (): Heard => ({ lines: 0, bytes: 0, isCutOff: false }));
  const leave = heard.map((one) => watchPods(`${url}/api/v1/pods?watch=1&resourceVersion=${from}`, one));
  await stallsOf(both);
  const untilMs = performance.now() + watchSeconds * 1000;
  const draining = drainNodes(url, page, untilMs);
  await sleep(1000);
  const listing = getText(`${url}/api/v1/pods`);
  let answerMs = 0;
  while (performance.now() < untilMs) {
    answerMs = Math.max(answerMs, (await getText(`${url}/version`)).ms);
    await sleep(50);
  }
  const evictions = await draining;
  const listSeconds = (await listing).ms / 1000;
  const stalls = await stallsOf(both);
  const cutOff = heard.filter((one) => one.isCutOff).length;
  for (const one of leave) one();
  return {
    count: watchesCount,
    cutOff,
    seconds: watchSeconds,
    changesEach: Math.min(...heard.map((one) => one.lines)),
    MB: heard.reduce((sum, one) => sum + one.bytes, 0) / 1e6,
    evictions,
    listSeconds,
    answerMs,
    ...stalls,
  };
}

/** As `kubectl drain` does: a node is closed, then its pods are evicted one after the other. Returns how many evictions were admitted. */
async function drainNodes(url: string, page: PodList, untilMs: number): Promise<number> {
  let admitted = 0;
  for (const [node, pods] of Map.groupBy(page.items, (pod) => pod.spec.nodeName ?? '')) {
    await send(`${url}/api/v1/nodes/${node}`, 'PATCH', { spec: { unschedulable: true } });
    for (const pod of pods) {
      if (performance.now() > untilMs) return admitted;
      if ((await evict(url, pod.metadata)) === 201) admitted += 1;
    }
  }
  return admitted;
}

function watchPods(address: string, heard: Heard): () => void {
  const watching = get(address, (answer) => {
    answer.on('data', (chunk: Buffer) => {
      heard.bytes += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) heard.lines += 1;
    });
    answer.on('error', () => {});
    answer.on('close', () => {
      heard.isCutOff = true;
    });
  });
  watching.on('error', () => {});
  return () => watching.destroy();
}

function evict(url: string, pod: { readonly name: string; readonly namespace: string }): Promise<number> {
  const address = `${url}/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/eviction`;
  return send(address, 'POST', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.name } });
}

/** Returns the status of the answer. */
function send(address: string, method: 'POST' | 'PATCH', body: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    };
    const sending = request(address, { method, agent, headers }, (answer) => {
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
  const stall = ({ stallMs, idleStallMs }: Stalled) =>
    `longest stall ${Math.round(stallMs)} ms, ${bar(stallMs, promised.stallMs, 'ms')}; of an idle process beside it ${Math.round(idleStallMs)} ms`;
  const ratio = measured.startSeconds / measured.parseSeconds;
  return [
    `switchyard sandbox: ${measured.nodes} nodes, ${measured.pods} pods, a dump of ${measured.dumpMB.toFixed(0)} MB`,
    `  start            ${measured.startSeconds.toFixed(1)} s   ${bar(measured.startSeconds, promised.startSeconds, 's')}; ${ratio.toFixed(1)} times JSON.parse of the dump alone, ${measured.parseSeconds.toFixed(1)} s`,
    `  list of all pods ${list.seconds.toFixed(1)} s, ${list.MB.toFixed(0)} MB   ${stall(list)}`,
    `  in pages of 500  ${pages.seconds.toFixed(1)} s   ${stall(pages)}`,
    `  ${watches.count} watches       of all pods for ${watches.seconds} s, beside a drain of ${watches.evictions} evictions: ${watches.changesEach} changes to each, ${watches.MB.toFixed(0)} MB in all, ${watches.cutOff} cut off`,
    `                   ${stall(watches)}`,
    `                   list of all pods meanwhile ${watches.listSeconds.toFixed(1)} s; slowest answer beside it ${Math.round(watches.answerMs)} ms`,
    peakMB === undefined
      ? '  memory           this system does not tell'
      : `  memory, peak     ${Math.round(peakMB)} MB   ${bar(peakMB, promised.peakMB, 'MB')}`,
    '',
  ].join('\n');
}
