import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import { eventsOf } from '../../executor/decide/events-of.ts';
import { seenOf } from '../../executor/decide/seen-of.ts';
import { paceAt, realPace } from '../../executor/limits.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { groundsOf } from '../../executor/record/grounds.ts';
import { type Difference, type Replay, replayRun } from '../../executor/replay/replay-run.ts';
import type { Sight } from '../../executor/sight.ts';
import { cluster, deployment, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { type Drive, drive, planFor, runId, setScene } from './drive-run.ts';
import type { GuardChanged } from './replay-worker.ts';
import {
  clusterSight,
  created,
  entriesOf,
  foldOf,
  type Line,
  memoryOf,
  nodeStep,
  planOf,
  started,
  switchover,
} from './runs.ts';

/** acid-a with its primary on n1, n1 and n2 to be drained, a web pod on n1: one switchover, three moves, two new nodes. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  deployment('web', { on: ['n1', 'n3'], budget: { maxUnavailable: 1 } }),
);
const plan = planFor(fleet, drainRequest());

/** The journal of a whole run, as it is read from where it is stored. */
async function journalOf(options: Drive = {}): Promise<readonly JournalEntry[]> {
  const scene = await setScene(fleet, plan);
  const fold = await drive(scene, options);
  expect(fold.state).toBe('finished');
  return JSON.parse(JSON.stringify(scene.journal.runs.get(runId)));
}

const isDecided = ({ grounds }: JournalEntry): boolean => grounds !== undefined;

describe('a run that is decided again from its journal', () => {
  it('comes out as it was written, and says what was decided and what was not', async () => {
    const entries = await journalOf();
    const inputs = entries.filter((entry) => !isDecided(entry));
    expect(replayRun(plan, runId, entries)).toEqual({
      entries: entries.length,
      replayed: entries.length - inputs.length,
      inputs: inputs.length,
      withoutGrounds: 0,
      differences: [],
    });
    expect(new Set(inputs.map(({ event }) => event.kind))).toEqual(
      new Set(['created', 'started', 'act', 'answer', 'finished']),
    );
    // Holds are acts of the run: no step decided them.
    const acts = inputs.filter(({ event }) => event.kind === 'act');
    expect(new Set(acts.map(({ lane }) => lane))).toEqual(new Set(['run']));
    expect(new Set(entries.filter(isDecided).map(({ event }) => event.kind))).toEqual(
      new Set(['act', 'waiting', 'bound', 'done']),
    );
  });

  it.each<[string, Drive]>([
    ['in a fleet that lives twenty times faster', { pace: paceAt(20) }],
    ['at a pace of its own', { pace: { ...realPace, idleMs: 20_000, lagLimitBytes: 1 } }],
    ['by two workers at the same time', { twice: true }],
  ])('%s, too', async (_, options) => {
    const replay = replayRun(plan, runId, await journalOf(options));
    expect(replay).toMatchObject({ withoutGrounds: 0, differences: [] });
    expect(replay.replayed).toBeGreaterThan(plan.steps.length);
  });

  it('knows no limit that does not stand in the journal', async () => {
    const entries = await journalOf({ pace: { ...realPace, lagLimitBytes: 1 } });
    const text = JSON.stringify(entries);
    expect(text).toContain('"pace":{"lagLimitBytes":1}');
    const without: readonly JournalEntry[] = JSON.parse(
      text.replaceAll('"pace":{"lagLimitBytes":1}', '"pace":{}'),
    );
    const codes = replayRun(plan, runId, without).differences.map(({ written }) =>
      written.kind === 'waiting' ? written.because.code : written.kind,
    );
    expect(new Set(codes)).toEqual(new Set(['replica-catching-up']));
  });

  it('tells of what was seen before only what has changed', async () => {
    const entries = await journalOf();
    const told = new Set<string>();
    for (const { lane, grounds } of entries) {
      if (grounds === undefined) continue;
      expect(grounds.like === undefined).toBe(!told.has(lane));
      told.add(lane);
    }
    const changes = entries.filter(({ grounds }) => grounds?.like !== undefined);
    const bytes = (part: readonly JournalEntry[]): number =>
      JSON.stringify(part.map(({ grounds }) => grounds)).length / part.length;
    const inFull = entries.filter(({ grounds }) => grounds !== undefined && grounds.like === undefined);
    expect(bytes(changes)).toBeLessThan(bytes(inFull) / 2);
  });
});

/** Each copy of the value with one of its texts, numbers or truths changed. */
function* changedOnce(value: unknown): Iterable<unknown> {
  if (typeof value === 'string')
    yield value.endsWith('x') ? `${value.slice(0, -1)}y` : `${value.slice(0, -1)}x`;
  if (typeof value === 'number') yield value + 1;
  if (typeof value === 'boolean') yield !value;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries())
      for (const other of changedOnce(each)) yield value.with(index, other);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value))
      for (const other of changedOnce(each)) yield { ...value, [key]: other };
  }
}

