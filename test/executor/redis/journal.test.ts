import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OutsideError } from '../../../executor/errors.ts';
import type { RunEvent } from '../../../executor/journal.ts';
import { realPace } from '../../../executor/limits.ts';
import { atHand, type Folds, readFold } from '../../../executor/record/read-fold.ts';
import { appendToStep } from '../../../executor/record/record.ts';
import { openRedis } from '../../../executor/redis/connection.ts';
import { createRedisJournal } from '../../../executor/redis/journal.ts';
import { keysUnder } from '../../../executor/redis/keys.ts';
import { directPorts } from '../../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../../simulations/memory-journal.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { nodeStep, planOf } from '../runs.ts';
import { smallPlan } from '../small-plan.ts';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

let fleets = 0;
let run = '';
beforeEach(async () => {
  fleets += 1;
  const service = redis.service();
  await service.savePlan({
    plan: smallPlan('p'),
    fleet: `fleet-${fleets}`,
    requester: 'anna',
    madeAt: '2026-01-01T00:00:00Z',
  });
  const started = await service.startRun({ planId: 'p', requester: 'anna', needsApproval: false });
  if ('kind' in started) throw new Error(started.code);
  run = started.id;
});

const keys = keysUnder('switchyard');
const journal = () => createRedisJournal(redis.connect(), keys);
const entry = (lane: string, after: number, event: RunEvent, whileRunning = false) => ({
  lane,
  after,
  by: 'w1',
  atMs: 1_000,
  event,
  whileRunning,
});
const fence: RunEvent = { kind: 'act', act: { kind: 'fence', node: 'n1', resourceVersion: '1' } };
const done: RunEvent = { kind: 'done', facts: { note: 'with "quotes", ünïcode and \n lines' } };

describe('the journal in Redis', () => {
  it('numbers the entries of a run from 1 and gives them back as they were', async () => {
    const one = journal();
    expect(await one.append(run, entry('s1', 0, fence))).toEqual({ kind: 'appended', sequence: 2 });
    expect(await one.append(run, entry('s1', 2, done))).toEqual({ kind: 'appended', sequence: 3 });
    const entries = await one.read(run);
    expect(entries.map((each) => [each.sequence, each.lane, each.event.kind])).toEqual([
      [1, 'run', 'created'],
      [2, 's1', 'act'],
      [3, 's1', 'done'],
    ]);
    expect(entries[2]).toEqual({ sequence: 3, lane: 's1', atMs: 1_000, by: 'w1', event: done });
  });

  it('reads what came after a sequence number', async () => {
    const one = journal();
    await one.append(run, entry('s1', 0, fence));
    expect((await one.read(run, 1)).map((each) => each.sequence)).toEqual([2]);
    expect(await one.read(run, 2)).toEqual([]);
    expect(await one.read('no-such-run')).toEqual([]);
  });

  it('refuses an entry when the lane has moved on, and lanes do not disturb each other', async () => {
    const one = journal();
    await one.append(run, entry('s1', 0, fence));
    expect(await one.append(run, entry('s1', 0, fence))).toEqual({ kind: 'lane-moved-on' });
    expect(await one.append(run, entry('s1', 1, fence))).toEqual({ kind: 'lane-moved-on' });
    expect(await one.append(run, entry('s2', 0, fence))).toEqual({ kind: 'appended', sequence: 3 });
  });

  it('lets exactly one of many workers continue a lane, on connections of their own', async () => {
    const workers = Array.from({ length: 20 }, journal);
    const answers = await Promise.all(workers.map((one) => one.append(run, entry('s1', 0, fence, true))));
    expect(answers.filter((answer) => answer.kind === 'appended')).toHaveLength(1);
    expect(answers.filter((answer) => answer.kind === 'lane-moved-on')).toHaveLength(19);
  });

  it('lets exactly one of many change the state of a run', async () => {
    const workers = Array.from({ length: 10 }, journal);
    const events: RunEvent[] = [
      { kind: 'pause-asked' },
      { kind: 'halted', because: { code: 'x', facts: {} } },
    ];
    const answers = await Promise.all(
      workers.map((one, index) => one.append(run, entry('run', 1, events[index % 2] ?? fence))),
    );
    expect(answers.filter((answer) => answer.kind === 'appended')).toHaveLength(1);
  });

  it('refuses an act once a pause was asked for, also one that was decided before', async () => {
    const one = journal();
    await one.append(run, entry('run', 1, { kind: 'pause-asked' }));
    expect(await one.append(run, entry('s1', 0, fence, true))).toEqual({ kind: 'not-running' });
    // What an act has come to may still be written.
    expect((await one.append(run, entry('s1', 0, done))).kind).toBe('appended');
    await one.append(run, entry('run', 2, { kind: 'paused' }));
    await one.append(run, entry('run', 4, { kind: 'resumed' }));
    expect((await one.append(run, entry('s2', 0, fence, true))).kind).toBe('appended');
  });

  it('refuses everything for a run that does not exist', async () => {
    expect(await journal().append('no-such-run', entry('s1', 0, fence))).toEqual({ kind: 'not-running' });
  });

  it('does not let an entry that is not legal in its state change the state', async () => {
    const one = journal();
    await one.append(run, entry('run', 1, { kind: 'abort-asked' }));
    await one.append(run, entry('run', 2, { kind: 'resumed' }));
    expect(await one.append(run, entry('s1', 0, fence, true))).toEqual({ kind: 'not-running' });
  });
});

