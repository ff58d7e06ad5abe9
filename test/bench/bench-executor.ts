/**
 * What carrying out a plan costs: seconds against those that its calls take at the client-side rate limits, requests to the
 * Kubernetes API for each moved pod, requests of a run that only waits, the memory of a worker on a large fleet, and what a step costs
 * there of the processor. The fleet is simulated, behind HTTP, in this process; the worker is a process of its own; Redis is real.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RateLimits, usualLimits } from '../../executor/kubernetes/rate-limit.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { startPrivateRedis } from '../../executor/redis/private-server.ts';
import type { Run } from '../../executor/run.ts';
import type { RunService } from '../../executor/run-service.ts';
import { sleep } from '../../executor/system-clock.ts';
import type { DrainPlan } from '../../planner/index.ts';
import { generateFleet } from '../../simulations/generate-fleet.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { cpuSecondsOf, eagerWorld, type Memory, memoryOf, objectsOf, onStage } from './executor-stage.ts';

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
  /** Of the worker's processor. */
  readonly msPerStep: number;
  /** From an eviction until the run has seen that all is well again. */
  readonly secondsUnderWay: { readonly median: number; readonly p95: number };
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
export type ScaleMeasured = {
  readonly nodes: number;
  readonly steps: number;
  readonly limits: RateLimits;
  /** From the last fence on: nodes come, pods move. */
  readonly stepsDone: number;
  readonly seconds: number;
  readonly msPerStep: number;
  /** To a step on the small fleet. */
  readonly ratio: number;
  readonly memory: Memory;
};
export type ExecutorMeasured = {
  readonly limits: RateLimits;
  readonly moves: MovesMeasured;
  readonly wait: WaitMeasured;
  readonly memory: MemoryMeasured;
  readonly scale: ScaleMeasured;
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
/** At the usual ones the fences of a thousand nodes alone take four minutes. */
const scaleLimits: RateLimits = { perSecond: 200, burst: 400 };
const scaleSteps = 2_000;
const scaleLimitMs = 400_000;

/** Measures all; `say` gets a line for each as soon as it is known. Throws where a part does not come to its end. */
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
    const scale = await benchScale(redis.url, moves.msPerStep);
    say(scaleLines(scale));
    return { limits, moves, wait, memory, scale };
  } finally {
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Every pod of a small fleet is moved, and nothing takes time but calls. */
export async function benchMoves(redisUrl: string, limits: RateLimits): Promise<MovesMeasured> {
  const { world, request } = eagerWorld(movesNodes);
  return onStage(
    { fleet: 'moves', redisUrl, limits },
    world,
    request,
    async ({ served, service, plan, run, worker }) => {
      // The start of the worker is not measured: it lives on from run to run.
      while (!served.counts.has('watch pods')) await sleep(100);
      const begun = performance.now();
      const before = new Map(served.counts);
      const cpuBefore = cpuSecondsOf(worker);
      const ended = await untilEnded(service, run.id, movesLimitMs);
      const seconds = (performance.now() - begun) / 1_000;
      const msPerStep = (1_000 * (cpuSecondsOf(worker) - cpuBefore)) / plan.steps.length;
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
        msPerStep: tenths(msPerStep),
        secondsUnderWay: secondsUnderWay(await service.readJournal(run.id)),
        memory: memoryOf(worker),
      };
    },
  );
}

function secondsUnderWay(entries: readonly JournalEntry[]): MovesMeasured['secondsUnderWay'] {
  const begunMs = new Map<string, number>();
  const seconds: number[] = [];
  for (const { lane, event, atMs } of entries) {
    if (event.kind === 'act' && event.act.kind === 'evict' && !begunMs.has(lane)) begunMs.set(lane, atMs);
    const sinceMs = event.kind === 'done' ? begunMs.get(lane) : undefined;
    if (sinceMs !== undefined) seconds.push((atMs - sinceMs) / 1_000);
  }
  const sorted = seconds.toSorted((a, b) => a - b);
  const at = (share: number): number => tenths(sorted[Math.floor(share * sorted.length)] ?? 0);
  return { median: at(0.5), p95: at(0.95) };
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
        stepsDone: stepsDoneOf(now),
        state: `${now?.state}: ${now?.because.code}`,
        memory,
        replanned: { seconds, memory: memoryOf(worker) },
      };
    },
  );
}

