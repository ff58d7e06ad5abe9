import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWorkerConfig } from '../../executor/config.ts';
import { queueNameOf } from '../../executor/redis/queue.ts';
import type { Run, RunSummary } from '../../executor/run.ts';
import { startWorker } from '../../executor/worker.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { serveWorld } from '../../simulations/http/serve-world.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { cluster, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';
import { planFor } from './drive-run.ts';
import { startTestRedis, type TestRedis } from './redis/redis-for-tests.ts';

let redis: TestRedis;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  for (const one of open.reverse()) await one.close();
  await redis.stop();
});

const speed = 10;
const ended = new Set<Run['state']>(['finished', 'halted', 'aborted']);

/** The same names of nodes and zones in both: nothing but the fleet tells them apart. */
function objectsOf(name: string): KubernetesList {
  return fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('n2')),
    zone('z3', node('n3')),
    cluster(name, member('n1', 'primary'), member('n2'), member('n3')),
  );
}

/** A fleet with a worker of its own. */
async function openFleet(fleet: string, clusterName: string): Promise<{ world: World; plan: DrainPlan }> {
  const objects = objectsOf(clusterName);
  const world = createWorld({ objects: objects.items, seed: 1, startMs: Date.now() });
  const served = await serveWorld(world, { speed });
  open.push(served);
  const worker = await startWorker(
    readWorkerConfig({
      REDIS_URL: redis.server.url,
      SWITCHYARD_FLEET: fleet,
      SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
      SWITCHYARD_PIPELINE_URL: served.pipelineUrl,
      SWITCHYARD_WORKER_NAME: `worker-of-${fleet}`,
      SWITCHYARD_SWEEP_MS: '500',
      SWITCHYARD_PACE: String(speed),
    }),
  );
  open.push(worker);
  return { world, plan: planFor(objects, drainRequest()) };
}

const holderOf = (world: World): unknown => world.store.list('Lease')[0]?.spec?.holderIdentity;

it('two fleets on one Redis are carried out at the same time, each by its own worker alone', async () => {
  const fleets = new Map([
    ['eu-1', await openFleet('eu-1', 'acid-eu')],
    ['us-1', await openFleet('us-1', 'acid-us')],
  ]);
  const service = redis.service();
  const runs = new Map<string, string>();
  for (const [fleet, { plan }] of fleets) {
    await service.savePlan({ plan, fleet, requester: 'anna', madeAt: '2026-11-23T12:00:00Z' });
    const run = await service.startRun({ planId: plan.id, requester: 'anna', needsApproval: false });
    if ('kind' in run) throw new Error(run.message);
    runs.set(fleet, run.id);
  }
  // Both at once, and each under the Lease of its own fleet.
  for (const [fleet, { world }] of fleets) {
    await expect.poll(() => holderOf(world), { timeout: 20_000, interval: 20 }).toBe(runs.get(fleet));
  }
  const states = async (): Promise<ReadonlyMap<string, RunSummary>> =>
    new Map((await service.listRuns()).map((run) => [run.fleet, run]));
  expect([...(await states()).keys()].sort()).toEqual(['eu-1', 'us-1']);
  await expect
    .poll(async () => [...(await states()).values()].every((run) => ended.has(run.state)), {
      timeout: 80_000,
      interval: 200,
    })
    .toBe(true);
  for (const [fleet, { world }] of fleets) {
    const run = (await states()).get(fleet);
    expect(run?.because, JSON.stringify(run?.because)).toMatchObject({ code: 'finished' });
    expect(run).toMatchObject({ id: runs.get(fleet), state: 'finished', counts: { done: 1, unplanned: 0 } });
    expect(world.roleChanges.map(({ kind }) => kind)).toEqual(['switchover']);
    expect([...world.releasedNodes]).toEqual(['n1']);
    expect(world.violations).toEqual([]);
    const writers = new Set((await service.readJournal(runs.get(fleet) ?? '')).map(({ by }) => by));
    expect([...writers].sort()).toEqual(['anna', `worker-of-${fleet}`]);
  }
}, 120_000);

it('each fleet has a queue of its own', () => {
  expect(queueNameOf('eu-1')).not.toBe(queueNameOf('us-1'));
  expect(queueNameOf('eu.1')).not.toBe(queueNameOf('eu-1'));
});
