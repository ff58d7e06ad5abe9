import { expect, it } from 'vitest';
import { auditText } from '../../bin/audit-text.ts';

it('an audit in the terminal: people first, then plans and each act with what came of it', () => {
  const text = auditText({
    run: 'run-1',
    plan: 'abc',
    requester: 'anna',
    decisions: [
      {
        at: '2026-11-23T08:00:05.000Z',
        by: 'ben',
        what: 'approved',
        plan: 'abc',
        wave: 2,
        comment: 'read it',
      },
    ],
    plans: [
      {
        at: '2026-11-23T08:00:07.000Z',
        plan: 'def',
        needsApproval: false,
        facts: { switchovers: 1, switchoversBefore: 2, outages: 0, outagesBefore: 0, why: 's1: it moved' },
      },
    ],
    acts: [
      {
        sequence: 4,
        step: 's1',
        at: '2026-11-23T08:00:10.000Z',
        worker: 'w1',
        act: { kind: 'fence', node: 'n1', resourceVersion: '7' },
      },
    ],
  });
  expect(text.split('\n')).toEqual([
    'run run-1  plan abc  asked for by anna',
    'people',
    '  2026-11-23T08:00:05.000Z  ben  approved  plan abc  wave 2  "read it"',
    'plans instead',
    '  2026-11-23T08:00:07.000Z  plan def  without approval, for it interrupts no more: 1 switchover (2 were planned), 0 outages (0 were planned); the plan before does not hold any more: s1: it moved',
    'acts 1',
    '  2026-11-23T08:00:10.000Z  w1  s1  fences n1: no answer',
    '',
  ]);
});
