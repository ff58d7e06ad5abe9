import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readWorkerConfig } from '../../../executor/config.ts';
import { serveMetrics } from '../../../executor/metrics/serve-metrics.ts';
import { startWorker } from '../../../executor/worker.ts';
import { serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { fleetObjects, node, zone } from '../../fixtures/fleet.ts';
import { startTestRedis, type TestRedis } from '../redis/redis-for-tests.ts';
import { smallPlan } from '../small-plan.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function freePort(): Promise<number> {
  const { port, close } = await serveMetrics(0, () => '');
  await close();
  return port;
}

async function environment(metricsPort: number): Promise<Record<string, string>> {
  const objects = fleetObjects(zone('z1', node('n1')));
  const served = await serveWorld(createWorld({ objects: objects.items, seed: 1 }), { speed: 1 });
  open.push(served);
  return {
    REDIS_URL: redis.server.url,
    SWITCHYARD_FLEET: 'prod-eu-1',
    SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
    SWITCHYARD_METRICS_PORT: String(metricsPort),
  };
}

describe('the metrics of a worker', () => {
  it('tell on a port of their own what was asked of the Kubernetes API', async () => {
    const port = await freePort();
    open.push(await startWorker(readWorkerConfig(await environment(port))));
    const body = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    // The mirror lists the fleet at the start.
    await expect
      .poll(body, { timeout: 10_000 })
      .toContain('switchyard_kubernetes_requests_total{fleet="prod-eu-1",verb="list",resource="nodes"} 1\n');
    expect(await body()).toContain('# TYPE switchyard_kubernetes_requests_total counter\n');
    const elsewhere = await fetch(`http://127.0.0.1:${port}/`);
    expect(elsewhere.status).toBe(404);
  });

  it('tell of its passes and of the run of its fleet, and that it is alive', async () => {
    const port = await freePort();
    open.push(await startWorker(readWorkerConfig(await environment(port))));
    const service = redis.service();
    const madeAt = '2026-11-23T12:00:00Z';
    await service.savePlan({ plan: smallPlan('p1'), fleet: 'prod-eu-1', requester: 'anna', madeAt });
    await service.startRun({ planId: 'p1', requester: 'anna', needsApproval: false });
    const body = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await expect
      .poll(body, { timeout: 10_000 })
      .toMatch(/executor_passes_total\{fleet="prod-eu-1",subject="run",outcome="again"\} [1-9]/);
    const text = await body();
    expect(text).toContain('switchyard_store_up 1\n');
    expect(text).toMatch(/switchyard_worker_runs\{fleet="prod-eu-1",state="(running|halted)"\} 1\n/);
    expect(text).toMatch(/switchyard_queue_jobs\{fleet="prod-eu-1",state="delayed"\} \d+\n/);
    const alive = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(await alive.json()).toEqual({ status: 'alive' });
  });

  it('on a port that is taken keep the worker from starting', async () => {
    const taken = await serveMetrics(0, () => '');
    open.push(taken);
    const config = readWorkerConfig(await environment(taken.port));
    await expect(startWorker(config)).rejects.toThrow(/EADDRINUSE/);
  });
});
