import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import type { Act } from '../../executor/journal.ts';
import { realPace } from '../../executor/limits.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { ClusterSight } from '../../executor/sight.ts';
import {
  actLine,
  answerLine,
  clusterSight,
  doneLine,
  foldOf,
  type Line,
  memberMove,
  memoryOf,
  nodeStep,
  patroniMember,
  planOf,
  podView,
  switchover,
  withMember,
  withPod,
  withUnknownLag,
} from './runs.ts';

const step = switchover('s1', 'acid-a-0', 'acid-a-1');
const release = nodeStep('release', 'r1', 'n1', ['s1']);
const act: Act = {
  kind: 'switchover',
  cluster: 'default/acid-a',
  leader: 'acid-a-0',
  leaderUrl: 'http://acid-a-0:8008',
  candidate: 'acid-a-1',
  timeline: 4,
};
const asked = actLine('s1', act, 10);
const settleSeconds = realPace.switchoverSettleMs / 1_000;

function decideOn(cluster: ClusterSight, lines: readonly Line[] = [], atSeconds = 11): Decision {
  const fold = foldOf(planOf([step, release]), lines);
  const sight = { kind: 'switchover', step, cluster, roleLabel: 'spilo-role' } as const;
  return decide(sight, memoryOf(fold, 's1', atSeconds));
}

/** The code of a wait, block or halt; else the kind of the decision. */
function nameOf(decision: Decision): string {
  switch (decision.kind) {
    case 'wait':
      return `${decision.because.code}`;
    case 'halt':
      return `halt ${decision.because.code}`;
    case 'answer':
      return `answer ${decision.answer}`;
    default:
      return decision.kind;
  }
}

