/**
 * The twelve-node fleet carried out by two real workers, of which one is killed with kill -9 at every so many entries of the
 * journal: the one that wrote it. With `every` offsets each entry is hit. Redis itself can be killed in between.
 */
import type { ChildProcess } from 'node:child_process';
import type { JournalEntry } from '../../executor/ports.ts';
import { loadSnapshot } from '../fixtures/load.ts';
import { cleanEndOf, endState, killRedis, openTheatre, type Piece, type Theatre } from './theatre.ts';

export type Killed = {
  /** Entries at which the worker that had written them was killed. */
  readonly workersKilledAt: readonly number[];
  readonly redisKills: number;
  readonly entries: number;
  /** Empty: the run ended as planned. */
  readonly against: readonly string[];
};

/** Redis dies at every so many kills of a worker. */
const killsPerRedisKill = 8;
const limitMs = 20 * 60_000;

/** Carries the twelve-node scenario out, killing at entries `offset`, `offset + every`, ... */
export async function killEverywhere(every: number, offset: number, withRedis: boolean): Promise<Killed> {
  const { fleet, request } = loadSnapshot('twelve');
  const theatre = await openTheatre(`twelve-${offset}`, { objects: fleet.items, request } as Piece);
  const workers = new Map<string, ChildProcess>();
  let started = 0;
  const start = (): void => {
    started += 1;
    workers.set(`worker-${started}`, theatre.startWorker(`worker-${started}`));
  };
  const workersKilledAt: number[] = [];
  let redisKills = 0;
  try {
    start();
    start();
    const run = await theatre.startRun();
    const kill = async ({ sequence, by }: JournalEntry): Promise<void> => {
      const victim = workers.get(by);
      if (victim === undefined || sequence % every !== offset) return;
      victim.kill('SIGKILL');
      workers.delete(by);
      workersKilledAt.push(sequence);
      start();
      if (withRedis && workersKilledAt.length % killsPerRedisKill === 0) {
        await killRedis();
        redisKills += 1;
      }
    };
    const entries = await followRun(theatre, run, kill);
    return { workersKilledAt, redisKills, entries, against: await faultsOf(theatre, run) };
  } finally {
    await theatre.close();
  }
}

/** Looks at each entry once until the run has ended, over as many connections as it takes, and returns how many there were. */
async function followRun(
  theatre: Theatre,
  run: string,
  each: (entry: JournalEntry) => Promise<void>,
): Promise<number> {
  const deadline = AbortSignal.timeout(limitMs);
  let last = 0;
  while (!deadline.aborted) {
    try {
      for await (const entry of theatre.service.follow(run, last, deadline)) {
        last = entry.sequence;
        await each(entry);
      }
      if ((await theatre.service.getRun(run))?.endedAt !== undefined) return last;
    } catch {
      // Redis was killed a moment ago.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  return last;
}

async function faultsOf(theatre: Theatre, id: string): Promise<readonly string[]> {
  const against: string[] = [];
  const run = await theatre.service.getRun(id);
  if (run?.state !== 'finished') {
    against.push(`the run is ${run?.state}: ${JSON.stringify(run?.because)}`);
  }
  if (run?.counts.unplanned !== 0) against.push(`${run?.counts.unplanned} role changes counted as not ours`);
  const [is, ought] = [JSON.stringify(endState(theatre)), JSON.stringify(cleanEndOf(theatre))];
  if (is !== ought) against.push(`the fleet ended as ${is}, planned was ${ought}`);
  return against;
}
