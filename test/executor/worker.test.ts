import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readWorkerConfig } from '../../executor/config.ts';
import { startPrivateRedis } from '../../executor/redis/private-server.ts';
import type { Run } from '../../executor/run.ts';
import { sleep } from '../../executor/system-clock.ts';
import { startWorker } from '../../executor/worker.ts';
import { planDrain, readSnapshot } from '../../planner/index.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { loadSnapshot } from '../fixtures/load.ts';
import { startTestRedis, type TestRedis } from './redis/redis-for-tests.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const speed = 40;
let fleets = 0;

/** A dump of a real fleet: nodes old-z1, old-z2 and old-z3, clusters acid-a, acid-b and acid-c of three members each. */
const dump = loadSnapshot('three-zones');

function threeZonesPlan(): DrainPlan {
  const snapshot = readSnapshot([{ file: 'three-zones.json', document: dump.fleet }]);
  if (snapshot.kind !== 'fleet') throw new Error(JSON.stringify(snapshot));
  const answer = planDrain(snapshot.fleet, dump.request, snapshot.findings);
  if (answer.kind !== 'plan') throw new Error(JSON.stringify(answer));
  return answer.plan;
}

async function servedFleet(): Promise<{ world: World; served: ServedWorld; fleet: string }> {
  fleets += 1;
  const world = createWorld({ objects: dump.fleet.items, seed: fleets, startMs: Date.now() });
  const served = await serveWorld(world, { speed });
  open.push(served);
  return { world, served, fleet: `fleet-${fleets}` };
}

function environmentOf(fleet: string, served: ServedWorld, name: string, redisUrl = redis.server.url) {
  return {
    REDIS_URL: redisUrl,
    SWITCHYARD_FLEET: fleet,
    SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
    SWITCHYARD_PIPELINE_URL: served.pipelineUrl,
    SWITCHYARD_WORKER_NAME: name,
    SWITCHYARD_LOCK_MS: '1500',
    SWITCHYARD_STALLED_MS: '500',
    SWITCHYARD_SWEEP_MS: '500',
    SWITCHYARD_PACE: String(speed),
  };
}

async function workerOn(fleet: string, served: ServedWorld, name: string): Promise<void> {
  open.push(await startWorker(readWorkerConfig(environmentOf(fleet, served, name))));
}

/** A worker as a process of its own, to be killed. */
function workerProcess(fleet: string, served: ServedWorld, name: string): ChildProcess {
  const main = fileURLToPath(new URL('../../executor/worker.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, ...environmentOf(fleet, served, name) },
  });
  open.push({ close: async () => void child.kill('SIGKILL') });
  return child;
}

async function startedRun(
  fleet: string,
  on: TestRedis = redis,
): Promise<{ id: string; state: () => Promise<Run> }> {
  const service = on.service();
  const plan = threeZonesPlan();
  await service.savePlan({ plan, fleet, requester: 'anna', madeAt: '2026-11-23T12:00:00Z' });
  const run = await service.startRun({ planId: plan.id, requester: 'anna', needsApproval: false });
  if ('kind' in run) throw new Error(run.message);
  const state = async () => {
    const found = await service.getRun(run.id);
    if (found === undefined) throw new Error('the run is gone');
    return found;
  };
  return { id: run.id, state };
}

const ended = new Set(['finished', 'halted', 'aborted']);

async function untilEnded(run: { state: () => Promise<Run> }): Promise<Run> {
  await expect
    .poll(async () => ended.has((await run.state()).state), { timeout: 80_000, interval: 200 })
    .toBe(true);
  return run.state();
}

/** One switchover per cluster, each pod evicted at most once, and nothing that the world's own checker minds. */
function expectCalm(world: World): void {
  expect(world.roleChanges.map((change) => `${change.kind} of ${change.cluster}`).toSorted()).toEqual([
    'switchover of default/acid-a',
    'switchover of default/acid-b',
    'switchover of default/acid-c',
  ]);
  const uids = world.evictions.map((eviction) => eviction.uid);
  expect(new Set(uids).size).toBe(uids.length);
  expect(world.violations).toEqual([]);
  expect(world.outages).toEqual([]);
}

describe('a worker', () => {
  it('carries a run out through Redis, Kubernetes, Patroni and the pipeline, with one switchover per cluster', async () => {
    const { world, served, fleet } = await servedFleet();
    await workerOn(fleet, served, 'w1');
    const state = await untilEnded(await startedRun(fleet));
    expect({ state: state.state, because: state.because }).toMatchObject({ state: 'finished' });
    expect(state.counts).toMatchObject({ done: 3, unplanned: 0, outages: 0 });
    expectCalm(world);
    // The news come beside the run, and are complete in the end: one Event for each act, and for each switchover.
    const reasons = () => world.store.list('Event').map((event) => String(event.reason));
    const times = (reason: string) => reasons().filter((each) => each === reason).length;
    await expect.poll(() => times('SwitchyardReleased'), { timeout: 10_000 }).toBe(state.counts.released);
    expect(times('SwitchyardSwitchedOver')).toBe(3);
    expect(times('SwitchyardEvicted')).toBe(world.evictions.length);
  }, 100_000);

  it('shares a run with others without doing anything twice', async () => {
    const { world, served, fleet } = await servedFleet();
    for (const name of ['w1', 'w2', 'w3']) await workerOn(fleet, served, name);
    const run = await startedRun(fleet);
    expect((await untilEnded(run)).state).toBe('finished');
    expectCalm(world);
  }, 100_000);

  it('goes on where others were killed, again and again', async () => {
    const { world, served, fleet } = await servedFleet();
    const run = await startedRun(fleet);
    let killed = 0;
    while (killed < 6 && !ended.has((await run.state()).state)) {
      const child = workerProcess(fleet, served, `w${killed}`);
      await sleep(1_200 + killed * 230);
      child.kill('SIGKILL');
      killed += 1;
    }
    await workerOn(fleet, served, 'last');
    expect(await untilEnded(run)).toMatchObject({ state: 'finished' });
    expect(killed).toBeGreaterThan(3);
    expectCalm(world);
  }, 100_000);
});

