import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../../executor/ports.ts';
import { createRedisJournal } from '../../../executor/redis/journal.ts';
import { keysUnder } from '../../../executor/redis/keys.ts';
import { savePlan } from '../../../executor/redis/plan-store.ts';
import { startPrivateRedis } from '../../../executor/redis/private-server.ts';
import { createRunService } from '../../../executor/redis/run-store.ts';
import { summarizePlan } from '../../../executor/redis/summaries.ts';
import type { Run } from '../../../executor/run.ts';
import type { RunService, ServiceRefusal } from '../../../executor/run-service.ts';
import { smallPlan } from '../small-plan.ts';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';

let redis: TestRedis;
let service: RunService;
let fleets = 0;
let fleet = '';
let planId = '';

beforeAll(async () => {
  redis = await startTestRedis();
  service = redis.service();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  fleets += 1;
  fleet = `fleet-${fleets}`;
  planId = `plan-${fleets}`;
  await service.savePlan({
    plan: smallPlan(planId),
    fleet,
    requester: 'anna',
    madeAt: '2026-11-23T12:00:00Z',
  });
});

const start = (more: Partial<Parameters<RunService['startRun']>[0]> = {}) =>
  service.startRun({ planId, requester: 'anna', needsApproval: false, ...more });

function mustRun(answer: Run | ServiceRefusal): Run {
  if ('kind' in answer) throw new Error(`${answer.code}: ${answer.message}`);
  return answer;
}
const code = (answer: Run | ServiceRefusal) => ('kind' in answer ? answer.code : answer.state);

/** What workers would write: entries of the lane of the run. */
async function write(run: string, ...events: JournalEntry['event'][]) {
  const journal = createRedisJournal(redis.connect(), keysUnder('switchyard'));
  for (const event of events) {
    const last = (await journal.read(run)).findLast((entry) => entry.lane === 'run')?.sequence ?? 0;
    const answer = await journal.append(run, { lane: 'run', after: last, by: 'w1', atMs: 1, event });
    if (answer.kind !== 'appended') throw new Error(answer.kind);
  }
}
const halted = { kind: 'halted', because: { code: 'plan-invalid', facts: { subject: 'n1' } } } as const;

/** A service that is held up once it has read a journal for the first time: `meanwhile` happens then. */
function serviceHeldUp(meanwhile: () => Promise<void>): RunService {
  const connection = redis.connect();
  const slow = Object.create(connection);
  let isFirst = true;
  slow.lrange = async (...asked: Parameters<typeof connection.lrange>) => {
    const answer = await connection.lrange(...asked);
    if (isFirst) {
      isFirst = false;
      await meanwhile();
    }
    return answer;
  };
  return createRunService(slow);
}

