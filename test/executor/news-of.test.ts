import { describe, expect, it } from 'vitest';
import { severities } from '../../executor/news-codes.ts';
import { deadlinesNear, type News, newsOf } from '../../executor/news-of.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { explainEvent, explainNotice } from '../../planner/explain/explain-news.ts';
import {
  created,
  entriesOf,
  type Line,
  memberMove,
  nodeStep,
  planOf,
  runId,
  startMs,
  switchover,
} from './runs.ts';

const plan = planOf([
  nodeStep('fence', 's1', 'n1'),
  memberMove('s2', 'acid-a-0', { after: ['s1'] }),
  switchover('s3', 'acid-a-0', 'acid-a-1'),
  nodeStep('release', 's4', 'n1', ['s2']),
]);
const started: Line = ['run', { kind: 'started' }];
const fence = { kind: 'fence', node: 'n1', resourceVersion: '7' } as const;
const evict = { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'u1' } as const;
const change = {
  kind: 'switchover',
  cluster: 'default/acid-a',
  leader: 'acid-a-0',
  leaderUrl: 'http://a',
  candidate: 'acid-a-1',
  timeline: 3,
} as const;

function toldOf(...lines: readonly Line[]): readonly News[] {
  const entries = entriesOf([created, started, ...lines]);
  const fold = foldRun(plan, runId, entries);
  return entries.slice(2).flatMap((entry, place) => newsOf(fold, entry, entries[place + 1]) ?? []);
}

const eventsOf = (...lines: readonly Line[]) =>
  toldOf(...lines).map(({ event }) => event && [event.code, event.about, explainEvent(event)]);

describe('Events', () => {
  it('tell of an act once it is known to have taken place, with its reason', () => {
    expect(
      eventsOf(
        ['s1', { kind: 'act', act: fence }],
        ['s1', { kind: 'answer', act: 'fence', answer: 'done', facts: {} }],
      ),
    ).toEqual([
      [
        'fenced',
        [{ kind: 'Node', name: 'n1' }],
        expect.stringMatching(/^fenced by run run-1, no new pod lands here: .*drained/),
      ],
    ]);
  });

  it('tell of an act whose answer was lost when the step is seen done, and not a second time', () => {
    const act: Line = ['s1', { kind: 'act', act: fence }];
    const done: Line = ['s1', { kind: 'done', facts: {} }];
    expect(eventsOf(act, done)).toHaveLength(1);
    expect(
      eventsOf(act, ['s1', { kind: 'answer', act: 'fence', answer: 'done', facts: {} }], done),
    ).toHaveLength(1);
  });

  it.each(['conflict', 'budget', 'failed', 'unknown', 'withdrawn'])(
    'tell nothing of an act answered %s',
    (answer) => {
      expect(
        eventsOf(
          ['s2', { kind: 'act', act: evict }],
          ['s2', { kind: 'answer', act: 'evict', answer, facts: {} }],
        ),
      ).toEqual([]);
    },
  );

  it('tell of an eviction beside the pod and beside its node', () => {
    const answer: Line = ['s2', { kind: 'answer', act: 'evict', answer: 'evicted', facts: {} }];
    expect(eventsOf(['s2', { kind: 'act', act: evict }], answer)[0]?.slice(0, 2)).toEqual([
      'evicted',
      [{ kind: 'Pod', namespace: 'default', name: 'acid-a-0', uid: 'u1' }],
    ]);
  });

  it('believe a switchover only when it was seen, and name who leads by then', () => {
    const act: Line = ['s3', { kind: 'act', act: change }];
    const said: Line = ['s3', { kind: 'answer', act: 'switchover', answer: 'switched', facts: {} }];
    expect(eventsOf(act, said)).toEqual([]);
    const [event] = eventsOf(act, said, [
      's3',
      { kind: 'done', facts: { from: 'acid-a-0', to: 'acid-a-2' } },
    ]);
    expect(event?.[2]).toMatch(/^run run-1 switched default\/acid-a over: acid-a-0 -> acid-a-2/);
    expect(event?.[1]).toEqual([{ kind: 'Pod', namespace: 'default', name: 'acid-a-2' }]);
  });

  it('tell of a halt beside what its step is about, and without a step beside the nodes that are still kept', () => {
    const halted = (facts: Record<string, string>): Line => [
      'run',
      { kind: 'halted', because: { code: 'node-gone', facts } },
    ];
    expect(eventsOf(halted({ subject: 'n1', step: 's3' }))[0]?.[1]).toEqual([
      { kind: 'Pod', namespace: 'default', name: 'acid-a-0' },
    ]);
    expect(eventsOf(halted({ subject: 'n1' }))[0]?.slice(1)).toEqual([
      [{ kind: 'Node', name: 'n1' }],
      'run run-1 halted: node n1 is gone, and not by this run',
    ]);
  });

  it('tell that an abort took marks off', () => {
    const unfence = { kind: 'unfence', node: 'n1', resourceVersion: '9' } as const;
    const answered: Line = ['run', { kind: 'answer', act: 'unfence', answer: 'done', facts: {} }];
    const asked: Line = ['run', { kind: 'abort-asked' }];
    expect(eventsOf(asked, ['run', { kind: 'act', act: unfence }], answered)).toEqual([
      ['unfenced', [{ kind: 'Node', name: 'n1' }], 'the fence of run run-1 is taken off'],
    ]);
  });
});

