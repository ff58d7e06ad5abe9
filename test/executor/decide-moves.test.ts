import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import { realPace } from '../../executor/limits.ts';
import { isInFlight } from '../../executor/record/lane.ts';
import { tookPlace } from '../../executor/record/took-place.ts';
import type { ClusterSight, Sight } from '../../executor/sight.ts';
import type { MoveStep } from '../../planner/plan.ts';
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
  nodeView,
  planOf,
  podMove,
  podView,
  startMs,
  switchover,
  withMember,
  withPod,
  withUnknownLag,
} from './runs.ts';

const fence = nodeStep('fence', 'f1', 'n1');
const release = nodeStep('release', 'r1', 'n1');
/** acid-a-2 on n1 is a replica; the primary acid-a-0 stands on k0. */
const step = memberMove('m1', 'acid-a-2');
const evict = actLine(
  'm1',
  { kind: 'evict', namespace: 'default', name: 'acid-a-2', uid: 'uid-acid-a-2' },
  10,
);
const fenced = nodeView('n1', { fencedBy: 'run-1' });
const settleSeconds = realPace.actSettleMs / 1_000;

const before = clusterSight({
  pods: [podView('acid-a-0', 'k0'), podView('acid-a-1', 'k1'), podView('acid-a-2', 'n1')],
});
const replacement = podView('acid-a-2', 'new-z1-1', { uid: 'uid-2nd' });
const after = withPod(before, replacement);

function decideOn(
  cluster: ClusterSight,
  lines: readonly Line[] = [],
  more: { atSeconds?: number; step?: MoveStep; from?: ReturnType<typeof nodeView> } = {},
): Decision {
  const moved = more.step ?? step;
  const fold = foldOf(planOf([fence, moved, release]), [doneLine('f1'), ...lines]);
  const sight: Sight = { kind: 'member-move', step: moved, cluster, from: more.from ?? fenced };
  return decide(sight, memoryOf(fold, 'm1', more.atSeconds ?? 11));
}

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

