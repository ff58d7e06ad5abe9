import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../executor/journal.ts';
import { paceAt, realPace } from '../../executor/limits.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun, openStepIds, readyStepIds } from '../../executor/record/fold-run.ts';
import { isInFlight } from '../../executor/record/lane.ts';
import { hasEnded, nextRunState } from '../../executor/record/run-states.ts';
import { deadlineOf } from '../../executor/record/turns.ts';
import { runStates } from '../../executor/run.ts';
import {
  actLine,
  addNode,
  answerLine,
  created,
  doneLine,
  entriesOf,
  foldOf,
  type Line,
  memberMove,
  nodeStep,
  planOf,
  runId,
  started,
  startMs,
  switchover,
} from './runs.ts';

const plan = planOf([
  nodeStep('fence', 'f1', 'n1'),
  switchover('s1', 'acid-a-0', 'acid-a-1', ['f1']),
  memberMove('m1', 'acid-a-0', { after: ['s1'] }),
  nodeStep('release', 'r1', 'n1', ['m1']),
]);
const evict = actLine('m1', { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'u' }, 5);
const halted: Line = [
  'run',
  { kind: 'halted', because: { code: 'deadline-passed', facts: { step: 'm1' } } },
  9,
];

describe('the fold of a journal', () => {
  it('of an empty journal is a run that waits, with everything still to do', () => {
    const fold = foldRun(plan, runId, []);
    expect(fold.lastSequence).toBe(0);
    expect(fold.startedAtMs).toBeUndefined();
    expect(readyStepIds(fold)).toEqual(['f1']);
  });

  it('has a move in flight whose eviction was admitted, whatever later acts were answered', () => {
    const lines: readonly Line[] = [evict, answerLine('m1', 'evict', 'evicted', 6)];
    const again: readonly Line[] = [evict, answerLine('m1', 'evict', 'conflict', 8)];
    const inFlight = (all: readonly Line[]): boolean | undefined => {
      const lane = foldOf(plan, all).lanes.get('m1');
      return lane === undefined ? undefined : isInFlight(lane);
    };
    expect(inFlight([...lines, ...again])).toBe(true);
    expect(inFlight(again)).toBe(false);
    expect(inFlight([...lines, ...again, doneLine('m1')])).toBe(false);
  });

  it('knows for each lane its last entry, and what may be worked on', () => {
    const fold = foldOf(plan, [doneLine('f1')]);
    expect(fold.lanes.get('f1')).toMatchObject({ last: 3, state: 'done' });
    expect(fold.lanes.get('s1')).toMatchObject({ last: 0, state: 'ready' });
    expect(fold.lanes.get('m1')).toMatchObject({ last: 0, state: 'pending' });
    expect(fold.lastOfRunLane).toBe(2);
    expect(readyStepIds(fold)).toEqual(['s1']);
  });

  it('forgets the last look at the fleet when the run is resumed, or an outage made another member the primary', () => {
    const looked: Line = ['run', { kind: 'looked' }, 30];
    const paused: readonly Line[] = [
      ['run', { kind: 'pause-asked' }, 40],
      ['run', { kind: 'paused' }, 41],
      ['run', { kind: 'resumed' }, 50],
    ];
    expect(foldOf(plan).lookedAtMs).toBe(startMs);
    expect(foldOf(plan, [looked]).lookedAtMs).toBe(startMs + 30_000);
    expect(foldOf(plan, [looked, ...paused]).lookedAtMs).toBeUndefined();
    const outage = planOf([memberMove('m1', 'acid-a-0', { outage: true })]);
    expect(foldOf(outage, [doneLine('m1', { leader: 'acid-a-0' })]).lookedAtMs).toBe(startMs);
    expect(foldOf(outage, [doneLine('m1', { leader: 'acid-a-1' })]).lookedAtMs).toBeUndefined();
  });

  it('counts no attempt for an act that was withdrawn before it was begun', () => {
    const fold = foldOf(plan, [evict, answerLine('m1', 'evict', 'withdrawn', 6), evict]);
    expect(fold.lanes.get('m1')?.attempts).toBe(1);
  });

  it('tells an act without answer from one with', () => {
    const open = foldOf(plan, [evict]);
    expect(openStepIds(open)).toEqual(['m1']);
    expect(describeRun(open).steps.m1).toMatchObject({ state: 'acting', attempts: 1 });
    const answered = foldOf(plan, [evict, answerLine('m1', 'evict', 'evicted', 6)]);
    expect(openStepIds(answered)).toEqual([]);
    expect(describeRun(answered).steps.m1).toMatchObject({ state: 'waiting' });
  });

  it.each([
    ['evicted', true],
    ['failed', true],
    ['unknown', true],
    ['budget', false],
    ['withdrawn', false],
    ['seen-not-done', false],
  ])('counts a step whose act was answered %s as under way: %s', (answer, underWay) => {
    const lane = foldOf(plan, [evict, answerLine('m1', 'evict', answer)]).lanes.get('m1');
    expect(lane !== undefined && isInFlight(lane)).toBe(underWay);
  });

  it('shows what a step waits for, since when and until when', () => {
    const because = { code: 'replica-catching-up', facts: { subject: 'default/acid-a-0', lagBytes: 9 } };
    const waiting: Line = ['m1', { kind: 'waiting', because, deadlineMs: startMs + 60_000 }, 7];
    expect(
      describeRun(foldOf(plan, [evict, answerLine('m1', 'evict', 'evicted', 6), waiting])).steps.m1,
    ).toMatchObject({
      state: 'waiting',
      since: '2026-11-23T08:00:07.000Z',
      deadline: '2026-11-23T08:01:00.000Z',
      onDeadline: 'pause',
      waitingFor: { code: 'replica-catching-up', subject: 'default/acid-a-0', facts: { lagBytes: 9 } },
    });
  });

  it('keeps the first deadline of a reason until something comes of an act', () => {
    const wait = (code: string, deadlineMs: number): Line => [
      'm1',
      { kind: 'blocked', because: { code, facts: {} }, deadlineMs },
    ];
    const lines = [
      wait('cluster-busy', 100),
      wait('budget-closed', 200),
      evict,
      answerLine('m1', 'evict', 'budget'),
    ];
    const before = foldOf(plan, lines).lanes.get('m1');
    expect([...(before?.deadlines ?? [])]).toEqual([
      ['cluster-busy', 100],
      ['budget-closed', 200],
    ]);
    const after = foldOf(plan, [...lines, evict, answerLine('m1', 'evict', 'evicted')]).lanes.get('m1');
    expect([...(after?.deadlines ?? [])]).toEqual([]);
  });

  it.each(['evicted', 'unknown', 'seen-done', 'gone'])(
    'forgets what an act waited for when it is answered %s, with the deadline of that wait',
    (answer) => {
      const wait: Line = [
        'm1',
        { kind: 'waiting', because: { code: 'pod-terminating', facts: {} }, deadlineMs: 100 },
      ];
      const lane = foldOf(plan, [evict, wait, answerLine('m1', 'evict', answer)]).lanes.get('m1');
      expect(lane).toMatchObject({ state: 'waiting', deadlines: new Map() });
      expect(lane?.wait).toBeUndefined();
    },
  );

  it('gives each act its own time to settle: two workers that die in the middle of one are no reason to halt', () => {
    const act = actLine('m1', { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'u' }, 1);
    const settling = { code: 'act-settling', facts: {} };
    const waits: Line = ['m1', { kind: 'waiting', because: settling, deadlineMs: 100 }, 2];
    const lane = foldOf(plan, [act, waits, answerLine('m1', 'evict', 'seen-not-done', 3)]).lanes.get('m1');
    expect(lane?.deadlines.has('act-settling')).toBe(false);
    expect(lane?.wait).toBeUndefined();
  });

  it.each(['cluster-busy', 'switchover-limit', 'backup-running', 'transaction-running'])(
    'counts no time of %s towards the deadline of what stood in the way before, which gains none by it either',
    (turn) => {
      const wait = (code: string, deadlineMs: number, atSeconds: number): Line => [
        'm1',
        { kind: 'blocked', because: { code, facts: {} }, deadlineMs },
        atSeconds,
      ];
      const started = foldOf(plan, [wait('candidate-behind', 0, 10)]).lanes.get('m1')?.sinceMs ?? 0;
      // It had a minute, and ten seconds of it are gone when its turn is waited for, for an hour.
      const lines = [wait('candidate-behind', started + 60_000, 10), wait(turn, started + 9e6, 20)];
      const lane = foldOf(plan, lines).lanes.get('m1');
      expect(lane?.deadlines.get('candidate-behind')).toBe(started + 60_000);
      const afterAnHour = started + 10_000 + 3_600_000;
      expect(lane && deadlineOf(lane, 'candidate-behind', afterAnHour)).toBe(afterAnHour + 50_000);
      expect(lane && deadlineOf(lane, turn, afterAnHour)).toBe(started + 9e6);
      // An act ends its turn as well; what it comes to does not matter.
      const act: Line = [
        'm1',
        { kind: 'act', act: { kind: 'evict', namespace: 'pg', name: 'a-1', uid: 'u' } },
        3_620,
      ];
      const acted = foldOf(plan, [...lines, act]).lanes.get('m1');
      expect(acted?.deadlines.get('candidate-behind')).toBe(afterAnHour + 50_000);
      const others = [...lines, wait('member-unavailable', afterAnHour + 1, 3_620)];
      const after = foldOf(plan, others).lanes.get('m1');
      expect(after?.deadlines.get('candidate-behind')).toBe(afterAnHour + 50_000);
      expect(after?.deadlines.get(turn)).toBe(started + 9e6);
      // Without a turn in between, time runs on.
      expect(after && deadlineOf(after, 'candidate-behind', afterAnHour + 30_000)).toBe(afterAnHour + 50_000);
    },
  );

  it('lets failures now and then not add up to a deadline', () => {
    const wait = (code: string, deadlineMs: number): Line => [
      'm1',
      { kind: 'waiting', because: { code, facts: {} }, deadlineMs },
    ];
    const lane = foldOf(plan, [wait('outside-trouble', 100), wait('pod-not-ready', 200)]).lanes.get('m1');
    expect([...(lane?.deadlines ?? [])]).toEqual([['pod-not-ready', 200]]);
  });

  it('shows the step for which a run halted as failed, until somebody resumes it', () => {
    const wait: Line = [
      'm1',
      { kind: 'waiting', because: { code: 'pod-not-ready', facts: {} }, deadlineMs: 8 },
    ];
    const stopped = foldOf(plan, [evict, answerLine('m1', 'evict', 'evicted'), wait, halted]);
    expect(describeRun(stopped)).toMatchObject({
      state: 'halted',
      because: { code: 'deadline-passed' },
      steps: { m1: { state: 'failed' } },
    });
    const resumed = foldOf(plan, [
      evict,
      answerLine('m1', 'evict', 'evicted'),
      wait,
      halted,
      ['run', { kind: 'resumed' }, 20],
    ]);
    expect(resumed.state).toBe('running');
    expect(resumed.lanes.get('m1')).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(resumed.lanes.get('m1')?.deadlines.size).toBe(0);
    expect(resumed.activeSinceMs).toBe(startMs + 20_000);
  });

  it('takes a late answer to an act that was answered already for nothing', () => {
    const lines = [evict, answerLine('m1', 'evict', 'seen-not-done'), answerLine('m1', 'evict', 'evicted')];
    expect(foldOf(plan, lines).lanes.get('m1')?.acts.at(-1)?.answer?.answer).toBe('seen-not-done');
  });

  it('counts what was done and what was not ours', () => {
    const unplanned: Line = [
      'run',
      { kind: 'unplanned', cluster: 'default/acid-a', from: 'a', to: 'b', facts: {} },
    ];
    expect(
      describeRun(foldOf(plan, [doneLine('f1'), doneLine('s1'), doneLine('m1'), unplanned])).counts,
    ).toEqual({
      planned: 1,
      done: 1,
      unplanned: 1,
      outages: 0,
      moves: 1,
      movesPlanned: 1,
      released: 0,
      nodes: 1,
    });
  });

  it('expects the end of one that has just started from all its steps', () => {
    expect(describeRun(foldOf(plan)).expectedEnd).toEqual({
      p50: '2026-11-23T08:00:40.000Z',
      p95: '2026-11-23T08:01:08.000Z',
    });
  });

  it('expects the end from what is left, as of the last entry: later after a slow step or a pause, sooner after a fast one', () => {
    const endOf = (...lines: readonly Line[]) => describeRun(foldOf(plan, lines)).expectedEnd?.p50;
    expect(endOf(doneLine('f1', {}, 3))).toBe('2026-11-23T08:00:33.000Z');
    expect(endOf(doneLine('f1', {}, 600))).toBe('2026-11-23T08:10:30.000Z');
    const paused: readonly Line[] = [
      ['run', { kind: 'pause-asked' }, 4],
      ['run', { kind: 'paused' }, 5],
      ['run', { kind: 'resumed' }, 3600],
    ];
    expect(endOf(doneLine('f1', {}, 3), ...paused)).toBe('2026-11-23T09:00:30.000Z');
    // The rest of what is under way: its act was made four seconds ago.
    expect(endOf(doneLine('f1', {}, 3), doneLine('s1', {}, 4), evict, ['run', { kind: 'looked' }, 9])).toBe(
      '2026-11-23T08:00:25.000Z',
    );
  });

  it('expects the end of a run on a fleet that lives ten times faster ten times sooner', () => {
    const faster = describeRun(
      foldRun(plan, runId, entriesOf([created, ['run', { kind: 'started', speed: 10 }]])),
    );
    expect(faster.expectedEnd).toEqual({
      p50: '2026-11-23T08:00:04.000Z',
      p95: '2026-11-23T08:00:06.800Z',
    });
    expect(paceAt(5, paceAt(2)).speed).toBe(10);
  });

  it('ignores entries that are not legal where they stand', () => {
    const lines: readonly Line[] = [
      created,
      started,
      ['run', { kind: 'paused' }],
      ['run', { kind: 'aborted', facts: {} }],
      ['nowhere', { kind: 'done', facts: {} }],
    ];
    const fold = foldRun(plan, runId, entriesOf(lines));
    expect(fold.state).toBe('running');
    expect(fold.lastSequence).toBe(5);
    expect(fold.lastOfRunLane).toBe(4);
  });
});