/** A thousand nodes are replaced at once: a thousand steps wait for a node each, then tens of thousands for their turn. */
export async function benchScale(redisUrl: string, msPerSmallStep: number): Promise<ScaleMeasured> {
  const { world, request } = eagerWorld(largeNodes);
  const place = { fleet: 'scale', redisUrl, limits: scaleLimits };
  return onStage(place, world, request, async ({ service, plan, run, worker }) => {
    const doneNow = async () => stepsDoneOf(await service.getRun(run.id));
    await until(doneNow, largeNodes);
    const begun = performance.now();
    const cpuBefore = cpuSecondsOf(worker);
    const doneBefore = await doneNow();
    const stepsDone = (await until(doneNow, doneBefore + scaleSteps)) - doneBefore;
    const msPerStep = (1_000 * (cpuSecondsOf(worker) - cpuBefore)) / stepsDone;
    return {
      nodes: largeNodes,
      steps: plan.steps.length,
      limits: scaleLimits,
      stepsDone,
      seconds: tenths((performance.now() - begun) / 1_000),
      msPerStep: tenths(msPerStep),
      ratio: hundredths(msPerStep / msPerSmallStep),
      memory: memoryOf(worker),
    };
  });
}

function stepsDoneOf(run: Run | undefined): number {
  return Object.values(run?.steps ?? {}).filter((step) => step.state === 'done').length;
}

/** Until there are as many, or for as long as anybody waits; returns how many there are then. */
async function until(count: () => Promise<number>, many: number): Promise<number> {
  const deadline = performance.now() + scaleLimitMs;
  for (;;) {
    const now = await count();
    if (now >= many || performance.now() > deadline) return now;
    await sleep(1_000);
  }
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

function movesLines(moves: MovesMeasured, limits: RateLimits): string {
  const { nodes, moved, end, seconds, secondsOfCalls, ratio, requestsPerPod, perPodByKind } = moves;
  const { memory, msPerStep, secondsUnderWay: underWay } = moves;
  const kinds = Object.entries(perPodByKind).filter(([, count]) => count >= 0.01);
  return (
    `executor: ${nodes} nodes, nothing takes time: ${moved} pods moved, ${end}\n` +
    `  ${seconds} s, the calls alone at ${limits.perSecond} a second ${secondsOfCalls} s: ratio ${ratio}   asked: ${promisedOfExecutor.ratio}\n` +
    `  requests for each pod ${requestsPerPod}   asked: ${promisedOfExecutor.requestsPerPod}\n` +
    kinds.map(([name, count]) => `    ${name.padEnd(28)} ${count.toFixed(2)}\n`).join('') +
    `  from an eviction until all is seen to be well again: ${underWay.median} s, ${underWay.p95} s for 95 of 100\n` +
    `  worker ${memory.steadyMB} MB resident, at most ${memory.peakMB}; ${msPerStep} ms of its processor for each step\n`
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

function scaleLines({
  nodes,
  steps,
  limits,
  stepsDone,
  seconds,
  msPerStep,
  ratio,
  memory,
}: ScaleMeasured): string {
  return (
    `executor: ${nodes} nodes replaced at once, ${steps} steps, calls at ${limits.perSecond} a second: after the fences ${stepsDone} steps in ${seconds} s\n` +
    `  ${msPerStep} ms of the worker's processor for each: ${ratio} times as much as on the small fleet\n` +
    `  worker ${memory.steadyMB} MB resident, at most ${memory.peakMB}   asked: ${promisedOfExecutor.workerMB}\n`
  );
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
