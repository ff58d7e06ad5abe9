import { afterAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../executor/ports.ts';
import type { Run } from '../../executor/run.ts';
import { cleanEnd, closeRedis, endState, openTheatre, type Theatre, untilEntry } from './theatre.ts';

afterAll(closeRedis);

const isAct = (kind: string) => (entry: JournalEntry) =>
  entry.event.kind === 'act' && entry.event.act.kind === kind;
const isDone = (kind: string) => (entry: JournalEntry) =>
  entry.event.kind === 'answer' && entry.event.act === kind;

/** The run as it is once `wanted` is true of it; undefined while Redis knows nothing of it. */
async function untilRun(theatre: Theatre, id: string, wanted: (run: Run) => boolean): Promise<Run> {
  const limitMs = Date.now() + 100_000;
  for (;;) {
    const run = await theatre.service.getRun(id);
    if (run !== undefined && wanted(run)) return run;
    if (Date.now() > limitMs) {
      throw new Error(
        `run ${id} is ${run?.state} ${JSON.stringify(run?.because)} ${JSON.stringify(run?.outlook)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

// One after the other: they share the Redis that they empty.
describe('Redis emptied in the middle of a run', () => {
  it.each<[string, (entry: JournalEntry) => boolean]>([
    ['a switchover was written down', isAct('switchover')],
    ['the first node was marked as released', isDone('mark-released')],
  ])(
    'when %s: the run is found again by its marks and finished, each cluster interrupted once',
    async (_moment, wanted) => {
      const theatre = await openTheatre('emptied');
      try {
        theatre.startWorker('first');
        theatre.startWorker('second');
        const run = await theatre.startRun();
        await untilEntry(theatre, run, wanted, 60_000);
        await theatre.emptyRedis();
        const ended = await untilRun(
          theatre,
          run,
          ({ state }) => state === 'finished' || state === 'aborted',
        );
        expect(ended).toMatchObject({ id: run, state: 'finished', counts: { unplanned: 0, outages: 0 } });
        expect(endState(theatre)).toEqual(cleanEnd);
      } finally {
        await theatre.close();
      }
    },
    150_000,
  );

  it('and another run created right after: that one does not begin, and the lost one is found again and finished', async () => {
    const theatre = await openTheatre('emptied-again');
    try {
      theatre.startWorker('first');
      theatre.startWorker('second');
      const run = await theatre.startRun();
      await untilEntry(theatre, run, isDone('switchover'), 60_000);
      await theatre.emptyRedis();
      // As where a webhook is sent again that nobody remembers.
      const second = await theatre.startRun();
      const ended = await untilRun(theatre, run, ({ state }) => state === 'finished');
      expect(ended.counts).toMatchObject({ unplanned: 0, outages: 0 });
      expect(endState(theatre)).toEqual(cleanEnd);
      const because = { code: 'fleet-lease-taken', facts: { takenBy: run } };
      expect(await theatre.service.getRun(second)).toMatchObject({ state: 'halted', because });
    } finally {
      await theatre.close();
    }
  }, 150_000);

  it('waits for approval of the new plan where somebody had to approve the old one', async () => {
    const theatre = await openTheatre('emptied-approved');
    try {
      theatre.startWorker('first');
      const run = await theatre.startRun(true);
      await theatre.service.approve(run, 'berta', { planId: theatre.plan.id });
      await untilEntry(theatre, run, isDone('evict'), 60_000);
      await theatre.emptyRedis();
      const found = await untilRun(theatre, run, ({ state }) => state === 'waiting-for-approval');
      expect(await theatre.service.approve(run, 'test', { planId: found.planId })).toMatchObject({
        code: 'own-run',
      });
      await theatre.service.approve(run, 'berta', { planId: found.planId });
      const ended = await untilRun(theatre, run, ({ state }) => state === 'finished');
      expect(ended.counts).toMatchObject({ unplanned: 0, outages: 0 });
      expect(endState(theatre)).toEqual(cleanEnd);
    } finally {
      await theatre.close();
    }
  }, 150_000);
});