describe('plans', () => {
  it('are given back as they were saved', async () => {
    expect(await service.getPlan(planId)).toEqual({
      plan: smallPlan(planId),
      fleet,
      requester: 'anna',
      madeAt: '2026-11-23T12:00:00Z',
    });
    expect(await service.getPlan('none')).toBeUndefined();
  });

  it('of many thousand steps are given back as they were saved, to the byte, also by two at once', async () => {
    const [step] = smallPlan('x').steps;
    if (step === undefined) throw new Error('a plan without steps');
    const steps = Array.from({ length: 4_321 }, (_, index) => ({ ...step, id: `s${index + 1}` }));
    const large = {
      plan: smallPlan('large', steps),
      fleet,
      requester: 'änna',
      madeAt: '2026-11-23T12:00:00Z',
    };
    await Promise.all([service.savePlan(large), redis.service().savePlan(large)]);
    expect(JSON.stringify(await service.getPlan('large'))).toBe(JSON.stringify(large));
    const connection = redis.connect();
    expect(await connection.keys('switchyard:plan:large*')).toEqual(['switchyard:plan:large']);
    expect(await connection.ttl('switchyard:plan:large')).toBe(-1);
  });

  it('of which the server lost a part while they were written are not taken for whole', async () => {
    const connection = redis.connect();
    const keys = keysUnder('switchyard');
    const forgetful = Object.create(connection);
    forgetful.eval = async (script: string, count: number, draft: string, ...rest: string[]) => {
      await connection.setrange(draft, 10, '\0\0\0');
      return connection.eval(script, count, draft, ...rest);
    };
    const stored = { plan: smallPlan('torn'), fleet, requester: 'anna', madeAt: '2026-11-23T12:00:00Z' };
    await expect(savePlan(forgetful, keys, stored)).rejects.toThrow(
      'plan torn was lost while it was written',
    );
    expect(await service.getPlan('torn')).toBeUndefined();
  });

  it('are saved once where the answer was lost and the server is asked again', async () => {
    const connection = redis.connect();
    const again = Object.create(connection);
    again.eval = async (...asked: Parameters<typeof connection.eval>) => {
      await connection.eval(...asked);
      return connection.eval(...asked);
    };
    const stored = { plan: smallPlan('twice'), fleet, requester: 'anna', madeAt: '2026-11-23T12:00:00Z' };
    await savePlan(again, keysUnder('switchyard'), stored);
    expect(await service.getPlan('twice')).toEqual(stored);
  });

  it('are listed newest first', async () => {
    await service.savePlan({
      plan: smallPlan('newer'),
      fleet,
      requester: 'anna',
      madeAt: '2027-01-01T00:00:00Z',
    });
    expect((await service.listPlans())[0]?.id).toBe('newer');
  });

  it('are listed in short, each read once, and anew when it is saved again', async () => {
    const stored = { plan: smallPlan('in-short'), fleet, requester: 'anna', madeAt: '2027-02-01T00:00:00Z' };
    await service.savePlan(stored);
    const listed = async () => (await service.listPlans()).find(({ id }) => id === 'in-short');
    expect(await listed()).toEqual(summarizePlan(stored));
    const connection = redis.connect();
    await connection.set(keysUnder('switchyard').plan('in-short'), 'not even JSON');
    expect(await listed()).toEqual(summarizePlan(stored));
    await service.savePlan({ ...stored, requester: 'bert' });
    expect(await listed()).toMatchObject({ requester: 'bert', steps: stored.plan.steps.length });
    await connection.set(
      keysUnder('switchyard').planSummary('in-short'),
      '{"version":0,"summary":{"id":"in-short"}}',
    );
    expect(await listed()).toMatchObject({ requester: 'bert' });
  });
});

describe('starting a run', () => {
  it('makes a run of the plan that every listing shows', async () => {
    const run = mustRun(await start());
    expect(run).toMatchObject({ planId, fleet, requester: 'anna', state: 'running' });
    expect((await service.listRuns()).map((one) => one.id)).toContain(run.id);
    expect(await service.getRun(run.id)).toEqual(run);
    expect([await service.lastSequence(run.id), await service.lastSequence('none')]).toEqual([1, 0]);
    expect(run.id).toMatch(/^[a-z0-9-]{1,63}$/);
  });

  it('that has ended is listed in short, and its journal is not read again', async () => {
    const run = mustRun(await start({ needsApproval: true }));
    mustRun(await service.reject(run.id, 'bert', 'not tonight'));
    const listed = async () => (await service.listRuns()).find(({ id }) => id === run.id);
    const ended = await service.getRun(run.id);
    if (ended === undefined) throw new Error('it is gone');
    const { steps: _, nodes: _nodes, ...summary } = ended;
    expect(summary.state).toBe('rejected');
    expect(await listed()).toEqual(summary);
    await redis.connect().del(keysUnder('switchyard').journal(run.id));
    expect((await redis.service().listRuns()).find(({ id }) => id === run.id)).toEqual(summary);
    // Told of an end that Redis has lost, it is not believed.
    await redis.connect().hset(keysUnder('switchyard').run(run.id), 'state', 'expired');
    expect((await listed())?.state).not.toBe('rejected');
  });

  it('waits for approval where one is needed', async () => {
    expect(mustRun(await start({ needsApproval: true })).state).toBe('waiting-for-approval');
  });

  it('is refused for an unknown plan and for a plan without steps', async () => {
    expect(code(await start({ planId: 'none' }))).toBe('unknown-plan');
    await service.savePlan({
      plan: smallPlan('empty', []),
      fleet,
      requester: 'anna',
      madeAt: '2026-11-23T12:00:00Z',
    });
    expect(code(await start({ planId: 'empty' }))).toBe('nothing-to-run');
  });

  it('gives a fleet to one run only, however many ask at once', async () => {
    const services = Array.from({ length: 10 }, () => redis.service());
    const answers = await Promise.all(
      services.map((one) => one.startRun({ planId, requester: 'anna', needsApproval: false })),
    );
    expect(answers.filter((answer) => !('kind' in answer))).toHaveLength(1);
    expect(answers.filter((answer) => code(answer) === 'fleet-busy')).toHaveLength(9);
  });

  it('gives the same run to the same idempotency key, also at once, and refuses it for another plan', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => start({ idempotencyKey: `key-${fleet}` })));
    expect(new Set(answers.map((answer) => mustRun(answer).id)).size).toBe(1);
    await service.savePlan({
      plan: smallPlan('other'),
      fleet: 'elsewhere',
      requester: 'anna',
      madeAt: '2026-11-23T12:00:00Z',
    });
    expect(code(await start({ planId: 'other', idempotencyKey: `key-${fleet}` }))).toBe(
      'idempotency-key-used',
    );
  });

  it('still knows an idempotency key after the run has ended', async () => {
    const run = mustRun(await start({ idempotencyKey: `ended-${fleet}` }));
    await write(run.id, { kind: 'started' }, { kind: 'finished' });
    expect(mustRun(await start({ idempotencyKey: `ended-${fleet}` })).id).toBe(run.id);
  });
});

