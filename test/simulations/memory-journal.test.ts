import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../executor/journal.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';

const entry = (lane: string, after: number, event: RunEvent, whileRunning = false) => ({
  lane,
  after,
  by: 'worker',
  atMs: 0,
  event,
  whileRunning,
});
const done: RunEvent = { kind: 'done', facts: {} };
const created: RunEvent = {
  kind: 'created',
  plan: 'p',
  fleet: 'prod',
  requester: 'anna',
  needsApproval: false,
};

describe('the journal in memory', () => {
  it('appends only for whoever knows the last entry of the lane', async () => {
    const journal = createMemoryJournal();
    expect(await journal.append('r', entry('s1', 0, done))).toEqual({ kind: 'appended', sequence: 1 });
    expect(await journal.append('r', entry('s2', 0, done))).toEqual({ kind: 'appended', sequence: 2 });
    expect(await journal.append('r', entry('s1', 0, done))).toEqual({ kind: 'lane-moved-on' });
    expect(await journal.append('r', entry('s1', 1, done))).toEqual({ kind: 'appended', sequence: 3 });
    expect((await journal.read('r', 1)).map((one) => one.sequence)).toEqual([2, 3]);
  });

  it('loses its end as a Redis does that dies, and takes nothing that was decided from it', async () => {
    const journal = createMemoryJournal();
    await journal.append('r', entry('run', 0, created));
    await journal.append('r', entry('s1', 0, done));
    await journal.append('r', entry('run', 1, { kind: 'pause-asked' }));
    const [, known] = await journal.read('r');
    expect(journal.lose('r', 1).map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(journal.stateOf('r')).toBe('running');
    expect(await journal.append('r', { ...entry('s2', 0, done), knowing: known })).toEqual({
      kind: 'entry-lost',
    });
    expect(await journal.append('r', entry('s1', 0, done))).toEqual({ kind: 'appended', sequence: 2 });
    expect(await journal.append('r', { ...entry('s1', 2, done), knowing: known })).toMatchObject({
      kind: 'appended',
    });
  });

  it('refuses acts of a run that is paused, and takes them again after it was resumed', async () => {
    const journal = createMemoryJournal();
    expect(await journal.append('r', entry('s1', 0, done, true))).toEqual({ kind: 'not-running' });
    await journal.append('r', entry('run', 0, created));
    await journal.append('r', entry('run', 1, { kind: 'pause-asked' }));
    expect(await journal.append('r', entry('s1', 0, done, true))).toEqual({ kind: 'not-running' });
    await journal.append('r', entry('run', 2, { kind: 'resumed' }));
    expect(await journal.append('r', entry('s1', 0, done, true))).toMatchObject({ kind: 'appended' });
  });
});
