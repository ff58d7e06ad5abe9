/**
 * The journal port in Redis.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RunEvent } from '../journal.ts';
import type { Journal, JournalEntry } from '../ports.ts';
import { entriesAtOnce } from '../record/read-fold.ts';
import type { Grounds } from '../record/told-grounds.ts';
import { appendEntry } from './append-entry.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';

const entrySchema = z.object({
  sequence: z.number().int(),
  lane: z.string(),
  atMs: z.number(),
  by: z.string(),
  // Written by this program only, whole, and by one script: its kind is looked at, not every field of every kind.
  event: z.custom<RunEvent>((event) => typeof event === 'object' && event !== null && 'kind' in event),
  grounds: z
    .custom<Grounds>((grounds) => typeof grounds === 'object' && grounds !== null && 'upTo' in grounds)
    .exactOptional(),
});

/** Returns the journal of all runs in this Redis. Every call throws OutsideError when Redis does not answer within 2 s. */
export function createRedisJournal(redis: Redis, keys: Keys): Journal {
  return {
    async append(run, entry) {
      const answer = await appendEntry(redis, keys, run, entry);
      // A halted run has let go of its fleet, and another has it now: there is nothing to go on with.
      return answer.kind === 'fleet-busy' ? { kind: 'not-running' } : answer;
    },
    read: (run, afterSequence = 0, countMax) => readEntries(redis, keys, run, afterSequence, countMax),
  };
}

/** Returns the entries after a sequence number, in order: at most so many, or all. */
export async function readEntries(
  redis: Redis,
  keys: Keys,
  run: string,
  afterSequence: number,
  countMax = Number.POSITIVE_INFINITY,
): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (;;) {
    const wanted = Math.min(entriesAtOnce, countMax - entries.length);
    const page = await readPage(redis, keys, run, afterSequence + entries.length, wanted);
    for (const entry of page) entries.push(entry);
    if (page.length < wanted || entries.length >= countMax) return entries;
  }
}

async function readPage(
  redis: Redis,
  keys: Keys,
  run: string,
  afterSequence: number,
  count: number,
): Promise<readonly JournalEntry[]> {
  const lines = await askRedis(redis, 'read the journal', () =>
    redis.lrange(keys.journal(run), afterSequence, afterSequence + count - 1),
  );
  return lines.map((line) => entrySchema.parse(JSON.parse(line)));
}