describe('a new plan after a switchover of which nobody saw what came', () => {
  const asked = actLine('s1', {
    kind: 'switchover',
    cluster: 'default/acid-a',
    leader: 'acid-a-0',
    leaderUrl: 'http://acid-a-0:8008',
    candidate: 'acid-a-1',
    timeline: 4,
  });
  const halted: Line = ['run', { kind: 'halted', because: { code: 'plan-invalid', facts: {} } }];

  function doneAfter(leader: string, lines: readonly Line[]): number {
    const leaders = { 'default/acid-a': leader };
    const replanned: Line = [
      'run',
      { kind: 'replanned', plan: 'plan-2', needsApproval: false, nodeUids: [], leaders, facts: {} },
    ];
    const plans = new Map([['plan-2', { ...plan, id: 'plan-2' }]]);
    const all = [created, started, doneLine('f1'), ...lines, halted, replanned];
    return describeRun(foldRun(plan, runId, entriesOf(all), plans)).counts.done;
  }

  it('counts it as done where somebody else leads by then, whoever it is', () => {
    const unknown = answerLine('s1', 'switchover', 'unknown');
    expect(doneAfter('acid-a-1', [asked, unknown])).toBe(1);
    expect(doneAfter('acid-a-2', [asked, unknown])).toBe(1);
    expect(doneAfter('acid-a-0', [asked, unknown])).toBe(0);
  });

  it('counts what Patroni called done though the old leader leads again: that is one more interruption, not none', () => {
    const switched = answerLine('s1', 'switchover', 'switched', 1, { to: 'acid-a-1' });
    expect(doneAfter('acid-a-1', [asked, switched])).toBe(1);
    expect(doneAfter('acid-a-0', [asked, switched])).toBe(1);
  });

  it('counts it once where it was said to have gone elsewhere, and not at all after a clear no', () => {
    const elsewhere = answerLine('s1', 'switchover', 'other-target', 1, { to: 'acid-a-2' });
    expect(doneAfter('acid-a-2', [asked, elsewhere])).toBe(1);
    expect(doneAfter('acid-a-1', [asked, elsewhere])).toBe(1);
    expect(doneAfter('acid-a-2', [asked, answerLine('s1', 'switchover', 'not-done')])).toBe(0);
  });
});

