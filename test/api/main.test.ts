/** The server as it is started: over a real Redis and the simulated fleet's Kubernetes API. Runs where a Redis or Valkey server is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../api/config.ts';
import { startApi } from '../../api/main.ts';
import {
  findRedisProgram,
  type PrivateRedis,
  startPrivateRedis,
} from '../../executor/redis/private-server.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { threeZones, threeZonesRequest } from '../../simulations/scenarios/three-zones.ts';
import { createWorld } from '../../simulations/world/create-world.ts';

const program = findRedisProgram();
const where = program === undefined ? ' (skipped: neither valkey-server nor redis-server is installed)' : '';

describe.skipIf(program === undefined)(`the API as a process starts it${where}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'sy-api-'));
  let redis: PrivateRedis;
  let served: ServedWorld;
  let api: Awaited<ReturnType<typeof startApi>>;

  beforeAll(async () => {
    redis = await startPrivateRedis({ dir });
    served = await serveWorld(createWorld({ objects: threeZones(), seed: 1, startMs: 0 }), { speed: 0 });
    const read = readConfig({
      REDIS_URL: redis.url,
      SWITCHYARD_FLEET: 'prod-eu-1',
      SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
      PORT: '0',
      LOG_LEVEL: 'silent',
    });
    if (read.kind === 'bad-config') throw new Error(read.problems.join('; '));
    api = await startApi(read.config);
  });
  afterAll(async () => {
    await api?.close();
    await served?.close();
    await redis?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const post = (path: string, body: object) =>
    fetch(api.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('is ready, plans on the live fleet, and keeps plan and run', async () => {
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    const planned = await post('/v1/plans', { fleet: 'prod-eu-1', request: threeZonesRequest });
    expect(planned.status).toBe(201);
    const plan: DrainPlan = JSON.parse(await planned.text());
    expect(plan.summary).toMatchObject({ switchovers: 3, outages: 0 });
    const condition = await fetch(`${api.url}/v1/plans/${plan.id}/condition`);
    expect(await condition.json()).toMatchObject({ condition: 'fresh' });
    const started = await post('/v1/runs', { planId: plan.id });
    expect(started.status).toBe(202);
    const view = await (await fetch(`${api.url}/v1/fleets/prod-eu-1`)).json();
    expect(view).toMatchObject({ fleet: 'prod-eu-1', run: { planId: plan.id, state: 'running' } });
  });

  it('answers 503 within a few seconds when Redis is gone, and stays alive', async () => {
    await redis.stop();
    const began = performance.now();
    const answer = await fetch(`${api.url}/v1/runs`);
    expect(await answer.json()).toMatchObject({
      status: 503,
      code: 'store-unreachable',
      detail: expect.stringMatching(/^Redis at .* does not answer \(\w+\); runs go on when it is back$/),
    });
    expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(8_000);
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  });
});
