import { describe, expect, it } from 'vitest';
import { explainEntry } from '../../api/explain-entry.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import { drainRequest, threeZones } from '../fixtures/fleet.ts';

function talkPlan() {
  const read = readSnapshot([{ file: 'fleet', document: threeZones() }]);
  if (read.kind === 'bad-input') throw new Error('not read');
  const planned = planDrain(read.fleet, drainRequest());
  if (planned.kind === 'bad-input') throw new Error('not planned');
  return planned.plan;
}

const plan = talkPlan();
const switchover = plan.steps.find((step) => step.kind === 'switchover');
const move = plan.steps.find((step) => step.kind === 'move');

function line(event: RunEvent, lane = 'run', by = 'dana') {
  return explainEntry({ sequence: 7, lane, by, atMs: Date.parse('2026-11-20T14:04:38Z'), event }, plan);
}

describe('a journal entry as one line', () => {
  it('says nothing of the grounds on which a step decided', () => {
    const event: RunEvent = { kind: 'done', facts: {} };
    const entry = { sequence: 7, lane: move?.id ?? '', by: 'w-1', atMs: 0, event };
    const grounds = { upTo: 6, nowMs: 0, seen: { kind: 'member-move' } };
    expect(explainEntry({ ...entry, grounds }, plan)).toEqual(explainEntry(entry, plan));
  });

  it.each<[string, RunEvent, string]>([
    ['person', { kind: 'pause-asked' }, 'dana paused the run; what is under way is finished first'],
    [
      'person',
      { kind: 'approved', plan: '7f3a9c2e77', comment: 'agreed' },
      'dana approved plan 7f3a9c2e: "agreed"',
    ],
    ['run', { kind: 'finished' }, 'the run is finished'],
    [
      'problem',
      { kind: 'unplanned', cluster: 'default/acid-b', from: 'acid-b-0', to: 'acid-b-2', facts: {} },
      'unplanned role change of default/acid-b: acid-b-0 -> acid-b-2, not by this run',
    ],
  ])('of the run: %s', (sort, event, words) => {
    expect(line(event)).toMatchObject({ sort, words, step: null, sequence: 7 });
  });

  it('names the step, what was asked of whom, and what was seen afterwards', () => {
    const asked = line(
      {
        kind: 'act',
        act: {
          kind: 'switchover',
          cluster: 'default/acid-a',
          leader: 'acid-a-0',
          leaderUrl: 'http://10.0.0.1:8008',
          candidate: 'acid-a-1',
          timeline: 4,
        },
      },
      switchover?.id,
    );
    expect(asked.text).toMatch(/^14:04:38Z {2}act {6}switchover \S*acid-a acid-a-0 -> acid-a-1: /);
    expect(asked.words).toContain('asks Patroni on acid-a-0 to hand over to acid-a-1, timeline 4');
    const seen = line(
      { kind: 'done', facts: { from: 'acid-a-0', to: 'acid-a-1', timelineBefore: 4, timeline: 5 } },
      switchover?.id,
    );
    expect(seen.words).toContain('done, acid-a-1 is primary, timeline 4 -> 5');
  });

  it('says where a pod stands after its move, and shows no uid', () => {
    const seen = line(
      { kind: 'done', facts: { pod: 'default/acid-a-1', uid: 'd21bb86b', node: 'node-z2-wz8ns' } },
      move?.id,
    );
    expect(seen.words).toMatch(/: done, default\/acid-a-1 stands on node-z2-wz8ns$/);
    expect(seen.text).not.toContain('d21bb86b');
  });

  it('says that an act is of the run itself, and of no step', () => {
    const act = { kind: 'unhold-pod', namespace: 'default', name: 'acid-a-1', uid: 'd21bb86b' } as const;
    expect(line({ kind: 'act', act }, 'run').words).toBe('the run: takes the hold off default/acid-a-1');
  });

  it('calls a step by its id where the plan is not there any more', () => {
    const entry = {
      sequence: 1,
      lane: 's9',
      by: 'w-1',
      atMs: 0,
      event: { kind: 'done', facts: {} },
    } as const;
    expect(explainEntry(entry, undefined)).toMatchObject({ words: 's9: done', step: 's9' });
  });

  it('says of an answer that is no success what became of the act, and of one that is nothing', () => {
    const answer = (words: string) =>
      line({ kind: 'answer', act: 'evict', answer: words, facts: {} }, move?.id).outcome;
    expect(answer('conflict')).toBe('not done: somebody else changed it in between; looked at again');
    expect(answer('budget')).toMatch(/^not done: its disruption budget/);
    expect(['evicted', 'done', 'switched', 'seen-done', 'gone'].map(answer)).toEqual(
      Array(5).fill(undefined),
    );
  });

  it.each([
    [{ released: [] }, 'the run is aborted; no node was released'],
    [{ released: ['n2'] }, 'the run is aborted; n2 was released before'],
    [
      { released: [], untold: ['n2'] },
      'the run is aborted; no node was released; n2 is marked as released, and THE PIPELINE MAY NOT KNOW: see that nothing stands there and have it taken away, or take the marks off',
    ],
    [
      { released: [], marksLeft: ['n2'] },
      'the run is aborted; no node was released; the fence or cordon of the run on n2 COULD NOT BE TAKEN OFF, or came back each time: its journal says which; take it off by hand',
    ],
    [
      { released: [], unknownSwitchovers: ['default/a'] },
      'the run is aborted; no node was released; whether the run switched default/a over is NOT KNOWN, and not counted: look who leads there',
    ],
    [{ released: ['n2'], releasedCount: 3 }, 'the run is aborted; n2 and 2 more were released before'],
    [
      { released: [], temporaryMembers: ['default/a-1'], temporaryIn: ['default/a'], scaleBackTo: ['1'] },
      'the run is aborted; no node was released; default/a has ONE MEMBER TOO MANY, default/a-1: see that it does not lead, then scale default/a back to 1',
    ],
    [
      {
        released: [],
        temporaryMembers: ['default/a-1'],
        temporaryIn: ['default/a'],
        scaleBackTo: ['unknown'],
      },
      'the run is aborted; no node was released; default/a has ONE MEMBER TOO MANY, default/a-1: somebody else has scaled default/a since, and lowering it takes another member first: see which are to stay',
    ],
  ])('says after an abort what was released: %j', (facts, words) => {
    expect(line({ kind: 'aborted', facts }).words).toBe(words);
  });
});