describe('what a run asks of the Kubernetes API', () => {
  const since = (counts: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>) =>
    [...counts].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);

  it('is its lease and nothing else while it only waits', async () => {
    const { world, served, fleet } = await servedFleet();
    for (const node of world.store.list('Node'))
      world.faults.nodesNeverCome.add(node.metadata.labels?.['topology.kubernetes.io/zone'] ?? '');
    await workerOn(fleet, served, 'w1');
    const run = await startedRun(fleet);
    const asksForNode = async () =>
      Object.values((await run.state()).steps).some((step) => step.waitingFor?.code === 'waiting-for-node');
    await expect.poll(asksForNode, { timeout: 30_000 }).toBe(true);
    await sleep(3_000);
    const before = new Map(served.counts);
    await sleep(4_000);
    const asked = since(served.counts, before);
    expect(asked).toContain('update leases');
    expect(asked.filter((name) => !name.endsWith(' leases') && !name.startsWith('watch '))).toEqual([]);
  }, 60_000);
});

describe('trouble outside', () => {
  it('delays a run and changes nothing: servers that throttle, fail, hang up before and after they did it', async () => {
    const { world, served, fleet } = await servedFleet();
    const everywhere = [
      { effect: { kind: 'answer', status: 429, retryAfterSeconds: 1 }, probability: 0.03 },
      { effect: { kind: 'answer', status: 500 }, probability: 0.03 },
      { effect: { kind: 'close-before' }, probability: 0.03 },
      { effect: { kind: 'close-after' }, probability: 0.03 },
      { effect: { kind: 'slow', ms: 300 }, probability: 0.03 },
    ] as const;
    for (const fault of everywhere) served.faults.add(fault);
    // The answers that matter most are lost for sure: of a switchover, of evictions, of a wish for a node.
    served.faults.add({ path: '/switchover$', times: 1, effect: { kind: 'close-after' } });
    served.faults.add({ path: '/eviction$', times: 2, effect: { kind: 'close-after' } });
    served.faults.add({ server: 'pipeline', times: 1, effect: { kind: 'close-after' } });
    for (const name of ['w1', 'w2']) await workerOn(fleet, served, name);
    const run = await startedRun(fleet);
    expect(await untilEnded(run)).toMatchObject({ state: 'finished' });
    expect(served.faults.list().reduce((sum, fault) => sum + fault.struck, 0)).toBeGreaterThan(20);
    expectCalm(world);
  }, 100_000);

  it('a Redis that is killed and comes back stops nothing for good', async () => {
    const own = await startTestRedis();
    open.push({ close: () => own.stop() });
    const { world, served, fleet } = await servedFleet();
    const run = await startedRun(fleet, own);
    const worker = await startWorker(readWorkerConfig(environmentOf(fleet, served, 'w1', own.server.url)));
    open.push(worker);
    await expect.poll(() => world.evictions.length, { timeout: 30_000 }).toBeGreaterThan(0);
    process.kill(own.server.pid, 'SIGKILL');
    await sleep(500);
    const again = await startPrivateRedis({ dir: own.dir });
    open.splice(1, 0, { close: () => again.stop() });
    await expect
      .poll(async () => ended.has((await run.state().catch(() => undefined))?.state ?? ''), {
        timeout: 80_000,
        interval: 200,
      })
      .toBe(true);
    expect(await run.state()).toMatchObject({ state: 'finished' });
    expectCalm(world);
  }, 100_000);
});

describe('a run', () => {
  it('pauses after the act in hand and goes on when it is resumed', async () => {
    const { world, served, fleet } = await servedFleet();
    await workerOn(fleet, served, 'w1');
    const run = await startedRun(fleet);
    const service = redis.service();
    await expect.poll(() => world.evictions.length, { timeout: 30_000 }).toBeGreaterThan(0);
    await service.pause(run.id, 'anna');
    await expect.poll(async () => (await run.state()).state, { timeout: 30_000 }).toBe('paused');
    const evictions = world.evictions.length;
    await sleep(1_500);
    expect(world.evictions).toHaveLength(evictions);
    await service.resume(run.id, 'anna');
    expect((await untilEnded(run)).state).toBe('finished');
    expectCalm(world);
  }, 100_000);

  it('that is aborted takes its marks off again, and the fleet is free', async () => {
    const { world, served, fleet } = await servedFleet();
    await workerOn(fleet, served, 'w1');
    const run = await startedRun(fleet);
    await expect.poll(() => world.evictions.length, { timeout: 30_000 }).toBeGreaterThan(0);
    await redis.service().abort(run.id, 'anna');
    expect((await untilEnded(run)).state).toBe('aborted');
    const marks =
      JSON.stringify(world.store.list('Node')).match(/switchyard\.dev\/(drain|cordoned-by)/g) ?? [];
    expect(marks).toEqual([]);
    const next = await redis
      .service()
      .startRun({ planId: threeZonesPlan().id, requester: 'anna', needsApproval: false });
    expect(next).toMatchObject({ state: 'running' });
  }, 100_000);
});
