import { afterAll, describe, expect, it } from 'vitest';
import type { HttpFault } from '../../simulations/http/http-faults.ts';
import { cleanEnd, closeRedis, endState, openTheatre, untilEnded, untilEntry } from './theatre.ts';

afterAll(closeRedis);

/** Each strikes a part of all requests for a while, all of them for a while, or one kind of request for the whole run. */
const troubles: readonly (readonly [trouble: string, faults: readonly HttpFault[]])[] = [
  [
    'throttles a third of all requests for fifteen seconds (429)',
    [
      {
        server: 'kubernetes',
        forMs: 15_000,
        probability: 0.33,
        effect: { kind: 'answer', status: 429, retryAfterSeconds: 1 },
      },
    ],
  ],
  [
    'answers 500 to a third of all requests for fifteen seconds',
    [{ server: 'kubernetes', forMs: 15_000, probability: 0.33, effect: { kind: 'answer', status: 500 } }],
  ],
  [
    'closes a fifth of all connections for twenty seconds before it does anything',
    [{ server: 'kubernetes', forMs: 20_000, probability: 0.2, effect: { kind: 'close-before' } }],
  ],
  [
    'does what is asked and then closes, a fifth of the time for twenty seconds',
    [{ server: 'kubernetes', forMs: 20_000, probability: 0.2, effect: { kind: 'close-after' } }],
  ],
  [
    'answers nothing for twelve seconds',
    [{ server: 'kubernetes', forMs: 12_000, effect: { kind: 'hang', ms: 30_000 } }],
  ],
  [
    'loses the answer of every other eviction',
    [
      {
        server: 'kubernetes',
        method: 'POST',
        path: '/eviction',
        probability: 0.5,
        effect: { kind: 'close-after' },
      },
    ],
  ],
  [
    'loses the answer of the first two switchovers',
    [{ server: 'patroni', method: 'POST', path: '/switchover', times: 2, effect: { kind: 'close-after' } }],
  ],
];

describe.concurrent('a server in trouble delays the run and nothing else', () => {
  for (const [index, [trouble, faults]] of troubles.entries()) {
    it(`one that ${trouble}`, { timeout: 150_000 }, async () => {
      const theatre = await openTheatre(`hostile-${index}`);
      try {
        theatre.startWorker('only');
        const run = await theatre.startRun();
        // Trouble for a while begins when the run is under way, however long its worker took to start.
        await untilEntry(theatre, run, (entry) => entry.event.kind === 'act', 60_000);
        for (const fault of faults) theatre.served.faults.add(fault);
        const ended = await untilEnded(theatre, run, 120_000);
        expect(theatre.served.faults.struckInAll()).toBeGreaterThan(0);
        expect(ended).toMatchObject({
          state: 'finished',
          counts: { done: 3, unplanned: 0, outages: 0, released: 3 },
        });
        expect(endState(theatre)).toEqual(cleanEnd);
      } finally {
        await theatre.close();
      }
    });
  }
});
