import { expect, it } from 'vitest';
import { auditRun } from '../../executor/record/audit-run.ts';
import { actLine, answerLine, created, entriesOf, type Line, runId } from './runs.ts';

const evict = { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'u1' } as const;
const approved: Line = ['run', { kind: 'approved', plan: 'plan-1', wave: 1, comment: 'read it' }, 5];

it('an audit says who decided what on which plan, and of each act when, by whom and what came of it', () => {
  const lines = [
    created,
    approved,
    actLine('s1', evict, 10),
    actLine('s2', { ...evict, uid: 'u2' }, 11),
    answerLine('s1', 'evict', 'budget', 12),
    actLine('s1', evict, 20),
    answerLine('s1', 'evict', 'evicted', 21),
    [
      'run',
      { kind: 'replanned', plan: 'plan-2', needsApproval: true, nodeUids: [], leaders: {}, facts: {} },
      25,
    ],
    ['run', { kind: 'abort-asked' }, 30],
  ] satisfies readonly Line[];
  const audit = auditRun(runId, entriesOf(lines));
  expect(audit).toMatchObject({ run: runId, plan: 'plan-1', requester: 'anna' });
  expect(audit.decisions).toEqual([
    { at: '2026-11-23T08:00:00.000Z', by: 'worker-1', what: 'asked', plan: 'plan-1' },
    {
      at: '2026-11-23T08:00:05.000Z',
      by: 'worker-1',
      what: 'approved',
      plan: 'plan-1',
      wave: 1,
      comment: 'read it',
    },
    { at: '2026-11-23T08:00:30.000Z', by: 'worker-1', what: 'abort-asked' },
  ]);
  expect(audit.plans).toEqual([
    { at: '2026-11-23T08:00:25.000Z', plan: 'plan-2', needsApproval: true, facts: {} },
  ]);
  const told = audit.acts.map(({ step, at, answer }) => [step, at.slice(17, 19), answer?.answer]);
  expect(told).toEqual([
    ['s1', '10', 'budget'],
    ['s2', '11', undefined],
    ['s1', '20', 'evicted'],
  ]);
});
