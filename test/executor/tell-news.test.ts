import { describe, expect, it } from 'vitest';
import { OutsideError } from '../../executor/errors.ts';
import type { News } from '../../executor/news-of.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { type Channel, type Outbox, type Telling, tellNews } from '../../executor/tell-news.ts';
import { created, entriesOf, type Line, nodeStep, planOf, runId, started, startMs } from './runs.ts';

const plan = planOf([nodeStep('fence', 's1', 'n1')]);
const act: Line = ['s1', { kind: 'act', act: { kind: 'fence', node: 'n1', resourceVersion: '7' } }];
const answer: Line = ['s1', { kind: 'answer', act: 'fence', answer: 'done', facts: {} }];
const done: Line = ['s1', { kind: 'done', facts: {} }];
const finished: Line = ['run', { kind: 'finished' }];
const lines = [created, started, act, answer, done, finished];

type Kept = {
  readonly told: Map<string, number>;
  readonly besides: Set<string>;
  runs: string[];
  counts: string[];
};

function outboxIn(kept: Kept): Outbox {
  return {
    takeTurn: async () => true,
    untoldRuns: async () => kept.runs,
    forget: async (run) => {
      kept.runs = kept.runs.filter((each) => each !== run);
    },
    toldUpTo: async (run, channel) => kept.told.get(`${run} ${channel}`) ?? 0,
    setTold: async (run, channel, sequence) => void kept.told.set(`${run} ${channel}`, sequence),
    wasTold: async (run, channel, id) => kept.besides.has(`${run} ${channel} ${id}`),
    markTold: async (run, channel, id) => void kept.besides.add(`${run} ${channel} ${id}`),
    count: async (channel, outcome) => void kept.counts.push(`${channel} ${outcome}`),
  };
}

const nothingKept = (): Kept => ({ told: new Map(), besides: new Set(), runs: [runId], counts: [] });

/** Takes everything that has a notice or an Event, unless `fails` says so. */
function channelTo(heard: string[], fails: (news: News) => Error | undefined = () => undefined): Channel {
  return {
    name: 'test',
    patienceMs: 60_000,
    tell: async (news) => {
      const error = fails(news);
      if (error !== undefined) throw error;
      heard.push(`${news.id} ${news.event?.code ?? news.notice?.code}`);
      return true;
    },
  };
}

const silence = new OutsideError({ code: 'timeout', target: 'notice', request: 'POST', message: 'none' });

function telling(kept: Kept, channels: readonly Channel[], clock: { ms: number }, told = lines): Telling {
  const entries: readonly JournalEntry[] = entriesOf(told);
  return {
    outbox: outboxIn(kept),
    channels,
    readFold: async () => foldRun(plan, runId, entries),
    readJournal: async (_run, after, countMax) => entries.slice(after, after + countMax),
    clock: { nowMs: () => clock.ms },
    worker: 'w1',
    delays: new Map(),
  };
}

const everything = ['run-1.2 started', 'run-1.4 fenced', 'run-1.6 finished'];

describe('news of a run', () => {
  it('are told in order, once, and a run that ended is forgotten when all were told', async () => {
    const kept = nothingKept();
    const heard: string[] = [];
    const turn = telling(kept, [channelTo(heard)], { ms: startMs });
    await tellNews(turn);
    await tellNews(turn);
    expect(heard).toEqual(everything);
    expect(kept.runs).toEqual([]);
  });

  it('of which there are many are told in several turns, each by the journal as it is then', async () => {
    const kept = nothingKept();
    const heard: string[] = [];
    const clock = { ms: startMs };
    const slow: Channel = {
      ...channelTo(heard),
      tell: async (news) => {
        clock.ms += 7_000;
        return channelTo(heard).tell(news);
      },
    };
    const turn = telling(kept, [slow], clock);
    expect(await tellNews(turn)).toBe(true);
    expect(heard).toEqual(everything.slice(0, 2));
    expect(await tellNews(turn)).toBe(false);
    expect([heard, kept.runs]).toEqual([everything, []]);
  });

  it('are lost by no crash, wherever it comes: at most the last is repeated, under its first id', async () => {
    for (let atWrite = 1; atWrite <= 4; atWrite += 1) {
      const kept = nothingKept();
      const heard: string[] = [];
      let writes = 0;
      const outbox = outboxIn(kept);
      const dying: Outbox = {
        ...outbox,
        setTold: async (...told) => {
          writes += 1;
          if (writes === atWrite) throw new Error('died');
          await outbox.setTold(...told);
        },
      };
      const turn = telling(kept, [channelTo(heard)], { ms: startMs });
      await tellNews({ ...turn, outbox: dying }).catch(() => undefined);
      await tellNews(turn);
      expect([...new Set(heard)], `write ${atWrite}`).toEqual(everything);
      expect(heard.length).toBeLessThanOrEqual(everything.length + 1);
    }
  });

  it('wait behind one that was not taken, are tried again ever more rarely, and then all come', async () => {
    const kept = nothingKept();
    const heard: string[] = [];
    const clock = { ms: startMs };
    let isDown = true;
    let attempts = 0;
    const fails = () => {
      attempts += 1;
      return isDown ? silence : undefined;
    };
    const turn = telling(kept, [channelTo(heard, fails)], clock);
    for (; clock.ms < startMs + 40_000; clock.ms += 1_000) await tellNews(turn);
    expect(heard).toEqual([]);
    expect(attempts).toBe(6);
    isDown = false;
    clock.ms += 60_000;
    await tellNews(turn);
    expect(heard).toEqual(everything);
  });

  it('are given up when they are too old, counted, and stand in the way of nothing', async () => {
    const kept = nothingKept();
    const heard: string[] = [];
    const fails = (news: News) => (news.notice?.code === 'started' ? silence : undefined);
    await tellNews(telling(kept, [channelTo(heard, fails)], { ms: startMs + 3_600_000 }));
    expect(heard).toEqual(everything.slice(1));
    expect(kept.counts).toEqual(['test failed', 'test dropped', 'test told', 'test told']);
    expect(kept.runs).toEqual([]);
  });

  it('reach one channel while another is down', async () => {
    const kept = nothingKept();
    const heard: string[] = [];
    const deaf: Channel = { ...channelTo([], () => silence), name: 'deaf' };
    await tellNews(telling(kept, [deaf, channelTo(heard)], { ms: startMs }));
    expect(heard).toEqual(everything);
    expect(kept.runs).toEqual([runId]);
  });

  it('tell of a deadline that is near once', async () => {
    const because = { code: 'no-leader', facts: { subject: 'default/acid-a' } };
    const wait: Line = ['s1', { kind: 'waiting', because, deadlineMs: startMs + 60_000 }];
    const heard: string[] = [];
    const clock = { ms: startMs + 50_000 };
    const turn = telling(nothingKept(), [channelTo(heard)], clock, [created, started, wait]);
    await tellNews(turn);
    clock.ms += 5_000;
    await tellNews(turn);
    expect(heard).toEqual([
      'run-1.2 started',
      `run-1.deadline.s1.no-leader.${startMs + 60_000} deadline-near`,
    ]);
  });

  it('are told by one worker at a time', async () => {
    const heard: string[] = [];
    const kept = nothingKept();
    const turn = telling(kept, [channelTo(heard)], { ms: startMs });
    await tellNews({ ...turn, outbox: { ...outboxIn(kept), takeTurn: async () => false } });
    expect(heard).toEqual([]);
  });
});
