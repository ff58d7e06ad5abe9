import { afterAll, beforeAll, expect, it } from 'vitest';
import { holdFleet } from '../../../executor/lease-of-run.ts';
import { realPace } from '../../../executor/limits.ts';
import type { KubernetesPort } from '../../../executor/ports.ts';
import { atHand } from '../../../executor/record/read-fold.ts';
import { keysUnder } from '../../../executor/redis/keys.ts';
import { restoreLostRun } from '../../../executor/redis/restore-run.ts';
import { defaultPresets } from '../../../planner/read/member-presets.ts';
import { directPorts } from '../../../simulations/direct-ports.ts';
import { cluster, drainRequest, fleetObjects, member, node, zone } from '../../fixtures/fleet.ts';
import { planFor, readScene, runId, setScene } from '../drive-run.ts';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
);

it('a run that is approved wave by wave is so, too, when it is found again', async () => {
  const plan = planFor(fleet, drainRequest());
  const scene = await setScene(fleet, plan, { approvals: 'wave' });
  const { kubernetes, clock, ...outside } = directPorts(scene.world);
  const fold = readScene(scene);
  const notes: (string | undefined)[] = [];
  const leaving: KubernetesPort = {
    ...kubernetes,
    holdLease: async (lease) => {
      notes.push(lease.note);
      return kubernetes.holdLease(lease);
    },
  };
  const ports = { ...outside, kubernetes: leaving, journal: scene.journal };
  const context = { ports, firstPlan: atHand(plan), runId, worker: 'w1', pace: realPace, clock };
  await holdFleet(context, fold);
  const lost: KubernetesPort = { ...kubernetes, readNote: async () => notes[0] };
  const restored = await restoreLostRun(
    {
      redis: redis.connect(),
      keys: keysUnder('switchyard'),
      kubernetes: lost,
      fleet: 'prod',
      worker: 'w1',
      pace: { ...realPace, switchoverSettleMs: 0 },
      memberPresets: defaultPresets,
    },
    new Map(),
  );
  expect(restored).toBe(runId);
  const run = await redis.service().getRun(runId);
  expect(run).toMatchObject({ state: 'waiting-for-approval', approvalWanted: { wave: 1 } });
});
