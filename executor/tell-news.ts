/**
 * Tells what stands in the journals: to the fleet as Events, to people as notices. Beside the run and never in its way: what
 * cannot be told is tried again for a while, counted, and given up.
 *
 * How far a channel was told is remembered after telling, so that a crash repeats the last news and loses none. A repetition
 * has the id of the first time: an Event of that name exists already, and a receiver of webhooks knows the id.
 */
import { OutsideError } from './errors.ts';
import { deadlinesNear, type News, newsOf } from './news-of.ts';
import type { Clock, JournalEntry } from './ports.ts';
import { entriesAtOnce } from './record/read-fold.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasEnded } from './record/run-states.ts';

export type NewsOutcome = 'told' | 'failed' | 'dropped';

export interface Outbox {
  /** True where this worker tells the news of the fleet for now. */
  takeTurn(worker: string): Promise<boolean>;
  untoldRuns(): Promise<readonly string[]>;
  /** The run has ended, and every channel was told of it to the end. */
  forget(run: string): Promise<void>;
  /** 0: nothing yet. */
  toldUpTo(run: string, channel: string): Promise<number>;
  setTold(run: string, channel: string, sequence: number): Promise<void>;
  wasTold(run: string, channel: string, id: string): Promise<boolean>;
  markTold(run: string, channel: string, id: string): Promise<void>;
  count(channel: string, outcome: NewsOutcome): Promise<void>;
}

export type Channel = {
  /** Stays the same over restarts: how far it was told is kept under it. */
  readonly name: string;
  /** News older than this are given up after one more attempt. */
  readonly patienceMs: number;
  /** Tries once; false: this is not for the channel. Throws OutsideError where it was not taken. */
  readonly tell: (news: News) => Promise<boolean>;
};

export type Telling = {
  readonly outbox: Outbox;
  readonly channels: readonly Channel[];
  readonly readFold: (run: string) => Promise<RunFold>;
  readonly readJournal: (
    run: string,
    afterSequence: number,
    countMax: number,
  ) => Promise<readonly JournalEntry[]>;
  readonly clock: Clock;
  readonly worker: string;
  /** When a channel that failed is tried again, and after how many failures in a row; kept between turns. */
  readonly delays: Map<string, { readonly untilMs: number; readonly failures: number }>;
};

/** A turn with much to tell is broken off: who tells holds on to the plan of then, and after a new one a large fleet would have two in memory. */
const turnMs = 10_000;

/** First and longest delay after a failure; in between they double. */
const firstDelayMs = 1_000;
const longestDelayMs = 5 * 60_000;

/**
 * One turn: tells every channel what it was not told yet, for as long as a turn may take. Returns whether there is more to tell at once.
 * Throws OutsideError where Redis does not answer.
 */
export async function tellNews(telling: Telling): Promise<boolean> {
  const { outbox, channels, clock } = telling;
  if (!(await outbox.takeTurn(telling.worker))) {
    return false;
  }
  const endsMs = clock.nowMs() + turnMs;
  for (const run of await outbox.untoldRuns()) {
    const fold = await telling.readFold(run);
    const upTo = await Promise.all(channels.map((channel) => tellChannel(telling, channel, fold, endsMs)));
    if (hasEnded(fold.state) && upTo.every((sequence) => sequence >= fold.lastSequence)) {
      await outbox.forget(run);
    }
    if (clock.nowMs() >= endsMs) {
      return true;
    }
  }
  return false;
}

/** Returns the sequence number up to which the channel has been told now. */
async function tellChannel(
  telling: Telling,
  channel: Channel,
  fold: RunFold,
  endsMs: number,
): Promise<number> {
  const { outbox, clock } = telling;
  const { runId } = fold;
  let told = await outbox.toldUpTo(runId, channel.name);
  while (told < fold.lastSequence) {
    const known = told;
    told = await tellPage(telling, channel, fold, { told, endsMs });
    if (told > known) {
      await outbox.setTold(runId, channel.name, told);
    }
    if (told === known || clock.nowMs() >= endsMs) {
      break;
    }
  }
  for (const news of deadlinesNear(fold, clock.nowMs())) {
    if (await outbox.wasTold(runId, channel.name, news.id)) {
      continue;
    }
    if ((await deliver(telling, channel, news)) === 'later') {
      break;
    }
    await outbox.markTold(runId, channel.name, news.id);
  }
  return told;
}

/** Tells of the next few entries after those told; returns how far it came. */
async function tellPage(
  telling: Telling,
  channel: Channel,
  fold: RunFold,
  { told, endsMs }: { readonly told: number; readonly endsMs: number },
): Promise<number> {
  const { outbox, clock } = telling;
  const { runId } = fold;
  // The entry before the first one tells which act an answer is of.
  const entries = await telling.readJournal(runId, Math.max(0, told - 1), entriesAtOnce);
  let upTo = told;
  for (const [place, entry] of entries.entries()) {
    if (entry.sequence <= told || entry.sequence > fold.lastSequence) {
      continue;
    }
    const news = newsOf(fold, entry, entries[place - 1]);
    const said = news === undefined ? 'not-for-it' : await deliver(telling, channel, news);
    if (said === 'later') {
      break;
    }
    upTo = entry.sequence;
    if (said === 'done') {
      await outbox.setTold(runId, channel.name, upTo);
    }
    if (clock.nowMs() >= endsMs) {
      break;
    }
  }
  return upTo;
}

async function deliver(
  telling: Telling,
  channel: Channel,
  news: News,
): Promise<'done' | 'not-for-it' | 'later'> {
  const { outbox, clock, delays } = telling;
  const delay = delays.get(channel.name);
  if (delay !== undefined && clock.nowMs() < delay.untilMs) {
    return 'later';
  }
  try {
    const isTold = await channel.tell(news);
    if (!isTold) {
      return 'not-for-it';
    }
    delays.delete(channel.name);
    await outbox.count(channel.name, 'told');
    return 'done';
  } catch (error) {
    if (!(error instanceof OutsideError) || error.target === 'redis') {
      throw error;
    }
    await outbox.count(channel.name, 'failed');
    if (clock.nowMs() - news.atMs > channel.patienceMs) {
      await outbox.count(channel.name, 'dropped');
      return 'done';
    }
    const failures = (delay?.failures ?? 0) + 1;
    const waitMs = Math.min(firstDelayMs * 2 ** Math.min(failures - 1, 20), longestDelayMs);
    const untilMs = clock.nowMs() + Math.max(waitMs, error.retryAfterMs ?? 0);
    delays.set(channel.name, { untilMs, failures });
    return 'later';
  }
}