describe('moving a member', () => {
  it('evicts it by its UID when all others are whole and it does not lead', () => {
    expect(decideOn(before)).toEqual({
      kind: 'act',
      act: {
        kind: 'evict',
        namespace: 'default',
        name: 'acid-a-2',
        uid: 'uid-acid-a-2',
        ownerKind: 'StatefulSet',
      },
    });
  });

  it('evicts it only as it was looked at, and looks again where it changed since', () => {
    const seen = withPod(before, podView('acid-a-2', 'n1', { resourceVersion: '41' }));
    expect(decideOn(seen)).toMatchObject({ act: { uid: 'uid-acid-a-2', resourceVersion: '41' } });
    const changed = [evict, answerLine('m1', 'evict', 'conflict', 10)];
    const promoted = clusterSight({ leader: 'acid-a-2', pods: seen.pods });
    expect(nameOf(decideOn(promoted, changed))).toBe('is-primary');
    expect(decideOn(seen, changed)).toMatchObject({ act: { resourceVersion: '41' } });
    const restless = [changed, changed, changed, changed, changed].flat();
    expect(decideOn(seen, restless)).toMatchObject({ act: { uid: 'uid-acid-a-2' } });
    expect(decideOn(seen, restless)).not.toHaveProperty('act.resourceVersion');
  });

  const leads = clusterSight({ leader: 'acid-a-2', pods: before.pods });
  const notSafe: readonly [string, ClusterSight, string][] = [
    ['it leads', leads, 'is-primary'],
    ['nobody leads', clusterSight({ leader: undefined, pods: before.pods }), 'member-unavailable'],
    [
      'another member is not Ready',
      withPod(before, podView('acid-a-1', 'k1', { ready: false })),
      'member-unavailable',
    ],
    [
      'another member is terminating',
      withPod(before, podView('acid-a-1', 'k1', { terminating: true })),
      'member-unavailable',
    ],
    ['the cluster is paused', clusterSight({ paused: true, pods: before.pods }), 'cluster-paused'],
    ['the leader stops', withMember(before, 'acid-a-0', { state: 'stopping' }), 'member-unavailable'],
    [
      'another member does not stream',
      withMember(before, 'acid-a-1', { streaming: false }),
      'member-not-streaming',
    ],
  ];
  it("takes a member for whole that streams from another replica by that one's own list", () => {
    const cascading = withMember(before, 'acid-a-1', { streaming: false, streamsFromReplica: true });
    expect(nameOf(decideOn(cascading))).toBe('act');
  });

  it('evicts nothing while the leader is named by the others and does not answer', () => {
    const silent = { ...before, patroni: { ...before.patroni, leaderSilent: true as const } };
    const decision = decideOn(silent);
    expect(nameOf(decision)).toBe('member-unavailable');
    expect(decision).toMatchObject({ because: { facts: { subject: 'default/acid-a-0' } } });
  });

  it('evicts nothing when somebody has scheduled a switchover for the next quarter of an hour, or it is overdue', () => {
    const at = (minutes: number): string => {
      const scheduledSwitchoverAt = new Date(startMs + minutes * 60_000).toISOString();
      return nameOf(decideOn({ ...before, patroni: { ...before.patroni, scheduledSwitchoverAt } }));
    };
    expect([-1, 1, 14, 17, 600].map(at)).toEqual([
      'switchover-scheduled',
      'switchover-scheduled',
      'switchover-scheduled',
      'act',
      'act',
    ]);
  });

  it('evicts no pod again whose eviction was admitted, whatever an older look shows', () => {
    const admitted = [evict, answerLine('m1', 'evict', 'evicted', 11)];
    expect(nameOf(decideOn(before, admitted, { atSeconds: 12 }))).toBe('pod-terminating');
  });

  it.each(notSafe)('evicts nothing while %s', (_, cluster, code) => {
    expect(nameOf(decideOn(cluster))).toBe(code);
  });

  it('evicts nothing while the pod of another member does not exist', () => {
    const pods = before.pods.filter((pod) => pod.name !== 'acid-a-1');
    const members = before.patroni.members.filter((member) => member.name !== 'acid-a-1');
    const cluster = { ...before, pods, patroni: { ...before.patroni, members }, wanted: 3 };
    expect(decideOn(cluster)).toMatchObject({
      wait: 'blocked',
      because: { code: 'member-unavailable', facts: { why: 'a pod is missing', pods: 2, wanted: 3 } },
    });
    expect(nameOf(decideOn({ ...before, wanted: 3 }))).toBe('act');
  });

  it('evicts nothing while a Ready member is unknown to Patroni', () => {
    const members = before.patroni.members.filter((member) => member.name !== 'acid-a-1');
    const cluster = { ...before, patroni: { ...before.patroni, members } };
    expect(nameOf(decideOn(cluster))).toBe('member-not-streaming');
  });

  it('evicts nothing while the fence that the plan set is gone', () => {
    expect(nameOf(decideOn(before, [], { from: nodeView('n1') }))).toBe('fence-missing');
    expect(nameOf(decideOn(before, [], { from: nodeView('n1', { unschedulable: true }) }))).toBe('act');
  });

  it('waits while another step of the cluster is under way', () => {
    const other = memberMove('m2', 'acid-a-1');
    const lines = [
      doneLine('f1'),
      actLine('m2', { kind: 'evict', namespace: 'default', name: 'acid-a-1', uid: 'u' }),
    ];
    const fold = foldOf(planOf([fence, step, other]), lines);
    const decision = decide(
      { kind: 'member-move', step, cluster: before, from: fenced },
      memoryOf(fold, 'm1'),
    );
    expect(nameOf(decision)).toBe('cluster-busy');
  });

  const under: readonly [string, ClusterSight, string][] = [
    [
      'the old pod is terminating',
      withPod(before, podView('acid-a-2', 'n1', { terminating: true })),
      'pod-terminating',
    ],
    ['there is no pod of that name', { ...before, pods: before.pods.slice(0, 2) }, 'waiting-for-pod'],
    [
      'the new pod has no node',
      withPod(before, podView('acid-a-2', undefined, { uid: 'uid-2nd' })),
      'pod-not-scheduled',
    ],
    ['the new pod is not Ready', withPod(before, { ...replacement, ready: false }), 'pod-not-ready'],
    [
      'the new pod is Ready and does not stream',
      withMember(after, 'acid-a-2', { streaming: false }),
      'replica-not-streaming',
    ],
    ['its lag is unknown', withUnknownLag(after, 'acid-a-2'), 'lag-unknown'],
    [
      'it has not caught up',
      withMember(after, 'acid-a-2', { lagBytes: 17 * 1024 * 1024 }),
      'replica-catching-up',
    ],
    ['nobody leads', clusterSight({ leader: undefined, pods: after.pods }), 'no-leader'],
  ];
  it.each(under)('once evicted waits while %s', (_, cluster, code) => {
    expect(nameOf(decideOn(cluster, [evict, answerLine('m1', 'evict', 'evicted', 10)]))).toBe(code);
  });

  it('is done when the new pod is Ready, streams and has caught up, no matter who moved it', () => {
    const facts = { pod: 'default/acid-a-2', uid: 'uid-2nd', node: 'new-z1-1' };
    const cascading = withMember(after, 'acid-a-2', { streaming: false, streamsFromReplica: true });
    expect(decideOn(cascading)).toEqual({ kind: 'done', facts });
    expect(decideOn(after, [evict, answerLine('m1', 'evict', 'evicted', 10)])).toEqual({
      kind: 'done',
      facts,
    });
    expect(decideOn(after)).toEqual({ kind: 'done', facts });
  });

  it('halts where the new pod stands on a node to be drained, unless the plan parks it there', () => {
    const landed = withPod(before, { ...replacement, node: 'n1' });
    expect(nameOf(decideOn(landed))).toBe('halt landed-on-drained-node');
    expect(nameOf(decideOn(landed, [], { step: { ...step, to: 'n1' } }))).toBe('done');
  });

  const lost: readonly [string, ClusterSight, number, string][] = [
    ['a new pod', after, 11, 'answer seen-done'],
    ['no pod', { ...before, pods: before.pods.slice(0, 2) }, 11, 'answer seen-done'],
    [
      'a terminating pod',
      withPod(before, podView('acid-a-2', 'n1', { terminating: true })),
      11,
      'answer seen-done',
    ],
    ['the same pod, too early to tell', before, 10 + settleSeconds - 1, 'act-settling'],
    ['the same pod, long enough', before, 10 + settleSeconds, 'answer seen-not-done'],
  ];
  it.each(lost)(
    'answers an eviction whose answer was lost by what it sees: %s',
    (_, cluster, atSeconds, name) => {
      expect(nameOf(decideOn(cluster, [evict], { atSeconds }))).toBe(name);
    },
  );

  it('asks a closed budget again, less and less often', () => {
    const said = [evict, answerLine('m1', 'evict', 'budget', 10, { message: 'would violate acid-a' })];
    const idle = realPace.idleMs / 1_000;
    expect(decideOn(before, said, { atSeconds: 10 + idle - 1 })).toMatchObject({
      wait: 'blocked',
      because: {
        code: 'budget-closed',
        facts: { subject: 'default/acid-a-2', message: 'would violate acid-a' },
      },
    });
    expect(nameOf(decideOn(before, said, { atSeconds: 10 + idle }))).toBe('act');
    const thrice = [...said, ...said, ...said];
    expect(nameOf(decideOn(before, thrice, { atSeconds: 10 + 4 * idle - 1 }))).toBe('budget-closed');
    expect(nameOf(decideOn(before, thrice, { atSeconds: 10 + 4 * idle }))).toBe('act');
  });

  it('halts where an eviction is forbidden for good', () => {
    const said = [evict, answerLine('m1', 'evict', 'forbidden', 10, { message: 'no' })];
    expect(nameOf(decideOn(before, said))).toBe('halt eviction-forbidden');
  });

  it('looks again where the name or the UID had changed in between', () => {
    expect(nameOf(decideOn(before, [evict, answerLine('m1', 'evict', 'replaced', 10)]))).toBe('act');
    expect(nameOf(decideOn(after, [evict, answerLine('m1', 'evict', 'replaced', 10)]))).toBe('done');
  });
});

