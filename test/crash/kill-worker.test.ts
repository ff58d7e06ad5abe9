import { afterAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../executor/ports.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { cleanEnd, closeRedis, endState, openTheatre, untilEnded, untilEntry } from './theatre.ts';

afterAll(closeRedis);

const isAct = (kind: string) => (entry: JournalEntry) =>
  entry.event.kind === 'act' && entry.event.act.kind === kind;
const isAnswer = (kind: string) => (entry: JournalEntry) =>
  entry.event.kind === 'answer' && entry.event.act === kind;
const isWaitFor = (code: string) => (entry: JournalEntry) =>
  entry.event.kind === 'waiting' && entry.event.because.code === code;

/** The nth entry that `wanted` likes. */
function nth(count: number, wanted: (entry: JournalEntry) => boolean): (entry: JournalEntry) => boolean {
  let seen = 0;
  return (entry) => {
    if (wanted(entry)) seen += 1;
    return seen === count;
  };
}

/** Ten moments of the run, in its order. The worker is killed as soon as the entry is seen: with the act not yet sent, under way, or done. */
const moments: readonly (readonly [moment: string, wanted: (entry: JournalEntry) => boolean])[] = [
  ['a fence is written down', isAct('fence')],
  ['a node is asked for', isAct('want-node')],
  ['the first eviction is written down', isAct('evict')],
  ['the first eviction is answered', isAnswer('evict')],
  ['a replica is not ready yet', isWaitFor('pod-not-ready')],
  ['the first switchover is written down', isAct('switchover')],
  ['the second switchover is answered', nth(2, isAnswer('switchover'))],
  ['the third switchover is written down', nth(3, isAct('switchover'))],
  ['the sixth eviction is written down', nth(6, isAct('evict'))],
  ['the first node is marked as released', isAct('mark-released')],
];

describe.concurrent('a worker killed with kill -9 while the talk’s example is carried out', () => {
  for (const [index, [moment, wanted]] of moments.entries()) {
    it(`when ${moment}: another goes on to the same three switchovers`, { timeout: 150_000 }, async () => {
      const theatre = await openTheatre(`kill-${index}`);
      try {
        const first = theatre.startWorker('first');
        const run = await theatre.startRun();
        await untilEntry(theatre, run, wanted, 60_000);
        first.kill('SIGKILL');
        theatre.startWorker('second');
        const ended = await untilEnded(theatre, run, 90_000);
        expect(ended).toMatchObject({
          state: 'finished',
          counts: { done: 3, unplanned: 0, outages: 0, released: 3 },
        });
        expect(endState(theatre)).toEqual(cleanEnd);
        const journal = await theatre.service.readJournal(run);
        expect(replayRun(theatre.plan, run, journal)).toMatchObject({ withoutGrounds: 0, differences: [] });
        const workers = new Set(
          journal.filter((entry) => entry.event.kind === 'act').map((entry) => entry.by),
        );
        expect(workers).toContain('second');
      } finally {
        await theatre.close();
      }
    });
  }
});
