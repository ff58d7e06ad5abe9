import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advanceRun } from '../../../executor/advance-run.ts';
import { holdFleet } from '../../../executor/lease-of-run.ts';
import { realPace } from '../../../executor/limits.ts';
import type { JournalEntry, KubernetesPort } from '../../../executor/ports.ts';
import { atHand } from '../../../executor/record/read-fold.ts';
import { createRedisJournal } from '../../../executor/redis/journal.ts';
import { keysUnder } from '../../../executor/redis/keys.ts';
import { restoreLostRun } from '../../../executor/redis/restore-run.ts';
import { defaultPresets } from '../../../planner/read/member-presets.ts';
import { directPorts } from '../../../simulations/direct-ports.ts';
import { cluster, drainRequest, fleetObjects, member, node, zone } from '../../fixtures/fleet.ts';
import { planFor, readScene, runId, say, setScene } from '../drive-run.ts';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';

const keys = keysUnder('switchyard');
let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.connect().flushall();
});

const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
);
const plan = planFor(fleet, drainRequest());

/** A fleet on which a run has left its note and does not renew its Lease any more; Redis knows nothing of it. */
async function fleetOfLostRun(more: { readonly approvals?: 'wave' } = {}): Promise<KubernetesPort> {
  const scene = await setScene(fleet, plan, more);
  const { clock, ...outside } = directPorts(scene.world);
  if (more.approvals !== undefined) await say(scene, { kind: 'approved', plan: plan.id, wave: 1 });
  await say(scene, { kind: 'started', nodeUids: [], leaders: {} });
  const ports = { ...outside, journal: scene.journal };
  const context = { ports, firstPlan: atHand(plan), runId, worker: 'w1', pace: realPace, clock };
  await holdFleet(context, readScene(scene));
  scene.world.advanceTo(scene.world.nowMs() + 60_000);
  return outside.kubernetes;
}

function restoreOn(kubernetes: KubernetesPort): Promise<string | undefined> {
  const pace = { ...realPace, switchoverSettleMs: 0 };
  const restorer = { kubernetes, fleet: 'prod', worker: 'w1', pace, memberPresets: defaultPresets };
  return restoreLostRun({ redis: redis.connect(), keys, ...restorer }, new Map());
}

/** Another run on the same fleet, created after Redis has come back empty. */
async function anotherRun(needsApproval: boolean): Promise<string> {
  const service = redis.service();
  await service.savePlan({ plan, fleet: 'prod', requester: 'anna', madeAt: '2026-11-23T12:00:00Z' });
  const run = await service.startRun({ planId: plan.id, requester: 'anna', needsApproval });
  if ('kind' in run) throw new Error(run.message);
  return run.id;
}

/** What a worker would write. */
async function write(run: string, event: JournalEntry['event']): Promise<void> {
  const journal = createRedisJournal(redis.connect(), keys);
  const after = (await journal.read(run)).findLast(({ lane }) => lane === 'run')?.sequence ?? 0;
  const answer = await journal.append(run, { lane: 'run', after, by: 'w1', atMs: Date.now(), event });
  expect(answer.kind).toBe('appended');
}

const stateOf = async (run: string) => (await redis.service().getRun(run))?.state;

describe('a run that Redis has lost', () => {
  it('is found again, and approved wave by wave where it was so before', async () => {
    expect(await restoreOn(await fleetOfLostRun({ approvals: 'wave' }))).toBe(runId);
    const run = await redis.service().getRun(runId);
    expect(run).toMatchObject({ state: 'waiting-for-approval', approvalWanted: { wave: 1 } });
  });

  it('is found again while another waits for its approval, which is told who has the fleet until that one has ended', async () => {
    const kubernetes = await fleetOfLostRun();
    const second = await anotherRun(true);
    expect(await restoreOn(kubernetes)).toBe(runId);
    expect(await stateOf(runId)).toBe('running');
    const approve = () => redis.service().approve(second, 'berta', { planId: plan.id });
    expect(await approve()).toMatchObject({ code: 'fleet-busy', message: expect.stringContaining(runId) });
    await write(runId, { kind: 'finished' });
    expect(await approve()).toMatchObject({ id: second, state: 'running' });
  });

  it('is found again while another is paused before it has begun', async () => {
    const kubernetes = await fleetOfLostRun();
    const second = await anotherRun(false);
    await redis.service().pause(second, 'anna');
    await write(second, { kind: 'paused' });
    expect(await restoreOn(kubernetes)).toBe(runId);
    expect(await redis.service().resume(second, 'anna')).toMatchObject({ code: 'fleet-busy' });
  });

  it('waits for another that is about to begin, and is found again once that one has halted for its Lease', async () => {
    const kubernetes = await fleetOfLostRun();
    const second = await anotherRun(false);
    await expect(restoreOn(kubernetes)).rejects.toThrow(`run ${second} is under way`);
    expect(await stateOf(runId)).toBeUndefined();
    const facts = { subject: 'prod', takenBy: runId };
    await write(second, { kind: 'halted', because: { code: 'fleet-lease-taken', facts } });
    expect(await restoreOn(kubernetes)).toBe(runId);
    expect([await stateOf(runId), await stateOf(second)]).toEqual(['running', 'halted']);
  });
});