describe('a primary that changed while its replicas are moved', () => {
  const leaders: Line = ['run', { kind: 'started', nodeUids: [], leaders: { 'default/acid-a': 'acid-a-0' } }];
  const failedOver = clusterSight({ leader: 'acid-a-1', timeline: 5, pods: before.pods });

  it('halts the run and is counted as unplanned', () => {
    expect(decideOn(failedOver, [leaders])).toMatchObject({
      kind: 'halt',
      because: { code: 'role-changed-by-others' },
      unplanned: { cluster: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-1' },
    });
  });

  it('is accepted when somebody resumed the run knowing of it', () => {
    const lines: readonly Line[] = [
      leaders,
      [
        'run',
        {
          kind: 'unplanned',
          cluster: 'default/acid-a',
          from: 'acid-a-0',
          to: 'acid-a-1',
          facts: { timeline: 5 },
        },
      ],
      ['run', { kind: 'halted', because: { code: 'role-changed-by-others', facts: {} } }],
    ];
    expect(nameOf(decideOn(failedOver, lines))).toBe('halt role-changed-by-others');
    expect(nameOf(decideOn(failedOver, [...lines, ['run', { kind: 'resumed' }]]))).toBe('act');
  });

  it('is ours where our own switchover moved it', () => {
    const ours = switchover('s1', 'acid-a-0', 'acid-a-1');
    const fold = foldOf(planOf([fence, ours, step]), [leaders, doneLine('f1'), doneLine('s1')]);
    const sight: Sight = { kind: 'member-move', step, cluster: failedOver, from: fenced };
    expect(nameOf(decide(sight, memoryOf(fold, 'm1')))).toBe('act');
  });

  it("is nobody's yet while our own switchover is under way", () => {
    const ours = switchover('s1', 'acid-a-0', 'acid-a-1');
    const act = {
      kind: 'switchover',
      cluster: 'default/acid-a',
      leader: 'acid-a-0',
      leaderUrl: '',
      candidate: 'acid-a-1',
      timeline: 4,
    } as const;
    const fold = foldOf(planOf([fence, ours, step]), [leaders, doneLine('f1'), actLine('s1', act)]);
    const sight: Sight = { kind: 'member-move', step, cluster: failedOver, from: fenced };
    expect(nameOf(decide(sight, memoryOf(fold, 'm1')))).toBe('cluster-busy');
  });
});

describe('an outage', () => {
  const outage = { ...step, outage: true };
  const leading = clusterSight({ leader: 'acid-a-2', pods: before.pods });
  const alone: ClusterSight = {
    ...leading,
    pods: [podView('acid-a-2', 'n1')],
    patroni: {
      ...leading.patroni,
      members: leading.patroni.members.filter((each) => each.name === 'acid-a-2'),
    },
  };

  it('restarts a primary that nobody can succeed', () => {
    expect(nameOf(decideOn(alone, [], { step: outage }))).toBe('act');
  });

  it('is not begun when somebody could take over by now', () => {
    expect(nameOf(decideOn(leading, [], { step: outage }))).toBe('halt successor-appeared');
  });

  it('is not begun while the cluster is paused: nobody would start the server again', () => {
    for (const cluster of [alone, leading]) {
      const paused = { ...cluster, patroni: { ...cluster.patroni, paused: true } };
      expect(nameOf(decideOn(paused, [], { step: outage }))).toBe('cluster-paused');
    }
  });

  it('is not begun while nobody leads: the server may be recovering, or an election going on', () => {
    const { leader: _, ...leaderless } = alone.patroni;
    expect(nameOf(decideOn({ ...alone, patroni: leaderless }, [], { step: outage }))).toBe(
      'member-unavailable',
    );
  });

  it('is not begun when another member has come to lead', () => {
    const elsewhere = clusterSight({ leader: 'acid-a-0', pods: before.pods });
    expect(nameOf(decideOn(elsewhere, [], { step: outage }))).toBe('halt role-changed-by-others');
  });

  it('after which another member leads is our own doing, and later steps count on the new leader', () => {
    const onward = memberMove('m2', 'acid-a-1', { after: ['m1'] });
    const lines = [
      ['run', { kind: 'started', leaders: { 'default/acid-a': 'acid-a-2' } }],
      doneLine('f1'),
      evict,
      answerLine('m1', 'evict', 'evicted'),
    ] satisfies readonly Line[];
    const plan = planOf([fence, outage, onward]);
    const cluster = withPod(
      clusterSight({ leader: 'acid-a-0', timeline: 5, pods: before.pods }),
      replacement,
    );
    const done = decide(
      { kind: 'member-move', step: outage, cluster, from: fenced },
      memoryOf(foldOf(plan, lines), 'm1'),
    );
    expect(done).toMatchObject({ kind: 'done', facts: { leader: 'acid-a-0' } });
    const fold = foldOf(plan, [...lines, doneLine('m1', { leader: 'acid-a-0' })]);
    const sight: Sight = { kind: 'member-move', step: onward, cluster, from: fenced };
    expect(nameOf(decide(sight, memoryOf(fold, 'm2')))).toBe('act');
  });

  it('is done when the member is Ready and leads again', () => {
    const back: ClusterSight = { ...alone, pods: [podView('acid-a-2', 'new-z1-1', { uid: 'uid-2nd' })] };
    expect(nameOf(decideOn(back, [evict, answerLine('m1', 'evict', 'evicted')], { step: outage }))).toBe(
      'done',
    );
    const leaderless: ClusterSight = { ...back, patroni: { paused: false, synchronous: false, members: [] } };
    expect(nameOf(decideOn(leaderless, [evict], { step: outage }))).toBe('answer seen-done');
  });

  it('that may have taken place stays ours, also where a later attempt was withdrawn', () => {
    const lines = [
      evict,
      answerLine('m1', 'evict', 'failed', 20, { failure: 'timeout' }),
      evict,
      answerLine('m1', 'evict', 'withdrawn', 31, { obstacle: 'held-up' }),
    ];
    const taken: ClusterSight = { ...clusterSight({ leader: 'acid-a-0', pods: before.pods.slice(0, 2) }) };
    expect(nameOf(decideOn(taken, lines.slice(0, 2), { step: outage, atSeconds: 40 }))).toBe(
      'waiting-for-pod',
    );
    expect(nameOf(decideOn(taken, lines, { step: outage, atSeconds: 40 }))).toBe('waiting-for-pod');
    const fold = foldOf(planOf([fence, outage, release]), [doneLine('f1'), ...lines]);
    const lane = fold.lanes.get('m1');
    expect(lane && tookPlace(fold, lane, {})).toBe(true);
    expect(lane && isInFlight(lane)).toBe(true);
  });

  it('is not done while the member leads and does not serve: it recovers, or somebody takes it away again', () => {
    const back: ClusterSight = { ...alone, pods: [podView('acid-a-2', 'new-z1-1', { uid: 'uid-2nd' })] };
    const evicted = [evict, answerLine('m1', 'evict', 'evicted')];
    for (const state of ['starting', 'stopping']) {
      const idle = withMember(back, 'acid-a-2', { state });
      expect(decideOn(idle, evicted, { step: outage })).toMatchObject({
        because: { code: 'member-unavailable', facts: { why: `leads and is ${state}` } },
      });
    }
  });
});

describe('moving a pod that is no member', () => {
  const web = podMove('m1', 'web-7d4b9-x2x2x', { uid: 'uid-web' });
  const webPod = podView('web-7d4b9-x2x2x', 'n1', { uid: 'uid-web', labels: {}, ownerKind: 'ReplicaSet' });
  const peer = (name: string, node: string | undefined, ready = true) =>
    podView(name, node, { labels: {}, ownerKind: 'ReplicaSet', ready });
  const evicted = actLine('m1', {
    kind: 'evict',
    namespace: 'default',
    name: 'web-7d4b9-x2x2x',
    uid: 'uid-web',
    ownerKind: 'ReplicaSet',
  });

  function decidePod(
    seen: Partial<Extract<Sight, { kind: 'pod-move' }>>,
    lines: readonly Line[] = [],
  ): Decision {
    const moved = seen.step ?? web;
    const fold = foldOf(planOf([fence, moved, release]), [doneLine('f1'), ...lines]);
    const sight: Sight = {
      kind: 'pod-move',
      step: moved,
      pod: undefined,
      from: fenced,
      peers: [],
      wanted: undefined,
      ...seen,
    };
    return decide(sight, memoryOf(fold, 'm1', 11));
  }

  it('evicts it once by its UID', () => {
    expect(decidePod({ pod: webPod })).toMatchObject({ kind: 'act', act: { kind: 'evict', uid: 'uid-web' } });
  });

  const cases: readonly [string, readonly ReturnType<typeof peer>[], number | undefined, string][] = [
    [
      'its ReplicaSet has as many Ready pods as it wants',
      [peer('web-7d4b9-a', 'k1'), peer('web-7d4b9-b', 'k2')],
      2,
      'done',
    ],
    ['its ReplicaSet is gone and nothing is left of it', [], undefined, 'done'],
  ];
  it.each(cases)('is done when %s', (_, peers, wanted, name) => {
    expect(nameOf(decidePod({ peers, wanted }, [evicted, answerLine('m1', 'evict', 'evicted')]))).toBe(name);
  });

  const waits: readonly [string, readonly ReturnType<typeof peer>[], number, string][] = [
    [
      'the new pod has no node',
      [peer('web-7d4b9-a', 'k1'), peer('web-7d4b9-b', undefined, false)],
      2,
      'pod-not-scheduled',
    ],
    [
      'the new pod is not Ready',
      [peer('web-7d4b9-a', 'k1'), peer('web-7d4b9-b', 'k2', false)],
      2,
      'owner-not-ready',
    ],
    ['the new pod is not there', [peer('web-7d4b9-a', 'k1')], 2, 'owner-not-ready'],
  ];
  it.each(waits)('waits while %s', (_, peers, wanted, code) => {
    expect(nameOf(decidePod({ peers, wanted }, [evicted, answerLine('m1', 'evict', 'evicted')]))).toBe(code);
  });

  it('halts where its replacement stands on a node to be drained', () => {
    const peers = [peer('web-7d4b9-a', 'n1')];
    expect(nameOf(decidePod({ peers, wanted: 1 }))).toBe('halt landed-on-drained-node');
  });

  it('waits for a pod of a StatefulSet under its own name', () => {
    const set = podMove('m1', 'kafka-0');
    expect(nameOf(decidePod({ step: set }))).toBe('waiting-for-pod');
    const back = podView('kafka-0', 'k1', { uid: 'uid-2nd' });
    expect(nameOf(decidePod({ step: set, pod: { ...back, ready: false } }))).toBe('pod-not-ready');
    expect(nameOf(decidePod({ step: set, pod: back }))).toBe('done');
    expect(nameOf(decidePod({ step: set, pod: { ...back, node: 'n1' } }))).toBe(
      'halt landed-on-drained-node',
    );
  });

  it('never takes two pods of one StatefulSet at a time', () => {
    const first = podMove('m1', 'kafka-0');
    const second = podMove('m2', 'kafka-1');
    const fold = foldOf(planOf([fence, first, second]), [
      doneLine('f1'),
      actLine('m2', { kind: 'evict', namespace: 'default', name: 'kafka-1', uid: 'uid-kafka-1' }),
    ]);
    const sight: Sight = {
      kind: 'pod-move',
      step: first,
      pod: podView('kafka-0', 'n1'),
      from: fenced,
      peers: [],
      wanted: undefined,
    };
    expect(nameOf(decide(sight, memoryOf(fold, 'm1')))).toBe('cluster-busy');
  });

  it('leaves a pod alone that has ended by itself', () => {
    expect(nameOf(decidePod({ pod: { ...webPod, stays: true, phase: 'Succeeded' } }))).toBe('done');
  });

  it('moves a parked pod on as the one that took its place', () => {
    const parked = podMove('m1', 'kafka-0', { to: 'n2' });
    const onward = podMove('m2', 'kafka-0', { from: 'n2', after: ['m1'] });
    const fold = foldOf(planOf([parked, onward]), [
      doneLine('m1', { pod: 'default/kafka-0', uid: 'uid-2nd' }),
    ]);
    const sight: Sight = {
      kind: 'pod-move',
      step: onward,
      pod: podView('kafka-0', 'n2', { uid: 'uid-2nd' }),
      from: nodeView('n2'),
      peers: [],
      wanted: undefined,
    };
    expect(decide(sight, memoryOf(fold, 'm2'))).toMatchObject({ kind: 'act', act: { uid: 'uid-2nd' } });
  });
});