it('a start whose answer was lost, so that the connection asks again, is the start of one run', async () => {
  const connection = redis.connect();
  const again = Object.create(connection);
  again.eval = async (...asked: Parameters<typeof connection.eval>) => {
    await connection.eval(...asked);
    return connection.eval(...asked);
  };
  const run = mustRun(
    await createRunService(again).startRun({ planId, requester: 'anna', needsApproval: true }),
  );
  expect((await service.readJournal(run.id)).map(({ event }) => event.kind)).toEqual(['created']);
});

describe('the fleet of a run', () => {
  it('is free again when the run has finished, was aborted, rejected, or has halted', async () => {
    const ways: [boolean, JournalEntry['event'][]][] = [
      [false, [{ kind: 'started' }, { kind: 'finished' }]],
      [false, [{ kind: 'abort-asked' }, { kind: 'aborted', facts: {} }]],
      [true, [{ kind: 'rejected' }]],
      [false, [halted]],
    ];
    for (const [needsApproval, events] of ways) {
      const run = mustRun(await start({ needsApproval }));
      expect(code(await start())).toBe('fleet-busy');
      await write(run.id, ...events);
    }
    mustRun(await start());
  });

  it('is still held while a run pauses', async () => {
    const run = mustRun(await start());
    await service.pause(run.id, 'anna');
    await write(run.id, { kind: 'paused' });
    expect(code(await start())).toBe('fleet-busy');
  });

  it('keeps a halted run from being resumed or aborted once another run has it', async () => {
    const first = mustRun(await start());
    await write(first.id, halted);
    const second = mustRun(await start());
    expect(code(await service.resume(first.id, 'anna'))).toBe('fleet-busy');
    expect(code(await service.abort(first.id, 'anna'))).toBe('fleet-busy');
    await write(second.id, { kind: 'started' }, { kind: 'finished' });
    expect(code(await service.resume(first.id, 'anna'))).toBe('running');
    expect(code(await start())).toBe('fleet-busy');
  });
});

