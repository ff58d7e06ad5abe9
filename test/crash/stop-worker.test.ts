import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../executor/ports.ts';
import { sleep } from '../../executor/system-clock.ts';
import { cleanEnd, closeRedis, endState, openTheatre, untilEnded, untilEntry } from './theatre.ts';

afterAll(closeRedis);

/** Longer than the workers' lock of 2 s and the look for stalled jobs: whoever is stopped for that long has lost its jobs. */
const beyondTheLockMs = 5_000;

const isActOf = (kind: string, by: string) => (entry: JournalEntry) =>
  entry.event.kind === 'act' && entry.event.act.kind === kind && entry.by === by;

const planned = { state: 'finished', counts: { done: 3, unplanned: 0, outages: 0, released: 3 } };

describe.concurrent('a worker that is stopped for longer than its lock', () => {
  const moments = ['fence', 'evict', 'switchover', 'mark-released'] as const;
  for (const kind of moments) {
    it(`right after it wrote down its act "${kind}", and wakes up again: nothing is done twice`, {
      timeout: 150_000,
    }, async () => {
      const theatre = await openTheatre(`stop-${kind}`);
      try {
        const first = theatre.startWorker('first');
        const run = await theatre.startRun();
        await untilEntry(theatre, run, isActOf(kind, 'first'), 60_000);
        first.kill('SIGSTOP');
        theatre.startWorker('second');
        await untilEntry(theatre, run, ({ by }) => by === 'second', 60_000);
        await sleep(beyondTheLockMs);
        first.kill('SIGCONT');
        expect(await untilEnded(theatre, run, 90_000)).toMatchObject(planned);
        expect(endState(theatre)).toEqual(cleanEnd);
      } finally {
        await theatre.close();
      }
    });
  }
});

describe.concurrent('a worker that is asked to end', () => {
  it('ends by itself within its time, and another goes on', { timeout: 150_000 }, async () => {
    const theatre = await openTheatre('term');
    try {
      const first = theatre.startWorker('first');
      const run = await theatre.startRun();
      await untilEntry(theatre, run, isActOf('switchover', 'first'), 60_000);
      const exit = once(first, 'exit');
      first.kill('SIGTERM');
      const [code] = await exit;
      expect(code).toBe(0);
      theatre.startWorker('second');
      expect(await untilEnded(theatre, run, 90_000)).toMatchObject(planned);
      expect(endState(theatre)).toEqual(cleanEnd);
    } finally {
      await theatre.close();
    }
  });
});