describe('the states of a run', () => {
  it('say who asked for the pause or the abort, not which worker saw it through, and since when', () => {
    const entries = entriesOf([
      created,
      started,
      ['run', { kind: 'pause-asked' }, 4],
      ['run', { kind: 'paused' }, 5],
    ]).map((entry) => ({ ...entry, by: entry.event.kind === 'pause-asked' ? 'dana' : 'w-1' }));
    expect(foldRun(plan, runId, entries).because).toEqual({
      code: 'paused',
      facts: { by: 'dana', since: '2026-11-23T08:00:05.000Z' },
    });
  });

  const asked: readonly RunEvent[] = [
    { kind: 'approved', plan: 'p' },
    { kind: 'rejected' },
    { kind: 'started' },
    { kind: 'pause-asked' },
    { kind: 'paused' },
    { kind: 'resumed' },
    { kind: 'abort-asked' },
    { kind: 'aborted', facts: {} },
    { kind: 'halted', because: { code: 'deadline-passed', facts: {} } },
    { kind: 'finished' },
  ];

  it('move nowhere once the run has ended', () => {
    for (const state of runStates.filter(hasEnded)) {
      for (const event of asked) {
        expect([undefined, state], `${event.kind} in ${state}`).toContain(nextRunState(state, event));
      }
    }
  });

  it('let a person stop every run that has not ended', () => {
    for (const state of runStates.filter((each) => !hasEnded(each) && each !== 'aborting')) {
      expect(nextRunState(state, { kind: 'abort-asked' }), state).toBe('aborting');
    }
  });

  it('let nobody resume what is being aborted', () => {
    expect(nextRunState('aborting', { kind: 'resumed' })).toBeUndefined();
    expect(nextRunState('aborting', { kind: 'halted', because: { code: 'x', facts: {} } })).toBeUndefined();
  });
});

