/**
 * What the API costs where large fleets have been upgraded many times: how long lists, one run and a scrape take, and the memory of its process.
 * Redis is real, the API a process of its own; the journals are written as workers would have written them, without a fleet.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import type { RunEvent } from '../../executor/journal.ts';
import { entryTail } from '../../executor/redis/append-entry.ts';
import { openRedis } from '../../executor/redis/connection.ts';
import { keysUnder } from '../../executor/redis/keys.ts';
import { startPrivateRedis } from '../../executor/redis/private-server.ts';
import { createRunService } from '../../executor/redis/run-store.ts';
import { sleep } from '../../executor/system-clock.ts';
import { type DrainPlan, planDrain } from '../../planner/index.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';
import { type Memory, memoryOf } from './executor-stage.ts';

export type ApiMeasured = {
  readonly nodes: number;
  readonly runs: number;
  readonly stepsPerRun: number;
  readonly entriesPerRun: number;
  /** Milliseconds. */
  readonly requests: readonly { readonly name: string; readonly ms: number; readonly megabytes: number }[];
  readonly memory: Memory;
};

const nodes = 300;
const runs = 12;
const prefix = 'bench-api';
const startLimitMs = 30_000;
/** As many entries are sent to Redis together. */
const entriesAtOnce = 500;

/** Measures the API beside a dozen runs of a fleet of 300 nodes, the last of them under way. Throws where it does not answer. */
export async function benchApi(): Promise<ApiMeasured> {
  const dir = mkdtempSync(join(tmpdir(), 'sy-bench-'));
  const redis = await startPrivateRedis({ dir });
  const connection = openRedis(redis.url);
  try {
    const { steps, entries, last } = await writeRuns(connection);
    const api = await startApi(redis.url);
    try {
      const ask = (name: string, path: string) => timed(name, `${api.url}${path}`);
      const requests = [
        await ask('GET /v1/runs, for the first time', '/v1/runs'),
        await ask('GET /v1/runs', '/v1/runs'),
        await ask('GET /v1/plans, for the first time', '/v1/plans'),
        await ask('GET /v1/plans', '/v1/plans'),
        await ask('GET /metrics', '/metrics'),
        await ask('GET /v1/runs/{id}, under way', `/v1/runs/${last}`),
        await ask('GET /v1/runs/{id}/audit', `/v1/runs/${last}/audit`),
      ];
      return {
        nodes,
        runs,
        stepsPerRun: steps,
        entriesPerRun: entries,
        requests,
        memory: memoryOf(api.process),
      };
    } finally {
      api.process.kill('SIGKILL');
    }
  } finally {
    connection.disconnect();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Returns the lines for a person. */
export function apiLines({ requests, memory, ...of }: ApiMeasured): string {
  const head = `api: ${of.runs} runs of ${of.nodes} nodes, each with a plan of its own of ${of.stepsPerRun} steps and a journal of ${of.entriesPerRun} entries\n`;
  const lines = requests.map(
    ({ name, ms, megabytes }) =>
      `  ${name.padEnd(36)} ${ms.toFixed(0).padStart(7)} ms   ${megabytes.toFixed(2).padStart(6)} MB\n`,
  );
  return `${head}${lines.join('')}  ${memory.steadyMB} MB resident, at most ${memory.peakMB}\n`;
}

async function writeRuns(
  connection: Redis,
): Promise<{ readonly steps: number; readonly entries: number; readonly last: string }> {
  const service = createRunService(connection, { prefix });
  let written = { steps: 0, entries: 0, last: '' };
  for (let index = 1; index <= runs; index += 1) {
    const { fleet, request } = generateModel({ seed: index, nodes, scaleOut: 0 });
    const planned = planDrain(fleet, request);
    if (planned.kind === 'bad-input') throw new Error(JSON.stringify(planned.problems));
    const { plan } = planned;
    await service.savePlan({ plan, fleet: 'large', requester: 'bench', madeAt: new Date().toISOString() });
    const run = await service.startRun({ planId: plan.id, requester: 'bench', needsApproval: false });
    if ('kind' in run) throw new Error(run.message);
    const entries = await writeJournal(connection, run.id, plan, index < runs);
    written = { steps: plan.steps.length, entries, last: run.id };
  }
  service.close();
  return written;
}

/** An act, its answer, a wait and the end of each step, as a move has them; of a run under way two thirds of the steps. */
async function writeJournal(
  connection: Redis,
  run: string,
  plan: DrainPlan,
  isOver: boolean,
): Promise<number> {
  const keys = keysUnder(prefix);
  let sequence = 1;
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await connection.rpush(keys.journal(run), ...waiting);
    waiting = [];
  };
  const write = async (lane: string, event: RunEvent): Promise<void> => {
    sequence += 1;
    waiting.push(`{"sequence":${sequence},${entryTail({ lane, event, atMs: sequence, by: 'bench' })}`);
    if (waiting.length === entriesAtOnce) await flush();
  };
  await write('run', { kind: 'started', leaders: {}, nodeUids: [] });
  const steps = isOver ? plan.steps : plan.steps.slice(0, (2 * plan.steps.length) / 3);
  for (const { id } of steps) {
    const eviction = {
      kind: 'evict',
      namespace: 'default',
      name: id,
      uid: id,
      resourceVersion: '1',
    } as const;
    await write(id, { kind: 'act', act: eviction });
    await write(id, { kind: 'answer', act: 'evict', answer: 'evicted', facts: {} });
    await write(id, {
      kind: 'waiting',
      because: { code: 'pod-not-ready', facts: { subject: id } },
      deadlineMs: 9e12,
    });
    await write(id, { kind: 'done', facts: { pod: `default/${id}`, uid: id, node: 'n1' } });
  }
  if (isOver) await write('run', { kind: 'finished' });
  await flush();
  // What the script that appends keeps beside the journal.
  await connection.hset(keys.run(run), 'state', isOver ? 'finished' : 'running');
  if (isOver) await connection.del(keys.fleet('large'));
  return sequence;
}

async function startApi(redisUrl: string): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const switchyard = fileURLToPath(new URL('../../bin/switchyard', import.meta.url));
  const port = 20_000 + (process.pid % 20_000);
  const api = spawn(switchyard, ['api'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      REDIS_URL: redisUrl,
      SWITCHYARD_PREFIX: prefix,
      SWITCHYARD_FLEET: 'large',
      // Nobody is there, and nobody is asked.
      SWITCHYARD_KUBERNETES_URL: 'http://127.0.0.1:9',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + startLimitMs;
  while (performance.now() < deadline) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok === true) return { url, process: api };
    await sleep(100);
  }
  api.kill('SIGKILL');
  throw new Error(`bench api: no answer at ${url} within ${startLimitMs} ms`);
}

async function timed(name: string, url: string): Promise<ApiMeasured['requests'][number]> {
  const begun = performance.now();
  const answer = await fetch(url);
  const { byteLength } = await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`bench api: ${name}: ${answer.status}`);
  return { name, ms: performance.now() - begun, megabytes: byteLength / 1e6 };
}
