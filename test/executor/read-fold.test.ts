import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../executor/ports.ts';
import { foldFurther, foldRun } from '../../executor/record/fold-run.ts';
import { atHand, entriesAtOnce, type Folds, readFold } from '../../executor/record/read-fold.ts';
import { threeZones, threeZonesRequest } from '../../simulations/scenarios/three-zones.ts';
import { planOn, playPlan } from '../../simulations/strategies/planned.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import {
  actLine,
  answerLine,
  created,
  doneLine,
  entriesOf,
  type Line,
  nodeStep,
  planOf,
  runId,
  started,
} from './runs.ts';

const plan = planOf([nodeStep('fence', 'f1', 'n1'), nodeStep('release', 'r1', 'n1', ['f1'])]);
const entries = entriesOf([
  created,
  started,
  actLine('f1', { kind: 'fence', node: 'n1', resourceVersion: '7' }, 1),
  answerLine('f1', 'fence', 'done', 2),
  doneLine('f1'),
  ['run', { kind: 'pause-asked' }, 3],
  ['run', { kind: 'paused' }, 4],
  ['run', { kind: 'resumed' }, 5],
  ['r1', { kind: 'blocked', because: { code: 'node-not-empty', facts: {} }, deadlineMs: 9 }, 6],
  ['run', { kind: 'halted', because: { code: 'deadline-passed', facts: { step: 'r1' } } }, 7],
]);

/** A journal that notes from where on it was read. */
function journalOf(stored: readonly JournalEntry[]) {
  const readAfter: number[] = [];
  const read = async (afterSequence: number, countMax: number) => {
    readAfter.push(afterSequence);
    return stored.slice(afterSequence, afterSequence + countMax);
  };
  return { read, readAfter };
}

describe('a fold that goes on', () => {
  it('is the same as one from the beginning, wherever the journal was cut', () => {
    const whole = foldRun(plan, runId, entries);
    for (let cut = 0; cut <= entries.length; cut += 1) {
      const before = foldRun(plan, runId, entries.slice(0, cut));
      expect(foldFurther(before, entries.slice(cut))).toEqual(whole);
      expect(before).toEqual(foldRun(plan, runId, entries.slice(0, cut)));
    }
  });

  it('is the same entry by entry over a whole run of the example', async () => {
    const world = createWorld({ objects: threeZones() });
    world.advanceTo(world.nowMs() + 2_000);
    const planned = await planOn(world, threeZonesRequest);
    if (planned.kind === 'none') throw new Error(planned.because);
    const journal = await playPlan(world, planned.plan);
    expect(journal.entries.length).toBeGreaterThan(50);
    let fold = foldRun(planned.plan, runId, []);
    for (const [index, entry] of journal.entries.entries()) {
      fold = foldFurther(fold, [entry]);
      if (index % 10 === 0) {
        expect(fold).toEqual(foldRun(planned.plan, runId, journal.entries.slice(0, index + 1)));
      }
    }
    expect(fold).toEqual(foldRun(planned.plan, runId, journal.entries));
    expect(fold.state).toBe('finished');
  });
});

describe('a journal that was read before', () => {
  async function readTwice(first: readonly JournalEntry[], second: readonly JournalEntry[]) {
    const folds: Folds = new Map();
    await readFold({ firstPlan: atHand(plan), runId, read: journalOf(first).read, folds });
    const journal = journalOf(second);
    const fold = await readFold({ firstPlan: atHand(plan), runId, read: journal.read, folds });
    expect(fold).toEqual(foldRun(plan, runId, second));
    return journal.readAfter;
  }

  it('is read on from its last known entry', async () => {
    expect(await readTwice(entries.slice(0, 4), entries)).toEqual([3]);
    expect(await readTwice(entries, entries)).toEqual([entries.length - 1]);
  });

  it('is read anew when its end is missing: a Redis that died may lose its last second', async () => {
    expect(await readTwice(entries, entries.slice(0, 6))).toEqual([entries.length - 1, 0]);
    expect(await readTwice(entries, [])).toEqual([entries.length - 1, 0]);
  });

  it('is read anew when another entry stands where the last known one stood', async () => {
    const lost = entries.slice(0, 4);
    const replaced = entriesOf([
      created,
      started,
      actLine('f1', { kind: 'fence', node: 'n1', resourceVersion: '7' }, 1),
      answerLine('f1', 'fence', 'conflict', 2),
      ['run', { kind: 'abort-asked' }, 8],
    ]);
    expect(await readTwice(lost, replaced)).toEqual([3, 0]);
  });

  describe('and has more entries than are read at a time', () => {
    const pauses = Array.from({ length: entriesAtOnce }, (): readonly Line[] => [
      ['run', { kind: 'pause-asked' }],
      ['run', { kind: 'paused' }],
      ['run', { kind: 'resumed' }],
    ]).flat();
    const long = entriesOf([created, started, ...pauses]);

    it('is read piece by piece, from the beginning and further on', async () => {
      const journal = journalOf(long);
      const folds: Folds = new Map();
      const source = { firstPlan: atHand(plan), runId, read: journal.read, folds };
      expect(await readFold(source)).toEqual(foldRun(plan, runId, long));
      expect(journal.readAfter).toEqual([0, 999, 1998, 2997]);
      const more = entriesOf([created, started, ...pauses, ...pauses, doneLine('f1')]);
      expect(await readFold({ ...source, read: journalOf(more).read })).toEqual(foldRun(plan, runId, more));
    });

    it('is read anew when its end is lost between two pieces', async () => {
      let stored = long;
      const read = async (after: number, countMax: number) => {
        const piece = stored.slice(after, after + countMax);
        stored = long.slice(0, 900);
        return piece;
      };
      expect(await readFold({ firstPlan: atHand(plan), runId, read, folds: undefined })).toEqual(
        foldRun(plan, runId, long.slice(0, 900)),
      );
    });
  });

  it('of another plan is not gone on with', async () => {
    const folds: Folds = new Map();
    await readFold({ firstPlan: atHand(plan), runId, read: journalOf(entries).read, folds });
    const other = { ...planOf([nodeStep('fence', 'f1', 'n1')]), id: 'plan-2' };
    const fold = await readFold({ firstPlan: atHand(other), runId, read: journalOf(entries).read, folds });
    expect(fold).toEqual(foldRun(other, runId, entries));
  });

  it('is read from the beginning each time where nothing is kept', async () => {
    const journal = journalOf(entries);
    await readFold({ firstPlan: atHand(plan), runId, read: journal.read, folds: undefined });
    await readFold({ firstPlan: atHand(plan), runId, read: journal.read, folds: undefined });
    expect(journal.readAfter).toEqual([0, 0]);
  });
});