describe('what people ask of a run', () => {
  it('an approval by somebody else who names the plan lets it run', async () => {
    const run = mustRun(await start({ needsApproval: true }));
    expect(code(await service.approve(run.id, 'anna', { planId }))).toBe('own-run');
    expect(code(await service.approve(run.id, 'ben', { planId: 'another-plan' }))).toBe('other-plan');
    const approved = mustRun(await service.approve(run.id, 'ben', { planId, comment: 'read it' }));
    expect(approved.state).toBe('running');
    expect(approved.approvals).toMatchObject([{ by: 'ben', comment: 'read it' }]);
    expect(code(await service.approve(run.id, 'cleo', { planId }))).toBe('wrong-state');
  });

  it('a run that is approved wave by wave takes the approval of the wave that waits, and of no other', async () => {
    const run = mustRun(await start({ approvals: 'wave' }));
    expect(run).toMatchObject({ state: 'waiting-for-approval', approvalWanted: { wave: 1 } });
    expect(code(await service.approve(run.id, 'ben', { planId }))).toBe('other-wave');
    expect(code(await service.approve(run.id, 'ben', { planId, wave: 2 }))).toBe('other-wave');
    expect(code(await service.approve(run.id, 'anna', { planId, wave: 1 }))).toBe('own-run');
    const approved = mustRun(await service.approve(run.id, 'ben', { planId, wave: 1 }));
    expect(approved).toMatchObject({ state: 'running', approvals: [{ by: 'ben', wave: 1 }] });
  });

  it('an approval comes too late once its time is over, also before a worker has said so', async () => {
    const run = mustRun(await start({ needsApproval: true, approvalMs: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(code(await service.approve(run.id, 'ben', { planId }))).toBe('wrong-state');
  });

  it('an approval counts for the plan and wave that it was checked against, whatever is written in between', async () => {
    const run = mustRun(await start({ needsApproval: true }));
    const other = `${planId}-anew`;
    await service.savePlan({
      plan: smallPlan(other),
      fleet,
      requester: 'anna',
      madeAt: '2026-11-23T12:00:00Z',
    });
    const late = serviceHeldUp(() =>
      write(
        run.id,
        { kind: 'approved', plan: planId },
        { kind: 'started' },
        { kind: 'halted', because: { code: 'role-changed-by-others', facts: {} } },
        { kind: 'replanned', plan: other, needsApproval: true, nodeUids: [], leaders: {}, facts: {} },
      ),
    );
    expect(code(await late.approve(run.id, 'ben', { planId }))).toBe('other-plan');
    expect((await service.getRun(run.id))?.state).toBe('waiting-for-approval');
  });

  it('an approval does not count for what stands in the place of a new plan that Redis has lost', async () => {
    const run = mustRun(await start());
    const plans = ['one', 'another'].map((word) => `${planId}-${word}`);
    const anew = (plan: string) =>
      ({ kind: 'replanned', plan, needsApproval: true, nodeUids: [], leaders: {}, facts: {} }) as const;
    for (const id of plans)
      await service.savePlan({
        plan: smallPlan(id),
        fleet,
        requester: 'anna',
        madeAt: '2026-11-23T12:00:00Z',
      });
    const [lost = '', kept = ''] = plans;
    await write(run.id, halted, anew(lost));
    const late = serviceHeldUp(async () => {
      const keys = keysUnder('switchyard');
      const client = redis.connect();
      await client.rpop(keys.journal(run.id));
      await client.hset(keys.lanes(run.id), 'run', '2');
      await client.hset(keys.run(run.id), 'state', 'halted');
      const entry = { lane: 'run', after: 2, by: 'w2', atMs: 2, event: anew(kept) };
      await createRedisJournal(client, keys).append(run.id, entry);
    });
    expect(code(await late.approve(run.id, 'ben', { planId: lost }))).toBe('other-plan');
    expect((await service.getRun(run.id))?.state).toBe('waiting-for-approval');
  });

  it('a run that has begun meanwhile is not rejected: its marks would stay', async () => {
    const run = mustRun(await start({ approvals: 'wave' }));
    const late = serviceHeldUp(() =>
      write(
        run.id,
        { kind: 'approved', plan: planId, wave: 1 },
        { kind: 'started' },
        { kind: 'approval-asked', wave: 2 },
      ),
    );
    expect(code(await late.reject(run.id, 'ben', undefined))).toBe('wrong-state');
    expect((await service.getRun(run.id))?.state).toBe('waiting-for-approval');
  });

  it('a run that waits for no approval is not rejected: whoever wants its end aborts it', async () => {
    const run = mustRun(await start());
    const notBegun = await service.reject(run.id, 'ben', undefined);
    await write(run.id, { kind: 'started' });
    for (const answer of [notBegun, await service.reject(run.id, 'ben', undefined)])
      expect(answer).toEqual({
        kind: 'refused',
        code: 'wrong-state',
        message: `Run ${run.id} is running and waits for no approval; "run abort" ends it.`,
      });
    expect((await service.getRun(run.id))?.state).toBe('running');
    await write(run.id, halted);
    expect(code(await service.reject(run.id, 'ben', undefined))).toBe('wrong-state');
    await write(run.id, { kind: 'resumed' }, { kind: 'finished' });
    expect(await service.reject(run.id, 'ben', undefined)).toMatchObject({
      message: `Run ${run.id} is finished and waits for no approval.`,
    });
  });

  it('a new plan of a run that has begun is rejected once, however often it is asked for', async () => {
    const run = mustRun(await start());
    const anew = {
      kind: 'replanned',
      plan: planId,
      needsApproval: true,
      nodeUids: [],
      leaders: {},
      facts: {},
    } as const;
    await write(run.id, { kind: 'started' }, halted, anew);
    for (const _ of ['once', 'again'])
      expect(code(await service.reject(run.id, 'ben', undefined))).toBe('aborting');
  });

  it('a rejected run never runs', async () => {
    const run = mustRun(await start({ needsApproval: true }));
    expect(code(await service.reject(run.id, 'ben', 'not today'))).toBe('rejected');
    expect(code(await service.approve(run.id, 'ben', { planId }))).toBe('wrong-state');
    expect(code(await service.resume(run.id, 'ben'))).toBe('wrong-state');
  });

  it('pause, resume and abort follow the states of a run', async () => {
    const run = mustRun(await start());
    expect(code(await service.pause(run.id, 'anna'))).toBe('pausing');
    await write(run.id, { kind: 'paused' });
    expect(code(await service.resume(run.id, 'anna'))).toBe('running');
    expect(code(await service.abort(run.id, 'anna'))).toBe('aborting');
    expect(code(await service.resume(run.id, 'anna'))).toBe('wrong-state');
    await write(run.id, { kind: 'aborted', facts: {} });
    expect(code(await service.pause(run.id, 'anna'))).toBe('wrong-state');
  });

  it('asking twice, or many at once, is the same as asking once', async () => {
    const run = mustRun(await start());
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => service.pause(run.id, 'anna')));
    expect(answers.map(code)).toEqual(['pausing', 'pausing', 'pausing', 'pausing', 'pausing']);
    const asked = (await service.readJournal(run.id)).filter((entry) => entry.event.kind === 'pause-asked');
    expect(asked).toHaveLength(1);
  });

  it('nothing can be asked of a run that does not exist', async () => {
    expect(await service.getRun('none')).toBeUndefined();
    for (const answer of [
      service.pause('none', 'a'),
      service.resume('none', 'a'),
      service.abort('none', 'a'),
      service.approve('none', 'a', { planId }),
    ]) {
      expect(code(await answer)).toBe('unknown-run');
    }
  });
});

describe('following a run', () => {
  it('gives what was written, then what is being written, and ends with the run', async () => {
    const run = mustRun(await start());
    const seen: string[] = [];
    const following = (async () => {
      for await (const entry of service.follow(run.id, 0, AbortSignal.timeout(10_000)))
        seen.push(`${entry.sequence} ${entry.event.kind}`);
    })();
    await write(run.id, { kind: 'started' });
    await expect.poll(() => seen).toEqual(['1 created', '2 started']);
    await write(run.id, { kind: 'finished' });
    await following;
    expect(seen).toEqual(['1 created', '2 started', '3 finished']);
  });

  it('begins after the entry that was seen last', async () => {
    const run = mustRun(await start());
    await write(run.id, { kind: 'started' }, { kind: 'finished' });
    const seen: number[] = [];
    for await (const entry of service.follow(run.id, 2, AbortSignal.timeout(10_000)))
      seen.push(entry.sequence);
    expect(seen).toEqual([3]);
  });

  // Once may be slow on a busy machine; at the next look would be slow each time.
  it('hears of an entry at once, not at the next look', { retry: 3 }, async () => {
    const run = mustRun(await start());
    const entries = service.follow(run.id, 1, AbortSignal.timeout(10_000))[Symbol.asyncIterator]();
    const next = entries.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const writtenMs = Date.now();
    await write(run.id, { kind: 'started' });
    await next;
    expect(Date.now() - writtenMs).toBeLessThan(1_000);
    await entries.return?.();
  });

  it('ends when its signal aborts', async () => {
    const run = mustRun(await start());
    const ending = new AbortController();
    const following = (async () => {
      for await (const _ of service.follow(run.id, 1, ending.signal));
    })();
    ending.abort();
    await following;
  });
});

describe('a Redis that was killed', () => {
  it('keeps plans, runs and journals, and the service goes on by itself', async () => {
    const own = await startTestRedis();
    const runs = own.service();
    await runs.savePlan({
      plan: smallPlan('p'),
      fleet: 'f',
      requester: 'anna',
      madeAt: '2026-11-23T12:00:00Z',
    });
    const run = mustRun(await runs.startRun({ planId: 'p', requester: 'anna', needsApproval: false }));
    process.kill(own.server.pid, 'SIGKILL');
    await expect(runs.getRun(run.id)).rejects.toMatchObject({ name: 'OutsideError', target: 'redis' });
    const again = await startPrivateRedis({ dir: own.dir });
    await expect.poll(() => runs.getRun(run.id).catch(() => undefined), { timeout: 10_000 }).toEqual(run);
    const entries = runs.follow(run.id, 1, AbortSignal.timeout(10_000))[Symbol.asyncIterator]();
    const next = entries.next();
    await runs.pause(run.id, 'anna');
    expect((await next).value).toMatchObject({ event: { kind: 'pause-asked' } });
    await entries.return?.();
    await again.stop();
    await own.stop();
  });
});