describe('the journal in Redis and the one in memory', () => {
  it('answer alike', async () => {
    const events: [string, number, RunEvent, boolean][] = [
      ['run', 1, { kind: 'started' }, false],
      ['s1', 0, fence, true],
      ['s1', 0, fence, true],
      ['s1', 3, done, false],
      ['run', 2, { kind: 'pause-asked' }, false],
      ['s2', 0, fence, true],
      ['run', 5, { kind: 'paused' }, false],
      ['run', 6, { kind: 'resumed' }, false],
      ['s2', 0, fence, true],
      ['run', 7, { kind: 'abort-asked' }, false],
      ['s2', 8, fence, true],
      ['s2', 8, done, false],
    ];
    const stored = journal();
    const memory = createMemoryJournal();
    for (const one of await stored.read(run)) await memory.append(run, { ...one, after: 0 });
    for (const [lane, after, event, whileRunning] of events) {
      const theirs = await memory.append(run, entry(lane, after, event, whileRunning));
      expect(
        await stored.append(run, entry(lane, after, event, whileRunning)),
        JSON.stringify(event),
      ).toEqual(theirs);
    }
    expect(await stored.read(run)).toEqual(await memory.read(run));
  });
});

describe('a journal that lost its last second', () => {
  it('takes nothing that was decided from what is lost, also where others have taken its numbers', async () => {
    const one = journal();
    const connection = redis.connect();
    await one.append(run, entry('s1', 0, fence));
    const [, known] = await one.read(run);
    if (known === undefined) throw new Error('nothing was written');
    const next = { ...entry('s2', 0, fence), knowing: known };
    await connection.multi().rpop(keys.journal(run)).hdel(keys.lanes(run), 's1').exec();
    expect(await one.append(run, next)).toEqual({ kind: 'entry-lost' });
    await one.append(run, { ...entry('s1', 0, fence), by: 'w2' });
    expect(await one.append(run, next)).toEqual({ kind: 'entry-lost' });
    const [, instead] = await one.read(run);
    expect(await one.append(run, { ...next, knowing: instead })).toEqual({ kind: 'appended', sequence: 3 });
  });

  it('takes no answer to an act that is lost for one to another act that has taken its number', async () => {
    const connection = redis.connect();
    const append = (worker: string, entry: Parameters<typeof appendToStep>[1]) => {
      const ports = { ...directPorts(createWorld({ objects: [] })), journal: journal() };
      const clock = { nowMs: () => 1_000.25 };
      const context = { ports, firstPlan: atHand(smallPlan('p')), runId: run, worker, pace: realPace, clock };
      return appendToStep(context, entry);
    };
    const act = async (worker: string) => {
      const written = await append(worker, { lane: 's1', after: 0, event: fence });
      if (written.kind !== 'appended') throw new Error(written.kind);
      return written;
    };
    const lost = await act('w1');
    await connection.multi().rpop(keys.journal(run)).hdel(keys.lanes(run), 's1').exec();
    const instead = await act('w2');
    expect(instead.sequence).toBe(lost.sequence);
    const answer: RunEvent = { kind: 'answer', act: 'fence', answer: 'done', facts: {} };
    const next = { lane: 's1', after: lost.sequence, event: answer };
    expect(await append('w1', { ...next, knowing: lost })).toEqual({ kind: 'entry-lost' });
    expect(await append('w2', { ...next, knowing: instead })).toMatchObject({ kind: 'appended' });
  });

  it('is folded as it stands, also by whoever had read more of it', async () => {
    const one = journal();
    const connection = redis.connect();
    const plan = planOf([nodeStep('fence', 's1', 'n1'), nodeStep('fence', 's2', 'n2')]);
    const folds: Folds = new Map();
    const read = (afterSequence: number) => one.read(run, afterSequence);
    const fold = () => readFold({ firstPlan: atHand(plan), runId: run, read, folds });
    await one.append(run, entry('s1', 0, fence));
    await one.append(run, entry('s1', 2, done));
    expect((await fold()).lanes.get('s1')?.state).toBe('done');
    // What a Redis knows that died before it had written the last append down.
    await connection.multi().rpop(keys.journal(run)).hset(keys.lanes(run), 's1', '2').exec();
    expect((await fold()).lanes.get('s1')?.state).toBe('acting');
    await connection.multi().rpop(keys.journal(run)).hdel(keys.lanes(run), 's1').exec();
    await one.append(run, entry('s2', 0, fence));
    const lanes = (await fold()).lanes;
    expect([lanes.get('s1')?.state, lanes.get('s2')?.state]).toEqual(['ready', 'acting']);
  });
});

describe('a Redis that is away', () => {
  it('is a failure of the outside within about two seconds', async () => {
    const away = openRedis('unix:///nowhere/redis.sock');
    const startedMs = Date.now();
    const failing = createRedisJournal(away, keys);
    await expect(failing.read('run-1')).rejects.toMatchObject({ name: 'OutsideError', target: 'redis' });
    await expect(failing.append('run-1', entry('s1', 0, fence))).rejects.toBeInstanceOf(OutsideError);
    // Two questions of two seconds each, and a busy machine.
    expect(Date.now() - startedMs).toBeLessThan(10_000);
    away.disconnect();
  });
});
