/**
 * What carrying out a plan costs: seconds against those that its calls take at the client-side rate limits, requests to the
 * Kubernetes API for each moved pod, requests of a run that only waits, and the memory of a worker on a large fleet. The fleet is
 * simulated, behind HTTP, in this process; the worker is a process of its own; Redis is real.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RateLimits, usualLimits } from '../../executor/kubernetes/rate-limit.ts';
import { openRedis } from '../../executor/redis/connection.ts';
import { startPrivateRedis } from '../../executor/redis/private-server.ts';
import { createRunService } from '../../executor/redis/run-store.ts';
import type { Run } from '../../executor/run.ts';
import type { RunService } from '../../executor/run-service.ts';
import { sleep } from '../../executor/system-clock.ts';
import type { DrainPlan, DrainRequest } from '../../planner/index.ts';
import { generateFleet } from '../../simulations/generate-fleet.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { planOn } from '../../simulations/strategies/planned.ts';
import type { Durations } from '../../simulations/world/durations.ts';
import { createWorld, type World } from '../../simulations/world/world.ts';

export type MovesMeasured = {
  readonly nodes: number;
  readonly moved: number;
  readonly end: string;
  readonly seconds: number;
  /** At the limits of this bench, after a full burst. */
  readonly secondsOfCalls: number;
  readonly ratio: number;
  readonly requestsPerPod: number;
  readonly perPodByKind: Readonly<Record<string, number>>;
  readonly memory: Memory;
};
export type WaitMeasured = { readonly seconds: number; readonly requests: Readonly<Record<string, number>> };
export type MemoryMeasured = {
  readonly nodes: number;
  readonly clusters: number;
  readonly pods: number;
  readonly steps: number;
  readonly stepsDone: number;
  readonly state: string;
  /** Until then. */
  readonly memory: Memory;
  /** From a failover until the run goes on by a new plan for all that is left, and the memory until a while after it. */
  readonly replanned: { readonly seconds: number; readonly memory: Memory };
};
type Memory = { readonly peakMB: number | undefined; readonly steadyMB: number | undefined };
export type ExecutorMeasured = {
  readonly limits: RateLimits;
  readonly moves: MovesMeasured;
  readonly wait: WaitMeasured;
  readonly memory: MemoryMeasured;
};

/** What is asked for. */
export const promisedOfExecutor = { ratio: 1.2, requestsPerPod: 8, workerMB: 300 } as const;

/** Some 30 pods a node that have to move: a thousand in all. */
const movesNodes = 34;
const largeNodes = 1_000;
const waitSeconds = 60;
const largeSeconds = 90;
/** A worker gives memory back a few seconds after a look, and its steps begin anew. */
const settledSeconds = 15;
const movesLimitMs = 900_000;
const replanLimitMs = 300_000;
const largeStartLimitMs = 300_000;

/** Nothing takes time but calls; Patroni's loop and the timeouts of dead nodes stay. */
const noWaits: Partial<Durations> = {
  nodeBootSeconds: 0,
  nodeRemovalSeconds: 0,
  controllerMs: 0,
  schedulerMs: 0,
  budgetStatusMs: 0,
  taintFollowsMs: 0,
  volumeDetachSeconds: 0,
  volumeAttachSeconds: 0,
  containerStartSeconds: 0,
  memberReadySeconds: 0,
  memberStreamsAfterReadySeconds: 0,
  catchUpBytesPerSecond: 1e12,
  podReadySeconds: 0,
  podStopSeconds: 0,
  memberStopSeconds: 0,
  promoteSeconds: 0,
  switchoverAnswerSeconds: 0,
  demotedReadySeconds: 0,
  demotedLabelSeconds: 0,
};

type KubernetesObject = {
  readonly kind?: unknown;
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
};

type Place = {
  /** Undefined: time passes as in life. 0: it stands still, for a world too large to live beside its worker. */
  readonly speed?: number;
  readonly fleet: string;
  readonly redisUrl: string;
  readonly limits: RateLimits;
};

