/**
 * A journal as it grows, for those who watch.
 */
import type { Redis } from 'ioredis';
import type { JournalEntry } from '../ports.ts';
import { hasEnded } from '../record/run-states.ts';
import { sleep } from '../system-clock.ts';
import { readRunHead } from './append-entry.ts';
import { listenForAppends } from './appends.ts';
import { readEntries } from './journal.ts';
import type { Keys } from './keys.ts';

/** A notification can get lost with the connection; this often the journal is read without one. */
const LOOK_ANYWAY_MS = 2_000;

/** Who waits for news of which run. One subscription serves all. */
export type Notices = {
  /** Resolves at the next append to the run, when `signal` aborts, or after a while. */
  next(run: string, signal: AbortSignal): Promise<void>;
  close(): void;
};

/** Returns the notices, from now on until they are closed. */
export function openNotices(redis: Redis, keys: Keys): Notices {
  const waiting = new Map<string, Set<() => void>>();
  const appends = listenForAppends(redis, keys, ({ run }) => {
    for (const wake of waiting.get(run) ?? []) wake();
  });
  return {
    async next(run, signal) {
      const woken = new AbortController();
      const wakers = waiting.get(run) ?? new Set();
      waiting.set(run, wakers);
      const wake = () => woken.abort();
      wakers.add(wake);
      await sleep(LOOK_ANYWAY_MS, AbortSignal.any([signal, woken.signal]));
      wakers.delete(wake);
      if (wakers.size === 0) waiting.delete(run);
    },
    close: appends.close,
  };
}

/** Yields the entries after a sequence number, those to come included, until `signal` aborts or the run has ended. */
export async function* followJournal(
  redis: Redis,
  keys: Keys,
  notices: Notices,
  run: string,
  afterSequence: number,
  signal: AbortSignal,
): AsyncIterable<JournalEntry> {
  let last = afterSequence;
  while (!signal.aborted) {
    // Asked for before reading: an entry that comes while we read is then not slept over.
    const notice = notices.next(run, signal);
    const head = await readRunHead(redis, keys, run);
    const entries = await readEntries(redis, keys, run, last);
    for (const entry of entries) {
      if (signal.aborted) return;
      last = entry.sequence;
      yield entry;
    }
    // Judged by a look from before the entries were read, so that the last entry is among those yielded.
    if (head === undefined || hasEnded(head.state)) return;
    await notice;
  }
}
