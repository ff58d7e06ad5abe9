import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import type { ClusterSight, Sight } from '../../executor/sight.ts';
import type { ScaleInStep, ScaleOutStep } from '../../planner/plan.ts';
import {
  actLine,
  answerLine,
  clusterSight,
  doneLine,
  foldOf,
  type Line,
  memoryOf,
  patroniMember,
  planOf,
  podView,
  withMember,
  withUnknownLag,
} from './runs.ts';

const base = {
  id: 's1',
  after: [],
  wave: 1,
  because: { code: 'single-member', facts: {} },
  estimateSeconds: 60,
  cluster: 'default/acid-a',
  node: 'k1',
} as const;
const out: ScaleOutStep = { ...base, kind: 'scale-out', member: 'acid-a-1' };

const one = clusterSight({
  pods: [podView('acid-a-0', 'n1')],
  members: [patroniMember('acid-a-0', { role: 'leader', streaming: false })],
});
const two = clusterSight({
  pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1')],
  members: [patroniMember('acid-a-0', { role: 'leader', streaming: false }), patroniMember('acid-a-1')],
});

function nameOf(decision: Decision): string {
  switch (decision.kind) {
    case 'wait':
      return decision.because.code;
    case 'halt':
      return `halt ${decision.because.code}`;
    case 'answer':
      return `answer ${decision.answer}`;
    default:
      return decision.kind;
  }
}

function decideOut(
  cluster: ClusterSight,
  replicas: number | undefined,
  lines: readonly Line[] = [],
  firstOrdinal = 0,
): Decision {
  const sight: Sight = { kind: 'scale-out', step: out, cluster, replicas, firstOrdinal };
  return decide(sight, memoryOf(foldOf(planOf([out]), lines), 's1', 1));
}

/** The end of a temporary member that the run has brought: then its set had two. */
function decideIn(
  member: string,
  cluster: ClusterSight,
  replicas: number | undefined,
  lines: readonly Line[] = [],
  before: readonly Line[] = scaled,
): Decision {
  const step: ScaleInStep = { ...base, id: 's2', after: ['s1'], kind: 'scale-in', member };
  const sight: Sight = { kind: 'scale-in', step, cluster, replicas };
  const fold = foldOf(planOf([out, step]), [...before, doneLine('s1'), ...lines]);
  return decide(sight, memoryOf(fold, 's2', 1));
}

const scaled = [
  actLine('s1', { kind: 'scale', namespace: 'default', name: 'acid-a', replicas: 2 }),
  answerLine('s1', 'scale', 'done'),
];