type Stage = {
  readonly world: World;
  readonly served: ServedWorld;
  readonly service: RunService;
  readonly plan: DrainPlan;
  readonly run: Run;
  readonly worker: ChildProcess;
};

/** Measures all three; `say` gets a line for each as soon as it is known. Throws where a part does not come to its end. */
export async function benchExecutor(
  say: (line: string) => void,
  limits: RateLimits = usualLimits,
): Promise<ExecutorMeasured> {
  const dir = mkdtempSync(join(tmpdir(), 'sy-bench-'));
  const redis = await startPrivateRedis({ dir });
  try {
    const moves = await benchMoves(redis.url, limits);
    say(movesLines(moves, limits));
    const wait = await benchWait(redis.url, limits);
    say(waitLines(wait));
    const memory = await benchMemory(redis.url, limits);
    say(memoryLines(memory));
    return { limits, moves, wait, memory };
  } finally {
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * The fleet is meant to leave nothing but the calls to take time: nodes that come are larger than those that go, so that every pod finds
 * room wherever the scheduler puts it, all new nodes may come at once, switchovers are not held back, and no cluster is synchronous: there
 * Patroni chooses who may take over, and another choice than the plan's is waited for. The members of a cluster still go one after another,
 * a few seconds each (Patroni's own loop).
 */
export async function benchMoves(redisUrl: string, limits: RateLimits): Promise<MovesMeasured> {
  const { list, request } = generateFleet({ seed: 1, nodes: movesNodes });
  const eager = {
    ...request,
    surge: { default: Math.ceil(movesNodes / 3) },
    limits: { parallelSwitchovers: 100 },
  };
  const world = createWorld({
    objects: objectsOf(list.items).map(withoutSyncMode),
    startMs: Date.now(),
    durations: noWaits,
    newNodeSize: () => ({ cpu: '192', memory: '768Gi', pods: '500' }),
    heartbeats: false,
  });
  return onStage(
    { fleet: 'moves', redisUrl, limits },
    world,
    eager,
    async ({ served, service, plan, run, worker }) => {
      // The start of the worker is not measured: it lives on from run to run.
      while (!served.counts.has('watch pods')) await sleep(100);
      const begun = performance.now();
      const before = new Map(served.counts);
      const ended = await untilEnded(service, run.id, movesLimitMs);
      const seconds = (performance.now() - begun) / 1_000;
      const secondsOfCalls =
        Math.max(0, total(since(served.counts, before)) - limits.burst) / limits.perSecond;
      // The last Events are told after the end: they count as well.
      const requests = await onceStill(() => since(served.counts, before));
      const sum = total(requests);
      const moved = ended.counts.moves;
      return {
        nodes: movesNodes,
        moved,
        end: `${ended.state}: ${ended.because.code}, ${plan.steps.length} steps`,
        seconds: tenths(seconds),
        secondsOfCalls: tenths(secondsOfCalls),
        ratio: hundredths(seconds / secondsOfCalls),
        requestsPerPod: hundredths(sum / moved),
        perPodByKind: Object.fromEntries(
          Object.entries(requests).map(([name, count]) => [name, hundredths(count / moved)]),
        ),
        memory: memoryOf(worker),
      };
    },
  );
}

/** Nodes are asked for and never come: nothing can be done but wait. */
export async function benchWait(redisUrl: string, limits: RateLimits): Promise<WaitMeasured> {
  const { list, request } = generateFleet({ seed: 2, nodes: 12 });
  const world = createWorld({ objects: objectsOf(list.items), startMs: Date.now() });
  for (const zone of ['z1', 'z2', 'z3']) world.faults.nodesNeverCome.add(zone);
  return onStage({ fleet: 'wait', redisUrl, limits }, world, request, async ({ served, service, run }) => {
    // Fences are set and nodes are asked for first; then it is quiet.
    await untilQuiet(service, run.id, 15_000);
    const before = new Map(served.counts);
    await sleep(waitSeconds * 1_000);
    return { seconds: waitSeconds, requests: since(served.counts, before) };
  });
}

/** The run reads the whole fleet before its first act; then somebody else's failover makes it plan all that is left anew. */
export async function benchMemory(redisUrl: string, limits: RateLimits): Promise<MemoryMeasured> {
  const { list, request } = generateFleet({ seed: 1, nodes: largeNodes });
  const world = createWorld({ objects: objectsOf(list.items), startMs: Date.now(), heartbeats: false });
  return onStage(
    { fleet: 'large', redisUrl, limits },
    world,
    request,
    async ({ service, plan, run, worker }) => {
      const deadline = performance.now() + largeStartLimitMs;
      while ((await service.getRun(run.id))?.startedAt === undefined && performance.now() < deadline)
        await sleep(1_000);
      await sleep(largeSeconds * 1_000);
      const now = await service.getRun(run.id);
      const memory = memoryOf(worker);
      failOverLast(world, plan);
      const seconds = await untilReplanned(service, run.id);
      await sleep(settledSeconds * 1_000);
      return {
        nodes: world.store.list('Node').length,
        clusters: world.clusters.size,
        pods: world.store.list('Pod').length,
        steps: plan.steps.length,
        stepsDone: Object.values(now?.steps ?? {}).filter((step) => step.state === 'done').length,
        state: `${now?.state}: ${now?.because.code}`,
        memory,
        replanned: { seconds, memory: memoryOf(worker) },
      };
    },
  );
}

/** Of the cluster whose turn comes last: no step is at work there. */
function failOverLast(world: World, { steps }: DrainPlan): void {
  const last = steps.findLast((step) => step.kind === 'switchover');
  if (last?.kind !== 'switchover') throw new Error('bench large: a plan without a switchover');
  world.failOver(last.cluster, last.to);
}

/** Seconds until the journal says so. */
async function untilReplanned(service: RunService, id: string): Promise<number> {
  const begun = performance.now();
  for await (const { event } of service.follow(id, 0, AbortSignal.timeout(replanLimitMs)))
    if (event.kind === 'replanned') return tenths((performance.now() - begun) / 1_000);
  throw new Error('bench large: no new plan after a failover');
}

/** The sets of a generated fleet have no templates; those that are missing the world works out from their pods. */
function objectsOf(items: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return items.filter((item) => item.kind !== 'StatefulSet');
}

/** Patroni keeps its configuration as JSON in an annotation. https://patroni.readthedocs.io/en/latest/kubernetes.html */
function withoutSyncMode(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  const config = metadata?.annotations?.config;
  if (config === undefined) return object;
  const { synchronous_mode: _, ...rest } = JSON.parse(config) as Record<string, unknown>;
  const annotations = { ...metadata?.annotations, config: JSON.stringify(rest) };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** A fleet, a plan, a started run and its worker for one measurement. */
async function onStage<Measured>(
  place: Place,
  world: World,
  request: DrainRequest,
  measure: (stage: Stage) => Promise<Measured>,
): Promise<Measured> {
  const { fleet, redisUrl } = place;
  const planned = await planOn(world, request);
  if (planned.kind !== 'plan') throw new Error(`bench ${fleet}: ${planned.because}`);
  const { plan } = planned;
  const connection = openRedis(redisUrl);
  const service = createRunService(connection, { prefix: `bench-${fleet}` });
  await service.savePlan({ plan, fleet, requester: 'bench', madeAt: new Date().toISOString() });
  const run = await service.startRun({ planId: plan.id, requester: 'bench', needsApproval: false });
  if ('kind' in run) throw new Error(`bench ${fleet}: ${run.message}`);
  const served = await serveWorld(world, { speed: place.speed ?? 1 });
  const worker = startWorker(place, served);
  try {
    return await measure({ world, served, service, plan, run, worker });
  } finally {
    worker.kill('SIGKILL');
    service.close();
    connection.disconnect();
    await served.close();
  }
}

function startWorker({ fleet, redisUrl, limits }: Place, served: ServedWorld): ChildProcess {
  const switchyard = fileURLToPath(new URL('../../bin/switchyard', import.meta.url));
  return spawn(switchyard, ['worker'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      SWITCHYARD_PREFIX: `bench-${fleet}`,
      SWITCHYARD_FLEET: fleet,
      SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
      SWITCHYARD_PIPELINE_URL: served.pipelineUrl,
      SWITCHYARD_KUBERNETES_QPS: String(limits.perSecond),
      SWITCHYARD_KUBERNETES_BURST: String(limits.burst),
    },
  });
}

async function untilEnded(service: RunService, id: string, limitMs: number): Promise<Run> {
  for await (const _entry of service.follow(id, 0, AbortSignal.timeout(limitMs))) {
    // Only the end of the journal matters here.
  }
  const run = await service.getRun(id);
  if (run === undefined) throw new Error(`run ${id} is gone`);
  return run;
}

function total(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((all, count) => all + count, 0);
}

/** Returns the requests once none has come for three seconds. */
async function onceStill(
  count: () => Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  for (;;) {
    const before = count();
    await sleep(3_000);
    if (total(count()) === total(before)) return before;
  }
}

/** Until nothing was written for so long. */
async function untilQuiet(service: RunService, id: string, quietMs: number): Promise<void> {
  let last = -1;
  for (;;) {
    const entries = (await service.readJournal(id)).length;
    if (entries === last && entries > 1) return;
    last = entries;
    await sleep(quietMs);
  }
}

function since(
  counts: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const differences = [...counts].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(differences.filter(([, count]) => count > 0).toSorted((a, b) => b[1] - a[1]));
}

/** Of a live process, as Linux has it: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function memoryOf({ pid }: ChildProcess): Memory {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (field: string) => {
      const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1];
      return found === undefined ? undefined : Math.round((Number(found) * 1_024) / 1e6);
    };
    return { peakMB: megabytes('VmHWM'), steadyMB: megabytes('VmRSS') };
  } catch {
    return { peakMB: undefined, steadyMB: undefined };
  }
}

function movesLines(moves: MovesMeasured, limits: RateLimits): string {
  const { nodes, moved, end, seconds, secondsOfCalls, ratio, requestsPerPod, perPodByKind, memory } = moves;
  const kinds = Object.entries(perPodByKind).filter(([, count]) => count >= 0.01);
  return (
    `executor: ${nodes} nodes, nothing takes time: ${moved} pods moved, ${end}\n` +
    `  ${seconds} s, the calls alone at ${limits.perSecond} a second ${secondsOfCalls} s: ratio ${ratio}   asked: ${promisedOfExecutor.ratio}\n` +
    `  requests for each pod ${requestsPerPod}   asked: ${promisedOfExecutor.requestsPerPod}\n` +
    kinds.map(([name, count]) => `    ${name.padEnd(28)} ${count.toFixed(2)}\n`).join('') +
    `  worker ${memory.steadyMB} MB resident, at most ${memory.peakMB}\n`
  );
}

function waitLines({ seconds, requests }: WaitMeasured): string {
  const said = Object.entries(requests).map(([name, count]) => `${count} ${name}`);
  return `executor: a run that only waits, in ${seconds} s: ${said.join(', ') || 'no request'}   asked: watches and leases only\n`;
}

function memoryLines(measured: MemoryMeasured): string {
  const { nodes, clusters, pods, steps, stepsDone, state, memory, replanned } = measured;
  return (
    `executor: ${nodes} nodes, ${clusters} clusters, ${pods} pods, ${steps} steps, of which ${stepsDone} done after ${largeSeconds} s (${state})\n` +
    `  worker ${memory.steadyMB} MB resident, at most ${memory.peakMB}   asked: ${promisedOfExecutor.workerMB}\n` +
    `  after a failover it goes on by a new plan ${replanned.seconds} s later: worker ${replanned.memory.steadyMB} MB, at most ${replanned.memory.peakMB}   asked: ${promisedOfExecutor.workerMB}\n`
  );
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