describe('notices', () => {
  it('say what a person can decide on: who waits, how far it is, why, and the command', () => {
    const because = { code: 'set-gone', facts: { subject: 'default/acid-a', step: 's1' } };
    const [news] = toldOf(['run', { kind: 'halted', because }]);
    expect(news?.notice && explainNotice(news.notice)).toBe(
      [
        '[prod] run run-1 HALTED, waits for you. 0 of 1 switchover done, no unplanned role change, 0 of 1 node released.',
        'StatefulSet default/acid-a is gone',
        'switchyard run status run-1',
      ].join('\n'),
    );
  });

  it('wake nobody for a halt after which the run looks for a new plan, unless it gives up', () => {
    const halted: Line = [
      'run',
      { kind: 'halted', because: { code: 'node-gone', facts: { subject: 'n1' } } },
    ];
    const because = { code: 'no-plan-found', facts: { subject: 'prod', why: 'no room' } };
    const looking = (outlook: 'looking' | 'given-up'): Line => [
      'run',
      { kind: 'replanning', outlook, because },
    ];
    const told = toldOf(halted, looking('looking'), looking('given-up'));
    expect(told.map(({ notice }) => notice && [notice.code, severities[notice.code]])).toEqual([
      ['replanning', 'ticket'],
      ['halted', 'page'],
    ]);
    const texts = told.map(({ notice }) => notice && explainNotice(notice).split('\n').slice(0, 2));
    expect(texts).toEqual([
      [expect.stringContaining('looks for a new plan by itself'), 'node n1 is gone, and not by this run'],
      [
        expect.stringContaining('HALTED, waits for you'),
        'no new plan: what is left of prod cannot be planned: no room',
      ],
    ]);
  });

  it('wake somebody for a halt before the start: no plan is looked for any more', () => {
    const halted: Line = ['run', { kind: 'halted', because: { code: 'plan-invalid', facts: {} } }];
    const entries = entriesOf([created, halted]);
    const [, entry] = entries;
    expect(entry && newsOf(foldRun(plan, runId, entries), entry, undefined)?.notice?.code).toBe('halted');
  });

  it('are not sent for acts and waits', () => {
    const waiting: Line = [
      's1',
      { kind: 'waiting', because: { code: 'no-leader', facts: { subject: 'x' } }, deadlineMs: 0 },
    ];
    expect(toldOf(waiting)).toEqual([]);
  });

  it('come before a deadline, once for each, and not while a window is closed', () => {
    const wait = (code: string): Line => [
      's1',
      { kind: 'waiting', because: { code, facts: { subject: 'x' } }, deadlineMs: startMs + 100_000 },
    ];
    const fold = (code: string) => foldRun(plan, runId, entriesOf([created, started, wait(code)]));
    expect(deadlinesNear(fold('no-leader'), startMs + 70_000)).toEqual([]);
    const near = deadlinesNear(fold('no-leader'), startMs + 80_000);
    expect(near.map(({ id, notice }) => [id, notice?.code])).toEqual([
      [`run-1.deadline.s1.no-leader.${startMs + 100_000}`, 'deadline-near'],
    ]);
    expect(deadlinesNear(fold('no-leader'), startMs + 90_000)[0]?.id).toBe(near[0]?.id);
    expect(deadlinesNear(fold('window-closed'), startMs + 80_000)).toEqual([]);
  });
});