describe('a temporary member', () => {
  it('is asked for by a number of replicas, which a repetition does not raise', () => {
    expect(decideOut(one, 1)).toEqual({
      kind: 'act',
      act: {
        kind: 'scale',
        namespace: 'default',
        name: 'acid-a',
        replicas: 2,
        replicasBefore: 1,
        firstOrdinalBefore: 0,
      },
    });
    expect(nameOf(decideOut(one, 2, scaled))).toBe('waiting-for-pod');
  });

  it('is not brought while the cluster is paused: Patroni would not fill it', () => {
    const paused = { ...one, patroni: { ...one.patroni, paused: true } };
    expect(nameOf(decideOut(paused, 1))).toBe('cluster-paused');
  });

  it('is one more, too, of a set whose first member an earlier run has taken away', () => {
    const third: ScaleOutStep = { ...out, member: 'acid-a-2' };
    const sight: Sight = { kind: 'scale-out', step: third, cluster: two, replicas: 1, firstOrdinal: 1 };
    expect(decide(sight, memoryOf(foldOf(planOf([third]), []), 's1', 1))).toMatchObject({
      act: { replicas: 2, replicasBefore: 1, firstOrdinalBefore: 1 },
    });
  });

  it('is not brought where whom it relieves could not leave: a StatefulSet gives up only its first and its last', () => {
    const third: ScaleOutStep = { ...out, member: 'acid-a-2' };
    const sight: Sight = { kind: 'scale-out', step: third, cluster: two, replicas: 2 };
    const leaves = (member: string): string => {
      const step: ScaleInStep = { ...base, id: 's2', after: ['s1'], kind: 'scale-in', member };
      return nameOf(decide(sight, memoryOf(foldOf(planOf([third, step]), []), 's1', 1)));
    };
    expect(leaves('acid-a-1')).toBe('member-between-others');
    expect(leaves('acid-a-0')).toBe('act');
    expect(leaves('acid-a-2')).toBe('act');
  });

  it('is not brought, and none is taken for it, where somebody else has scaled the set', () => {
    expect(nameOf(decideOut(one, 0))).toBe('scaled-by-others');
    expect(nameOf(decideOut(two, 2))).toBe('scaled-by-others');
    const refused = [scaled[0] ?? doneLine('s1'), answerLine('s1', 'scale', 'conflict')];
    expect(nameOf(decideOut(two, 2, refused))).toBe('scaled-by-others');
  });

  it('is asked for again at once after a conflict, and less often where each request meets one', () => {
    const refused = [scaled[0] ?? doneLine('s1'), answerLine('s1', 'scale', 'conflict')];
    expect(nameOf(decideOut(one, 1, refused))).toBe('act');
    expect(nameOf(decideOut(one, 1, [refused, refused, refused].flat()))).toBe('outside-trouble');
  });

  it('may have been brought by a request of which nothing was seen for a while', () => {
    const late = [scaled[0] ?? doneLine('s1'), answerLine('s1', 'scale', 'seen-not-done')];
    expect(nameOf(decideOut(one, 2, late))).toBe('waiting-for-pod');
  });

  it('is there when it leads already: whoever leads streams from nobody', () => {
    const led = clusterSight({
      leader: 'acid-a-1',
      pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1')],
      members: [
        patroniMember('acid-a-0'),
        patroniMember('acid-a-1', { role: 'leader', streaming: false, state: 'running' }),
      ],
    });
    expect(decideOut(led, 2, scaled)).toMatchObject({ kind: 'done', facts: { pod: 'default/acid-a-1' } });
    // By the word of the others alone, who say what it wrote last.
    const silent = { ...led, patroni: { ...led.patroni, leaderSilent: true as const } };
    expect(nameOf(decideOut(silent, 2, scaled))).toBe('replica-not-streaming');
  });

  it.each([
    [
      'its pod is not Ready',
      { ...two, pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1', { ready: false })] },
      'pod-not-ready',
    ],
    [
      'its pod is being taken away',
      { ...two, pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1', { terminating: true })] },
      'pod-terminating',
    ],
    [
      'it leads and does not run',
      clusterSight({
        leader: 'acid-a-1',
        pods: two.pods,
        members: [
          patroniMember('acid-a-0'),
          patroniMember('acid-a-1', { role: 'leader', streaming: false, state: 'stopping' }),
        ],
      }),
      'replica-not-streaming',
    ],
    [
      'it is Ready and does not stream',
      withMember(two, 'acid-a-1', { streaming: false }),
      'replica-not-streaming',
    ],
    ['its lag is unknown', withUnknownLag(two, 'acid-a-1'), 'lag-unknown'],
    ['it has not caught up', withMember(two, 'acid-a-1', { lagBytes: 1e9 }), 'replica-catching-up'],
  ])('is not there while %s', (_, cluster, code) => {
    expect(nameOf(decideOut(cluster, 2, scaled))).toBe(code);
  });

  it('is there when it streams and has caught up', () => {
    expect(decideOut(two, 2, scaled)).toMatchObject({
      kind: 'done',
      facts: { pod: 'default/acid-a-1', node: 'k1' },
    });
  });

  it('says so when an operator takes it back', () => {
    expect(nameOf(decideOut(one, 1, scaled))).toBe('operator-scaled-back');
    expect(nameOf(decideOut(one, undefined))).toBe('halt set-gone');
  });
});

describe('the end of a temporary member', () => {
  const led = (leader: string): ClusterSight => ({
    ...two,
    patroni: {
      ...two.patroni,
      leader,
      members: two.patroni.members.map((each) => ({ ...each, streaming: each.name !== leader })),
    },
  });

  it('takes the last one away by lowering the replicas', () => {
    expect(decideIn('acid-a-1', led('acid-a-0'), 2)).toMatchObject({ act: { replicas: 1 } });
    expect(decideIn('acid-a-1', led('acid-a-0'), 2)).not.toHaveProperty('act.firstOrdinal');
  });

  it('takes the first one away by raising the first ordinal as well', () => {
    expect(decideIn('acid-a-0', led('acid-a-1'), 2)).toMatchObject({ act: { replicas: 1, firstOrdinal: 1 } });
  });

  it('says what it must find unchanged, for a worker that wakes up late', () => {
    expect(decideIn('acid-a-1', led('acid-a-0'), 2)).toMatchObject({
      act: { replicas: 1, replicasBefore: 2 },
    });
    expect(decideOut(one, 1)).toMatchObject({ act: { replicas: 2, replicasBefore: 1 } });
  });

  it('takes nobody away where others were added meanwhile: another member would go', () => {
    const three = clusterSight({ leader: 'acid-a-0' });
    expect(nameOf(decideIn('acid-a-1', three, 3))).toBe('scaled-by-others');
    expect(nameOf(decideIn('acid-a-0', clusterSight({ leader: 'acid-a-1' }), 3))).toBe('scaled-by-others');
  });

  it('takes nobody away where the run has added nobody', () => {
    expect(nameOf(decideIn('acid-a-1', led('acid-a-0'), 2, [], []))).toBe('scaled-by-others');
  });

  it('takes nobody away while the pod of another member is missing', () => {
    const missing = { ...led('acid-a-0'), pods: [podView('acid-a-1', 'k1')], wanted: 2 };
    expect(nameOf(decideIn('acid-a-1', missing, 2))).toBe('member-unavailable');
  });

  it('never takes away who leads, nor anybody while the other is not whole', () => {
    expect(nameOf(decideIn('acid-a-0', led('acid-a-0'), 2))).toBe('is-primary');
    const behind = withMember(led('acid-a-1'), 'acid-a-1', { streaming: false });
    const unready = {
      ...behind,
      pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1', { ready: false })],
    };
    expect(nameOf(decideIn('acid-a-0', unready, 2))).toBe('member-unavailable');
  });

  it('waits until it has left, and is done then', () => {
    const lines = [
      actLine('s2', { kind: 'scale', namespace: 'default', name: 'acid-a', replicas: 1 }),
      answerLine('s2', 'scale', 'done'),
    ];
    expect(nameOf(decideIn('acid-a-1', led('acid-a-0'), 1, lines))).toBe('member-leaving');
    expect(nameOf(decideIn('acid-a-1', one, 1, lines))).toBe('done');
    expect(nameOf(decideIn('acid-a-1', led('acid-a-0'), 2, lines))).toBe('operator-scaled-back');
  });

  it('is not done while nobody leads those who stay: they were taken away meanwhile, and no later step would meet it', () => {
    const { leader: _, ...patroni } = one.patroni;
    const lines = [
      actLine('s2', { kind: 'scale', namespace: 'default', name: 'acid-a', replicas: 1 }),
      answerLine('s2', 'scale', 'done'),
    ];
    expect(nameOf(decideIn('acid-a-1', { ...one, patroni }, 1, lines))).toBe('no-leader');
    const stopping = one.patroni.members.map((each) => ({ ...each, state: 'stopping' }));
    const among = (more: object) => ({ ...one, patroni: { ...one.patroni, ...more } });
    expect(nameOf(decideIn('acid-a-1', among({ members: stopping }), 1, lines))).toBe('member-unavailable');
    expect(nameOf(decideIn('acid-a-1', among({ leaderSilent: true }), 1, lines))).toBe('member-unavailable');
  });
});