describe('what a run says of itself', () => {
  it('is which nodes came for the plans before the present one', () => {
    const lines: readonly Line[] = [
      ['a1', { kind: 'bound', planNode: 'new-z1-1', node: 'ip-1' }],
      ['run', { kind: 'halted', because: { code: 'plan-invalid', facts: {} } }],
      [
        'run',
        { kind: 'replanned', plan: 'plan-2', needsApproval: false, nodeUids: [], leaders: {}, facts: {} },
      ],
    ];
    const first = planOf([addNode('a1', 'new-z1-1', 'z1')]);
    const plans = new Map([['plan-2', { ...first, id: 'plan-2' }]]);
    const entries = entriesOf([created, started, ...lines]);
    expect(describeRun(foldRun(first, runId, entries, plans))).toMatchObject({
      nodes: {},
      earlierNodes: ['ip-1'],
    });
    expect(describeRun(foldRun(first, runId, entries.slice(0, 3)))).not.toHaveProperty('earlierNodes');
  });

  it('is since when it is in its state, by whose word, and which role changes were not its own', () => {
    const change = { cluster: 'default/acid-c', from: 'acid-c-1', to: 'acid-c-2' };
    const lines: readonly Line[] = [
      ['run', { kind: 'unplanned', ...change, facts: {} }, 20],
      ['run', { kind: 'pause-asked' }, 40],
      ['run', { kind: 'paused' }, 41],
    ];
    const entries = entriesOf([created, started, ...lines]).map((entry) =>
      entry.event.kind === 'pause-asked' ? { ...entry, by: 'dana' } : entry,
    );
    const run = describeRun(foldRun(plan, runId, entries));
    expect(run).toMatchObject({
      state: 'paused',
      since: new Date(startMs + 41_000).toISOString(),
      because: { code: 'paused', facts: { by: 'dana' } },
      unplanned: [{ ...change, at: new Date(startMs + 20_000).toISOString() }],
    });
    expect(describeRun(foldRun(plan, runId, entriesOf([created, started])))).not.toHaveProperty('unplanned');
  });

  it('is why somebody rejected it', () => {
    const asked: Line = [
      'run',
      { kind: 'created', plan: 'plan-1', fleet: 'prod', requester: 'anna', needsApproval: true },
    ];
    const run = describeRun(
      foldRun(plan, runId, entriesOf([asked, ['run', { kind: 'rejected', comment: 'not today' }]])),
    );
    expect(run.because.facts).toEqual({ by: 'worker-1', comment: 'not today' });
  });
});

describe('the pace of a world that runs faster', () => {
  it('shortens every wait and keeps what has to do with real machines', () => {
    const fast = paceAt(10);
    expect(fast.pollMs).toBe(realPace.pollMs / 10);
    expect(fast.waitLimitMs['waiting-for-node']).toBe(realPace.waitLimitMs['waiting-for-node'] / 10);
    expect(fast.staleAfterMs).toBe(realPace.staleAfterMs);
    expect(paceAt(1_000).leaseSeconds).toBeGreaterThanOrEqual(5);
    expect(fast.lagLimitBytes).toBe(realPace.lagLimitBytes);
  });
});