describe('a journal in which one byte is not what it was', () => {
  it('is found wherever a step had decided something, at that entry', { timeout: 120_000 }, async () => {
    const entries = await journalOf();
    let tried = 0;
    for (const [index, entry] of entries.entries()) {
      if (!isDecided(entry)) continue;
      for (const event of changedOnce(entry.event)) {
        const changed = entries.with(index, { ...entry, event: event as JournalEntry['event'] });
        const found = replayRun(plan, runId, changed).differences.map(({ sequence }) => sequence);
        expect(found, JSON.stringify(event)).toContain(entry.sequence);
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(2 * entries.filter(isDecided).length);
  });

  it('is found by what was decided from an answer of the outside', async () => {
    const entries = await journalOf();
    const index = entries.findIndex(({ event }) => event.kind === 'answer' && event.act === 'want-node');
    const answer = entries[index];
    if (answer?.event.kind !== 'answer') throw new Error('no node was asked for');
    const lied = entries.with(index, { ...answer, event: { ...answer.event, answer: 'failed' } });
    const { differences } = replayRun(plan, runId, lied);
    expect(differences[0]?.sequence).toBeGreaterThan(answer.sequence);
  });

  it('does not break the replay, whatever it is that grounds say', async () => {
    const entries = await journalOf();
    const index = entries.findIndex(({ event }) => event.kind === 'act' && event.act.kind === 'evict');
    const entry = entries[index];
    if (entry?.grounds === undefined) throw new Error('no eviction was decided');
    const said = [
      { ...entry.grounds, upTo: entry.sequence },
      { ...entry.grounds, upTo: Number.NaN },
      { ...entry.grounds, step: 's999' },
      { ...entry.grounds, like: 1 },
      { ...entry.grounds, seen: { kind: 'fence' } },
      { ...entry.grounds, seen: { kind: 'pod-move' } },
      { ...entry.grounds, seen: 'nothing' },
      { upTo: entry.grounds.upTo, nowMs: entry.grounds.nowMs },
    ];
    for (const grounds of said) {
      const { differences } = replayRun(plan, runId, entries.with(index, { ...entry, grounds }));
      const first: Difference | undefined = differences[0];
      expect(first?.sequence, JSON.stringify(grounds)).toBe(entry.sequence);
      expect(first).toHaveProperty('undecided');
    }
  });
});

describe('a journal of an earlier version', () => {
  it('cannot be replayed, and that is counted', async () => {
    const entries = await journalOf();
    const without = entries.map(({ grounds: _, ...entry }) => entry);
    const decided = entries.filter(isDecided).length;
    expect(replayRun(plan, runId, without)).toEqual({
      entries: entries.length,
      replayed: 0,
      inputs: entries.length - decided,
      withoutGrounds: decided,
      differences: [],
    });
  });

  it('is replayed from where grounds are told', async () => {
    const entries = await journalOf();
    // Who took over saw in full what the worker before had not told.
    const at = entries.findLastIndex(({ grounds }) => grounds !== undefined && grounds.like === undefined);
    const mixed = entries.map(({ grounds, ...entry }, index) =>
      index < at || grounds?.like !== undefined ? entry : { ...entry, ...(grounds && { grounds }) },
    );
    const replay = replayRun(plan, runId, mixed);
    expect(replay).toMatchObject({ replayed: 1, differences: [] });
  });
});

describe('another version of the executor', () => {
  /** Replays in a thread whose executor has one line changed. */
  function replayWith(change: GuardChanged['change'], entries: readonly JournalEntry[]): Promise<Replay> {
    const workerData: GuardChanged = { change, plan, runId, entries };
    const worker = new Worker(new URL('./replay-worker.ts', import.meta.url), { workerData });
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  }

  it('whose guard lets through what was waited for is found at the first wait', async () => {
    const entries = await journalOf();
    const change = {
      file: 'decide/decide-member-move.ts',
      find: 'stillBehind(sight, memory, pod)) ?? arrived;',
      replace: 'undefined) ?? arrived;',
    };
    const { differences } = await replayWith(change, entries);
    const isBehind = ({ event }: JournalEntry): boolean =>
      event.kind === 'waiting' && event.because.code === 'replica-not-streaming';
    expect(differences[0]).toMatchObject({
      sequence: entries.find(isBehind)?.sequence,
      written: { kind: 'waiting', because: { code: 'replica-not-streaming' } },
      replayed: { kind: 'done' },
    });
  });

  it('whose guard stops what was done is found at the first act', async () => {
    const entries = await journalOf();
    const change = {
      file: 'decide/guards.ts',
      // Asked before a switchover alone.
      find: 'return underWay < limit ?',
      replace: 'return underWay > limit ?',
    };
    const { differences } = await replayWith(change, entries);
    expect(differences).toMatchObject([
      { written: { kind: 'act' }, replayed: { kind: 'blocked', because: { code: 'switchover-limit' } } },
    ]);
  });
});

describe('a role change that a step found', () => {
  it('is decided again, as it was counted and as the run halted for it', () => {
    const step = switchover('s1', 'acid-a-0', 'acid-a-1');
    const changed = planOf([step]);
    const memory = memoryOf(foldOf(changed), 's1', 10);
    const sight: Sight = {
      kind: 'switchover',
      step,
      cluster: clusterSight({ leader: 'acid-a-2' }),
      roleLabel: 'spilo-role',
    };
    const seen = seenOf(sight, memory.fold);
    const grounds = { ...groundsOf(seen, memory), step: 's1' };
    const { unplanned, halted } = eventsOf(decide(seen, memory), memory);
    if (unplanned?.kind !== 'unplanned' || halted === undefined) throw new Error('no role change was found');
    const journal = (found: Line[1]): readonly JournalEntry[] =>
      entriesOf([created, started, ['run', found], ['run', halted]]).map((entry) =>
        entry.sequence > 2 ? { ...entry, grounds } : entry,
      );
    expect(replayRun(changed, runId, journal(unplanned))).toMatchObject({ replayed: 2, differences: [] });
    expect(replayRun(changed, runId, journal({ ...unplanned, to: 'acid-a-1' })).differences).toMatchObject([
      { sequence: 3, written: { to: 'acid-a-1' }, replayed: { to: 'acid-a-2' } },
    ]);
  });
});

describe('a long journal', () => {
  /** The plan and a journal of so many steps that wait, one after the other, for nodes that are not there. */
  function longRun(steps: number): readonly [ReturnType<typeof planOf>, readonly JournalEntry[]] {
    const ids = Array.from({ length: steps }, (_, index) => `s${index}`);
    const gone = planOf(ids.map((id) => nodeStep('release', id, `n-${id}`)));
    const done: JournalEntry['event'] = { kind: 'done', facts: { gone: true } };
    const lines = entriesOf([created, started, ...ids.map((id): Line => [id, done])]);
    return [
      gone,
      lines.map((line) =>
        line.lane === 'run'
          ? line
          : {
              ...line,
              grounds: {
                upTo: line.sequence - 1,
                nowMs: line.atMs,
                seen: { kind: 'release', pods: [], volumes: [] },
              },
            },
      ),
    ];
  }

  it('takes as much longer as it is longer, not the square of that', { timeout: 120_000 }, () => {
    const leastMs = (steps: number): number => {
      const [long, entries] = longRun(steps);
      const turns = Array.from({ length: 3 }, () => {
        // Of this thread alone: others at work on the machine play no part.
        const began = process.threadCpuUsage();
        const replay = replayRun(long, runId, entries);
        const { user, system } = process.threadCpuUsage(began);
        expect(replay).toMatchObject({ replayed: steps, differences: [] });
        return (user + system) / 1_000;
      });
      return Math.min(...turns);
    };
    // Eight times as long; the square would be sixty-four times.
    expect(leastMs(16_000) / leastMs(2_000)).toBeLessThan(30);
  });
});