describe('a note that stands at the Lease', () => {
  it('of a run that has ended, for a worker died before it let go, has that run looked at once more', async () => {
    const kubernetes = await fleetOfLostRun();
    await restoreOn(kubernetes);
    await write(runId, { kind: 'finished' });
    expect(await restoreOn(kubernetes)).toBe(runId);
    expect(await stateOf(runId)).toBe('finished');
    await kubernetes.dropLease({ holder: runId });
    expect(await restoreOn(kubernetes)).toBeUndefined();
  });

  it('and is not understood is told to whoever reads the log of the worker: it keeps every run from the fleet', async () => {
    const kubernetes = await fleetOfLostRun();
    await expect(restoreOn({ ...kubernetes, readNote: async () => '{}' })).rejects.toThrow(
      'the note at the Lease',
    );
  });
});

it('a run that waits for approval of a plan that is worse than the one asked for does not begin by it because Redis has lost it', async () => {
  const two = fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('n2')),
    zone('z3', node('n3')),
    cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
    cluster('acid-b', member('n2', 'primary'), member('n1'), member('n3')),
  );
  const asked = planFor(two, drainRequest());
  const scene = await setScene(two, asked);
  const { clock, ...outside } = directPorts(scene.world);
  scene.world.failOver('default/acid-b', 'acid-b-1');
  scene.world.advanceTo(scene.world.nowMs() + 60_000);
  const ports = { ...outside, journal: scene.journal };
  const plans = {
    get: async (id: string) => scene.plans.get(id),
    keep: async (kept: typeof plan) => void scene.plans.set(kept.id, kept),
  };
  const context = { ports, firstPlan: atHand(asked), plans, runId, worker: 'w1', pace: realPace, clock };
  for (let count = 0; count < 5; count += 1) await advanceRun(context);
  expect(readScene(scene)).toMatchObject({ state: 'waiting-for-approval' });
  expect(readScene(scene).startedAtMs).toBeUndefined();
  scene.world.advanceTo(scene.world.nowMs() + 60_000);
  await restoreOn(outside.kubernetes);
  expect(await stateOf(runId)).not.toBe('running');
});

it('a run that was being aborted when Redis lost it is aborted also where the worker that finds it again dies right after', async () => {
  const scene = await setScene(fleet, plan);
  await say(scene, { kind: 'started', nodeUids: [], leaders: {} });
  await say(scene, { kind: 'abort-asked' });
  const { clock, ...outside } = directPorts(scene.world);
  const ports = { ...outside, journal: scene.journal };
  await holdFleet(
    { ports, firstPlan: atHand(plan), runId, worker: 'w1', pace: realPace, clock },
    readScene(scene),
  );
  scene.world.advanceTo(scene.world.nowMs() + 60_000);
  const client = redis.connect();
  const evaluate = client.eval.bind(client) as (...args: unknown[]) => Promise<unknown>;
  client.eval = (async (script: string, ...rest: unknown[]) => {
    if (script.includes('lane-moved-on')) throw new Error('died');
    return evaluate(script, ...rest);
  }) as typeof client.eval;
  const pace = { ...realPace, switchoverSettleMs: 0 };
  const { kubernetes } = outside;
  const restorer = { kubernetes, fleet: 'prod', worker: 'w1', pace, memberPresets: defaultPresets };
  await expect(restoreLostRun({ redis: client, keys, ...restorer }, new Map())).rejects.toThrow();
  expect(await restoreOn(kubernetes)).toBe(runId);
  // The pass over the run that follows.
  const stored = await redis.service().getPlan(`recovered-${runId}`);
  if (stored === undefined) throw new Error('no plan');
  const again = { ...outside, journal: createRedisJournal(redis.connect(), keys) };
  const context = { ports: again, firstPlan: atHand(stored.plan), runId, worker: 'w2', pace: realPace };
  for (let count = 0; count < 3; count += 1) await advanceRun({ ...context, clock });
  expect(['aborting', 'aborted']).toContain(await stateOf(runId));
});