describe('a switchover that was not asked for yet', () => {
  it('asks the leader, with leader and timeline as they were seen', () => {
    expect(decideOn(clusterSight())).toEqual({ kind: 'act', act });
  });

  const whole = clusterSight();
  const notSafe: readonly [string, ClusterSight, string][] = [
    [
      'the candidate is Ready but does not stream',
      withMember(whole, 'acid-a-1', { streaming: false }),
      'candidate-not-streaming',
    ],
    [
      'the candidate is not in Patroni at all',
      clusterSight({ members: whole.patroni.members.filter((m) => m.name !== 'acid-a-1') }),
      'candidate-not-streaming',
    ],
    ['the lag of the candidate is unknown', withUnknownLag(whole, 'acid-a-1'), 'candidate-lag-unknown'],
    [
      'the candidate is too far behind',
      withMember(whole, 'acid-a-1', { lagBytes: 17 * 1024 * 1024 }),
      'candidate-behind',
    ],
    [
      'the candidate must not be promoted',
      withMember(whole, 'acid-a-1', { nofailover: true }),
      'candidate-nofailover',
    ],
    [
      'the candidate is no synchronous standby',
      clusterSight({ synchronous: true }),
      'candidate-not-sync-standby',
    ],
    [
      'the candidate is on another timeline',
      withMember(whole, 'acid-a-1', { timeline: 3 }),
      'timeline-differs',
    ],
    ['the leader names no timeline', clusterSight({ timeline: undefined }), 'timeline-differs'],
    [
      'another member is on another timeline',
      withMember(whole, 'acid-a-2', { timeline: 3 }),
      'timeline-differs',
    ],
    [
      'another member does not stream',
      withMember(whole, 'acid-a-2', { streaming: false }),
      'member-not-streaming',
    ],
    [
      'another member is not Ready',
      withPod(whole, podView('acid-a-2', 'k2', { ready: false })),
      'member-unavailable',
    ],
    [
      'the pod of the candidate is not Ready',
      withPod(whole, podView('acid-a-1', 'k1', { ready: false })),
      'candidate-not-ready',
    ],
    [
      'the candidate stands on a node to be drained',
      withPod(whole, podView('acid-a-1', 'n1')),
      'candidate-on-drained-node',
    ],
    ['the cluster is paused', clusterSight({ paused: true }), 'cluster-paused'],
    [
      'somebody has scheduled another one',
      clusterSight({ scheduledSwitchoverAt: '2026-11-22T23:01:01.669000+00:00' }),
      'switchover-scheduled',
    ],
    ['the leader stops', withMember(whole, 'acid-a-0', { state: 'stopping' }), 'member-unavailable'],
    ['nobody leads', clusterSight({ leader: undefined }), 'no-leader'],
  ];
  it.each(notSafe)('asks nothing while %s', (_, cluster, code) => {
    expect(nameOf(decideOn(cluster))).toBe(code);
  });

  it('asks a synchronous standby in a synchronous cluster', () => {
    const cluster = withMember(clusterSight({ synchronous: true }), 'acid-a-1', { role: 'sync-standby' });
    expect(nameOf(decideOn(cluster))).toBe('act');
  });

  it('takes a candidate on a node to be drained where the plan moves it again', () => {
    const later = memberMove('m9', 'acid-a-1', { after: ['s1'] });
    const fold = foldOf(planOf([step, later, release]));
    const cluster = withPod(clusterSight(), podView('acid-a-1', 'n1'));
    const sight = { kind: 'switchover', step, cluster, roleLabel: 'spilo-role' } as const;
    expect(nameOf(decide(sight, memoryOf(fold, 's1')))).toBe('act');
  });

  it('waits while another step of the cluster is under way, whatever the plan allows', () => {
    const other = memberMove('m1', 'acid-a-2');
    const evicted = actLine('m1', { kind: 'evict', namespace: 'default', name: 'acid-a-2', uid: 'u' });
    const sight = { kind: 'switchover', step, cluster: clusterSight(), roleLabel: 'spilo-role' } as const;
    const busy = foldOf(planOf([step, other]), [evicted]);
    expect(nameOf(decide(sight, memoryOf(busy, 's1')))).toBe('cluster-busy');
    const free = foldOf(planOf([step, other]), [evicted, answerLine('m1', 'evict', 'budget')]);
    expect(nameOf(decide(sight, memoryOf(free, 's1')))).toBe('act');
  });

  it('waits while as many switchovers are under way as the request allows', () => {
    const other = { ...switchover('s2', 'acid-b-0', 'acid-b-1'), cluster: 'default/acid-b' };
    const lines = [actLine('s2', { ...act, cluster: 'default/acid-b' })];
    const sight = { kind: 'switchover', step, cluster: clusterSight(), roleLabel: 'spilo-role' } as const;
    const one = foldOf(planOf([step, other], { limits: { parallelSwitchovers: 1 } }), lines);
    expect(nameOf(decide(sight, memoryOf(one, 's1')))).toBe('switchover-limit');
    const two = foldOf(planOf([step, other], { limits: { parallelSwitchovers: 2 } }), lines);
    expect(nameOf(decide(sight, memoryOf(two, 's1')))).toBe('act');
  });
});

describe('a role change that nobody here asked for', () => {
  it.each([
    ['to the very candidate', 'acid-a-1'],
    ['to a third member', 'acid-a-2'],
  ])('halts the run and is counted as unplanned: %s', (_, leader) => {
    const decision = decideOn(clusterSight({ leader, timeline: 5 }));
    expect(nameOf(decision)).toBe('halt role-changed-by-others');
    expect(decision).toMatchObject({ unplanned: { from: 'acid-a-0', to: leader, facts: { timeline: 5 } } });
  });

  it('is counted once, however often the run is resumed', () => {
    const known: Line = [
      'run',
      {
        kind: 'unplanned',
        cluster: 'default/acid-a',
        from: 'acid-a-0',
        to: 'acid-a-2',
        facts: { timeline: 5 },
      },
    ];
    const decision = decideOn(clusterSight({ leader: 'acid-a-2', timeline: 5 }), [known]);
    expect(nameOf(decision)).toBe('halt role-changed-by-others');
    expect(decision).not.toHaveProperty('unplanned');
  });
});

