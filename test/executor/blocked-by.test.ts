import { describe, expect, it } from 'vitest';
import { blockedBy } from '../../executor/record/blocked-by.ts';
import type { SwitchoverStep } from '../../planner/plan.ts';
import { addNode, foldOf, type Line, planOf } from './runs.ts';

const switchover = (id: string, cluster: string): SwitchoverStep => ({
  kind: 'switchover',
  id,
  after: [],
  wave: 1,
  because: { code: 'empty', facts: {} },
  estimateSeconds: 1,
  cluster,
  from: `${cluster}-0`,
  to: `${cluster}-1`,
});

const waits = (id: string, code: string, facts: Readonly<Record<string, string>> = {}): Line => [
  id,
  { kind: 'blocked', because: { code, facts: { subject: id, ...facts } }, deadlineMs: 9e12 },
];

describe('when a step is done', () => {
  it('those of its cluster that waited for it may go on', () => {
    const steps = ['s1', 's2', 's3'].map((id) => switchover(id, 'default/acid-a'));
    const fold = foldOf(planOf([...steps, switchover('s4', 'default/acid-b')]), [
      waits('s2', 'cluster-busy', { busyWith: 's1' }),
      waits('s3', 'cluster-busy', { busyWith: 's2' }),
      waits('s4', 'cluster-busy', { busyWith: 's3' }),
    ]);
    expect(blockedBy(fold, 's1')).toEqual(['s2']);
    expect(blockedBy(fold, 's9')).toEqual([]);
  });

  it('as many switchovers as are allowed at a time are told that there may be room, the first of the plan first', () => {
    const steps = ['s1', 's2', 's3', 's4', 's5', 's6'].map((id) => switchover(id, `default/acid-${id}`));
    const plan = planOf(steps);
    const waiting = ['s2', 's4', 's5', 's6'].map((id) => waits(id, 'switchover-limit'));
    const request = { ...plan.request, limits: { parallelSwitchovers: 3 } };
    expect(blockedBy(foldOf({ ...plan, request }, waiting), 's1')).toEqual(['s2', 's4', 's5']);
  });

  it('a node that came tells the next step that waits for one in its zone', () => {
    const steps = [
      addNode('a1', 'new-z1-1', 'z1'),
      addNode('a2', 'new-z2-1', 'z2'),
      addNode('a3', 'new-z1-2', 'z1'),
      addNode('a4', 'new-z1-3', 'z1'),
    ];
    const waiting = ['a2', 'a3', 'a4'].map((id) => waits(id, 'waiting-for-node'));
    expect(blockedBy(foldOf(planOf(steps), waiting), 'a1')).toEqual(['a3']);
  });
});
