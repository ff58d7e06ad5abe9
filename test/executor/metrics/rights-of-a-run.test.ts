/** What a worker asked of the API server while it carried a run out, against deploy/rbac.yaml. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readWorkerConfig } from '../../../executor/config.ts';
import { serveMetrics } from '../../../executor/metrics/serve-metrics.ts';
import { startWorker } from '../../../executor/worker.ts';
import { planDrain, readSnapshot } from '../../../planner/index.ts';
import { serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { loadSnapshot } from '../../fixtures/load.ts';
import { startTestRedis, type TestRedis } from '../redis/redis-for-tests.ts';

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
const roles = z.object({
  metadata: z.object({ name: z.string() }),
  rules: z.array(z.object({ resources: z.array(z.string()), verbs: z.array(z.string()) })),
});

/** `verb resource`, of the roles that are bound to workers. */
function rightsOfWorkers(): ReadonlySet<string> {
  const text = readFileSync(new URL('../../../deploy/rbac.yaml', import.meta.url), 'utf8');
  return new Set(
    parseAllDocuments(text)
      .map((document) => roles.parse(document.toJS()))
      .filter(({ metadata }) => metadata.name !== 'switchyard-read')
      .flatMap(({ rules }) => rules)
      .flatMap(({ resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
      ),
  );
}

it('a run asks for nothing that deploy/rbac.yaml does not allow', async () => {
  const dump = loadSnapshot('three-zones');
  const world = createWorld({ objects: dump.fleet.items, seed: 1, startMs: Date.now() });
  const served = await serveWorld(world, { speed });
  open.push(served);
  const { port, close } = await serveMetrics(0, () => '');
  await close();
  const config = readWorkerConfig({
    REDIS_URL: redis.server.url,
    SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
    SWITCHYARD_PIPELINE_URL: served.pipelineUrl,
    SWITCHYARD_PACE: String(speed),
    SWITCHYARD_METRICS_PORT: String(port),
  });
  open.push(await startWorker(config));
  const snapshot = readSnapshot([{ file: 'three-zones.json', document: dump.fleet }]);
  if (snapshot.kind !== 'fleet') throw new Error(JSON.stringify(snapshot));
  const planned = planDrain(snapshot.fleet, dump.request, snapshot.findings);
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  const { plan } = planned;
  const service = redis.service();
  await service.savePlan({ plan, fleet: 'default', requester: 'anna', madeAt: '2026-11-23T12:00:00Z' });
  const run = await service.startRun({ planId: plan.id, requester: 'anna', needsApproval: false });
  if ('kind' in run) throw new Error(run.message);
  await expect
    .poll(async () => (await service.getRun(run.id))?.state, { timeout: 80_000, interval: 200 })
    .toBe('finished');
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const asked = [...text.matchAll(/kubernetes_requests_total\{.*verb="(.+)",resource="(.+)"\}/g)].map(
    ([, verb, resource]) => `${verb} ${resource}`,
  );
  expect(asked).toContain('create pods/eviction');
  const rights = rightsOfWorkers();
  expect(asked.filter((one) => !rights.has(one))).toEqual([]);
}, 100_000);
