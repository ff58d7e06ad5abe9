import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import type { ActivitySeen, Seen } from '../../executor/decide/seen.ts';
import { explainWait } from '../../planner/explain/explain-wait.ts';
import type { MoveStep } from '../../planner/plan.ts';
import {
  clusterSight,
  doneLine,
  foldOf,
  memberMove,
  memoryOf,
  nodeStep,
  nodeView,
  patroniMember,
  planOf,
  podView,
  switchover,
} from './runs.ts';

const hand = switchover('s1', 'acid-a-0', 'acid-a-1');
const fence = nodeStep('fence', 'f1', 'n1');
const release = nodeStep('release', 'r1', 'n1');

/** The primary is asked to hand over. */
function decideSwitchover(activity?: ActivitySeen, cluster = clusterSight()): Decision {
  const memory = memoryOf(foldOf(planOf([hand, release])), 's1', 11);
  const seen: Seen = { kind: 'switchover', step: hand, cluster, roleLabel: 'spilo-role' };
  return decide(activity === undefined ? seen : { ...seen, activity }, memory);
}

/** A member that is alone in its cluster and leads it, or a replica, is about to be evicted. */
function decideMove(move: MoveStep, activity?: ActivitySeen): Decision {
  const alone = clusterSight({
    pods: [podView('acid-a-0', 'n1')],
    members: [patroniMember('acid-a-0', { role: 'leader', state: 'running', streaming: false })],
  });
  const replica = clusterSight({
    leader: 'acid-a-1',
    pods: [podView('acid-a-0', 'n1'), podView('acid-a-1', 'k1'), podView('acid-a-2', 'k2')],
  });
  const memory = memoryOf(foldOf(planOf([fence, move, release]), [doneLine('f1')]), 'm1', 11);
  const from = nodeView('n1', { fencedBy: 'run-1' });
  const seen: Seen = { kind: 'member-move', step: move, cluster: move.outage ? alone : replica, from };
  return decide(activity === undefined ? seen : { ...seen, activity }, memory);
}

const outage = memberMove('m1', 'acid-a-0', { outage: true });
const check = { backupRunning: false, longestTransactionSeconds: 0, limitSeconds: 60 };
const running = 'a backup of default/acid-a is running; its primary is not interrupted';

const goesOn: readonly [string, ActivitySeen, string, string][] = [
  [
    'a pod of a backup has not ended',
    { backupPods: ['backup-1', 'backup-2'] },
    'backup-running',
    'a backup of default/acid-a is running: backup-1 and backup-2; its primary is not interrupted',
  ],
  [
    'a pod of a backup has not ended, and the check knows of none',
    { backupPods: ['backup-1'], check },
    'backup-running',
    'a backup of default/acid-a is running: backup-1; its primary is not interrupted',
  ],
  [
    'the check says that a backup runs',
    { check: { ...check, backupRunning: true } },
    'backup-running',
    running,
  ],
  [
    'the check says that a backup runs, and no pod of one is there',
    { backupPods: [], check: { ...check, backupRunning: true } },
    'backup-running',
    running,
  ],
  [
    'a transaction runs for a moment longer than allowed',
    { check: { ...check, longestTransactionSeconds: 60.1 } },
    'transaction-running',
    'a transaction in default/acid-a has been running for 61 s, up to 60 s would be broken off; its primary is not interrupted',
  ],
  [
    'the check does not answer',
    { check: { why: 'check: GET default/acid-a: no answer within 3000 ms' } },
    'check-unanswered',
    'nobody says whether a backup or a long transaction is running in default/acid-a: check: GET default/acid-a: no answer within 3000 ms; its primary is not interrupted',
  ],
  [
    'the check does not answer, and no pod of a backup is there',
    { backupPods: [], check: { why: 'status 500' } },
    'check-unanswered',
    'nobody says whether a backup or a long transaction is running in default/acid-a: status 500; its primary is not interrupted',
  ],
];

const nothing: readonly [string, ActivitySeen | undefined][] = [
  ['nobody was asked', undefined],
  ['no pod of a backup is there', { backupPods: [] }],
  ['the check says that nothing goes on', { check }],
  ['a transaction runs for as long as allowed', { check: { ...check, longestTransactionSeconds: 60 } }],
  ['neither pod nor check knows of anything', { backupPods: [], check }],
];

describe('before a primary is interrupted', () => {
  it.each(goesOn)('it is waited while %s', (_, activity, code, sentence) => {
    for (const decision of [decideSwitchover(activity), decideMove(outage, activity)]) {
      expect(decision).toMatchObject({
        kind: 'wait',
        wait: 'blocked',
        because: { code, facts: { subject: 'default/acid-a' } },
      });
      expect(decision.kind === 'wait' && explainWait(decision.because)).toBe(sentence);
    }
  });

  it.each(nothing)('it goes on where %s', (_, activity) => {
    expect(decideSwitchover(activity)).toMatchObject({ kind: 'act', act: { kind: 'switchover' } });
    expect(decideMove(outage, activity)).toMatchObject({ kind: 'act', act: { kind: 'evict' } });
  });

  it('is what a backup holds back, not the move of a replica', () => {
    const busy = { backupPods: ['backup-1'] };
    expect(decideMove(memberMove('m1', 'acid-a-0'), busy)).toMatchObject({ kind: 'act' });
  });

  it('each other guard is asked first', () => {
    const paused = decideSwitchover({ backupPods: ['backup-1'] }, clusterSight({ paused: true }));
    expect(paused).toMatchObject({ because: { code: 'cluster-paused' } });
  });

  it('what is done already is not waited for', () => {
    const switched = clusterSight({ leader: 'acid-a-1', timeline: 5 });
    const memory = memoryOf(
      foldOf(planOf([hand, release]), [
        [
          's1',
          {
            kind: 'act',
            act: {
              kind: 'switchover',
              cluster: 'default/acid-a',
              leader: 'acid-a-0',
              leaderUrl: 'http://acid-a-0:8008',
              candidate: 'acid-a-1',
              timeline: 4,
            },
          },
          10,
        ],
        ['s1', { kind: 'answer', act: 'switchover', answer: 'switched', facts: {} }, 12],
      ]),
      's1',
      20,
    );
    const seen: Seen = {
      kind: 'switchover',
      step: hand,
      cluster: switched,
      roleLabel: 'spilo-role',
      activity: { backupPods: ['backup-1'] },
    };
    expect(decide(seen, memory).kind).toBe('done');
  });
});