describe('a switchover that was asked for', () => {
  const after = clusterSight({ leader: 'acid-a-1', timeline: 5 });
  const answers: readonly [string, readonly Line[]][] = [
    [
      'was answered with success',
      [asked, answerLine('s1', 'switchover', 'switched', 12, { to: 'acid-a-1' })],
    ],
    ['was answered "status unknown"', [asked, answerLine('s1', 'switchover', 'unknown', 12)]],
    [
      'was said to have gone to another target',
      [asked, answerLine('s1', 'switchover', 'other-target', 12, { to: 'acid-a-2' })],
    ],
    ['was never answered', [asked]],
  ];
  it.each(answers)('is done when the candidate leads one timeline later, though it %s', (_, lines) => {
    const decision = decideOn(after, lines, 13);
    expect(decision).toMatchObject({ kind: 'done', facts: { timelineBefore: 4, timeline: 5 } });
  });

  it('is not done before the labels followed, for budgets and clients go by them', () => {
    const stale = withPod(
      after,
      podView('acid-a-0', 'n1', { labels: { 'cluster-name': 'acid-a', 'spilo-role': 'master' } }),
    );
    expect(nameOf(decideOn(stale, [asked], 13))).toBe('role-labels-not-moved');
    const unlabelled = withPod(after, podView('acid-a-0', 'n1', { labels: { 'cluster-name': 'acid-a' } }));
    expect(nameOf(decideOn(unlabelled, [asked], 13))).toBe('done');
  });

  it('is not ours when more than one promotion took place', () => {
    const decision = decideOn(clusterSight({ leader: 'acid-a-1', timeline: 6 }), [asked], 13);
    expect(nameOf(decision)).toBe('halt role-changed-by-others');
  });

  const refusals: readonly [string, Line][] = [
    [
      'refused to begin it',
      answerLine('s1', 'switchover', 'not-done', 12, { status: 412, message: 'no candidates' }),
    ],
    // The failover key was gone and nobody else led: whatever comes after it is a failover of the cluster's own.
    [
      'said that it failed',
      answerLine('s1', 'switchover', 'not-done', 12, { status: 503, message: 'Switchover failed' }),
    ],
    [
      'did nothing for so long that it might be asked again',
      answerLine('s1', 'switchover', 'seen-not-done', 170),
    ],
  ];
  it.each(refusals)('is not ours when Patroni had %s: somebody else did the same', (_, refused) => {
    const decision = decideOn(after, [asked, refused], 171);
    expect(decision).toMatchObject({
      because: { code: 'role-changed-by-others' },
      unplanned: { to: 'acid-a-1' },
    });
    // The first attempt, of which nothing was known, is what made Patroni refuse the second.
    const unknown = [asked, answerLine('s1', 'switchover', 'unknown', 12)];
    expect(nameOf(decideOn(after, [...unknown, asked, refused], 400))).toBe('done');
  });

  it('is not believed while the timeline has not risen', () => {
    expect(nameOf(decideOn(clusterSight({ leader: 'acid-a-1', timeline: 4 }), [asked], 13))).toBe(
      'switchover-under-way',
    );
    expect(nameOf(decideOn(clusterSight({ leader: 'acid-a-1', timeline: undefined }), [asked], 13))).toBe(
      'timeline-unknown',
    );
  });

  it('is waited for while nobody leads', () => {
    expect(nameOf(decideOn(clusterSight({ leader: undefined }), [asked], 13))).toBe('switchover-under-way');
  });

  it('is never asked for again before leader and timeline stayed as they were for the settle time', () => {
    const before = clusterSight();
    const unknown = [asked, answerLine('s1', 'switchover', 'unknown', 12)];
    expect(nameOf(decideOn(before, unknown, 12 + settleSeconds - 1))).toBe('switchover-under-way');
    expect(nameOf(decideOn(before, unknown, 12 + settleSeconds))).toBe('act');
    const lied = [asked, answerLine('s1', 'switchover', 'switched', 12, { to: 'acid-a-1' })];
    expect(nameOf(decideOn(before, lied, 12 + settleSeconds - 1))).toBe('switchover-under-way');
    expect(nameOf(decideOn(before, lied, 12 + settleSeconds))).toBe('act');
  });

  it('without answer is answered by what was seen, and asked for again only after that', () => {
    const before = clusterSight();
    expect(nameOf(decideOn(before, [asked], 10 + settleSeconds - 1))).toBe('act-settling');
    expect(nameOf(decideOn(before, [asked], 10 + settleSeconds))).toBe('answer seen-not-done');
    const closed = [asked, answerLine('s1', 'switchover', 'seen-not-done', 10 + settleSeconds)];
    expect(nameOf(decideOn(before, closed, 11 + settleSeconds))).toBe('act');
  });

  it.each([
    ['without answer', []],
    ['of which Patroni knows nothing', [answerLine('s1', 'switchover', 'unknown', 12)]],
  ] as const)(
    '%s is under way for as long as the leader stops: its last checkpoint may take minutes',
    (_, answers) => {
      const stopping = withMember(clusterSight(), 'acid-a-0', { state: 'stopping' });
      const lines = [asked, ...answers];
      expect(nameOf(decideOn(stopping, lines, 20 + 3 * settleSeconds))).toBe('switchover-under-way');
      expect(nameOf(decideOn(after, lines, 30 + 3 * settleSeconds))).toBe('done');
    },
  );

  it('without answer is not given up while the leader gives none either: it may be stopping', () => {
    const { patroni, ...cluster } = clusterSight();
    const silent: ClusterSight = { ...cluster, patroni: { ...patroni, leaderSilent: true } };
    expect(nameOf(decideOn(silent, [asked], 20 + settleSeconds))).toBe('switchover-under-way');
    expect(nameOf(decideOn(after, [asked], 30 + settleSeconds))).toBe('done');
  });

  it('halts when the old leader leads on a new timeline: somebody else was at it', () => {
    const decision = decideOn(
      clusterSight({ timeline: 5 }),
      [asked, answerLine('s1', 'switchover', 'unknown', 12)],
      13,
    );
    expect(nameOf(decision)).toBe('halt role-changed-by-others');
  });

  it('halts as well when Patroni said that it failed: the old leader stopped, and took the lock again', () => {
    const failed = { status: 503, message: 'Switchover failed' };
    const lines = [asked, answerLine('s1', 'switchover', 'not-done', 12, failed)];
    expect(decideOn(clusterSight({ timeline: 5 }), lines, 60)).toMatchObject({
      because: { code: 'role-changed-by-others', facts: { timeline: 5 } },
      unplanned: { from: 'acid-a-0', to: 'acid-a-0' },
    });
    expect(nameOf(decideOn(clusterSight(), lines, 60))).toBe('act');
  });

  it('may be asked for again once a person has resumed the run knowing of that, and never blindly', () => {
    const change = { cluster: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-0', facts: { timeline: 5 } };
    const lines: readonly Line[] = [
      asked,
      answerLine('s1', 'switchover', 'not-done', 12, { status: 503, message: 'Switchover failed' }),
      ['run', { kind: 'unplanned', ...change }, 13],
      ['run', { kind: 'halted', because: { code: 'role-changed-by-others', facts: { step: 's1' } } }, 13],
      ['run', { kind: 'resumed' }, 20],
    ];
    const again = actLine('s1', { ...act, timeline: 5 }, 21);
    const onTimeline = (timeline: number, more: readonly Line[], atSeconds: number): string =>
      nameOf(decideOn(clusterSight({ timeline }), [...lines, ...more], atSeconds));
    expect(onTimeline(5, [], 21)).toBe('act');
    expect(onTimeline(6, [], 21)).toBe('halt role-changed-by-others');
    expect(onTimeline(5, [again, answerLine('s1', 'switchover', 'unknown', 22)], 23)).toBe(
      'switchover-under-way',
    );
  });

  it("is blocked with Patroni's own words after a no, and asked for again a while later", () => {
    const refused = [
      asked,
      answerLine('s1', 'switchover', 'not-done', 12, { status: 412, message: 'no good candidates' }),
    ];
    expect(decideOn(clusterSight(), refused, 13)).toMatchObject({
      wait: 'blocked',
      because: { code: 'switchover-not-done', facts: { message: 'no good candidates' } },
    });
    expect(nameOf(decideOn(clusterSight(), refused, 12 + realPace.switchoverRetryMs / 1_000))).toBe('act');
  });

  it('halts after so many attempts, and may try again when somebody resumes the run', () => {
    const refusal = [asked, answerLine('s1', 'switchover', 'not-done', 12)];
    const all = Array.from({ length: realPace.switchoverAttemptsMax }, () => refusal).flat();
    expect(nameOf(decideOn(clusterSight(), all, 100))).toBe('halt switchover-attempts-used-up');
    const resumed: readonly Line[] = [
      ...all,
      ['run', { kind: 'halted', because: { code: 'switchover-attempts-used-up', facts: { step: 's1' } } }],
      ['run', { kind: 'resumed' }],
    ];
    expect(nameOf(decideOn(clusterSight(), resumed, 100))).toBe('act');
  });

  it('that went to another member halts and is counted as ours', () => {
    const elsewhere = clusterSight({ leader: 'acid-a-2', timeline: 5 });
    expect(nameOf(decideOn(elsewhere, [asked], 13))).toBe('answer other-target');
    const named = [asked, answerLine('s1', 'switchover', 'other-target', 12, { to: 'acid-a-2' })];
    const decision = decideOn(elsewhere, named, 13);
    expect(nameOf(decision)).toBe('halt switched-to-other-target');
    expect(decision).not.toHaveProperty('unplanned');
    const counts = describeRun(foldOf(planOf([step, release]), named)).counts;
    expect(counts).toMatchObject({ planned: 1, done: 1, unplanned: 0 });
  });

  const unclear: readonly [string, readonly Line[]][] = [
    ['no answer', []],
    ['"status unknown"', [answerLine('s1', 'switchover', 'unknown', 12)]],
    ['a success that nobody sees', [answerLine('s1', 'switchover', 'switched', 12, { to: 'acid-a-1' })]],
  ];
  it.each(unclear)(
    'with %s, and a third member leads one timeline later: counted once, as ours',
    (_, said) => {
      const elsewhere = clusterSight({ leader: 'acid-a-2', timeline: 5 });
      const decision = decideOn(elsewhere, [asked, ...said], 13);
      expect(decision).toEqual({ kind: 'answer', answer: 'other-target', facts: { to: 'acid-a-2' } });
      const seen = answerLine('s1', 'switchover', 'other-target', 13, { to: 'acid-a-2' });
      const lines = [asked, ...said, seen];
      expect(describeRun(foldOf(planOf([step, release]), lines)).counts).toMatchObject({
        done: 1,
        unplanned: 0,
      });
      expect(nameOf(decideOn(elsewhere, lines, 14))).toBe('halt switched-to-other-target');
    },
  );

  it('and withdrawn before it was sent explains no role change', () => {
    const lines = [asked, answerLine('s1', 'switchover', 'withdrawn', 10)];
    expect(nameOf(decideOn(after, lines, 13))).toBe('halt role-changed-by-others');
    expect(nameOf(decideOn(clusterSight(), lines, 13))).toBe('act');
  });
});

describe('a two-member cluster', () => {
  it('is switched over while its only replica streams', () => {
    const two = clusterSight({
      members: [patroniMember('acid-a-0', { role: 'leader', streaming: false }), patroniMember('acid-a-1')],
      pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1')],
    });
    expect(nameOf(decideOn(two, [doneLine('none')]))).toBe('act');
  });
});

describe('a switchover in a synchronous cluster', () => {
  const other = withMember(clusterSight({ synchronous: true }), 'acid-a-2', { role: 'sync-standby' });

  it('goes to the standby of the moment, where that one too stands where it stays', () => {
    expect(decideOn(other)).toMatchObject({ kind: 'act', act: { candidate: 'acid-a-2' } });
    const begun = actLine('s1', { ...act, candidate: 'acid-a-2' }, 10);
    const arrived = clusterSight({ synchronous: true, leader: 'acid-a-2', timeline: 5 });
    const labelled = withPod(
      withPod(arrived, podView('acid-a-0', 'k0', { labels: { 'spilo-role': 'replica' } })),
      podView('acid-a-2', 'k2', { labels: { 'spilo-role': 'master' } }),
    );
    const lines = [begun, answerLine('s1', 'switchover', 'switched', 12)];
    expect(decideOn(labelled, lines, 30)).toMatchObject({ kind: 'done', facts: { to: 'acid-a-2' } });
  });

  it('waits where the standby of the moment stands on a node to be drained, or is not fit', () => {
    const onDrained = withPod(other, podView('acid-a-2', 'n1'));
    expect(nameOf(decideOn(onDrained))).toBe('candidate-not-sync-standby');
    const behind = withMember(other, 'acid-a-2', { role: 'sync-standby', lagBytes: 1e9 });
    expect(nameOf(decideOn(behind))).toBe('candidate-not-sync-standby');
  });
});
