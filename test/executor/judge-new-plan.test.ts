import { describe, expect, it } from 'vitest';
import { isNoWorse, leftOfPlan, newlyInterrupted } from '../../executor/decide/judge-new-plan.ts';
import { explainReplan } from '../../planner/explain/explain-wait.ts';
import type { Facts } from '../../planner/plan.ts';
import { actLine, answerLine, foldOf, type Line, memberMove, planOf, switchover } from './runs.ts';

const outageOf = (id: string, member: string) =>
  memberMove(id, member, { cluster: `default/${member.slice(0, -2)}`, outage: true });
const handOver = (id: string, cluster: string) => ({
  ...switchover(id, `${cluster}-0`, `${cluster}-1`),
  cluster: `default/${cluster}`,
});
const one = { outages: 1, switchovers: 1 };

describe('a new plan', () => {
  const old = foldOf(
    planOf([handOver('s1', 'acid-a'), handOver('s2', 'acid-b'), outageOf('s3', 'acid-c-0')]),
    [['s1', { kind: 'done', facts: {} }]],
  );

  it('that interrupts the same clusters names none', () => {
    const same = planOf([handOver('s1', 'acid-b'), outageOf('s2', 'acid-c-0')]);
    expect(newlyInterrupted(same, old, {})).toEqual({ switchovers: [], outages: [] });
  });

  it('names the clusters that it switches over and the old one did not, or not any more; one that was to go down is not among them', () => {
    const other = planOf([handOver('s1', 'acid-a'), handOver('s2', 'acid-c'), handOver('s3', 'acid-d')]);
    expect(newlyInterrupted(other, old, {})).toEqual({
      switchovers: ['default/acid-a', 'default/acid-d'],
      outages: [],
    });
  });

  it('that takes another database down is worse, however many it spares', () => {
    const other = planOf([outageOf('s1', 'acid-b-0')]);
    const newly = newlyInterrupted(other, old, {});
    expect(newly).toEqual({ switchovers: [], outages: ['default/acid-b'] });
    expect(isNoWorse({ outages: 1, switchovers: 0 }, one, newly)).toBe(false);
    expect(isNoWorse(one, one, { switchovers: ['default/acid-d'], outages: [] })).toBe(true);
    expect(isNoWorse({ outages: 1, switchovers: 2 }, one, { switchovers: [], outages: [] })).toBe(false);
    expect(isNoWorse({ outages: 2, switchovers: 1 }, one, { switchovers: [], outages: [] })).toBe(false);
  });

  it('has nothing left of what took place and was not seen to its end: to interrupt the same once more is more than was approved', () => {
    const asked = actLine('s2', {
      kind: 'switchover',
      cluster: 'default/acid-b',
      leader: 'acid-b-0',
      leaderUrl: 'http://acid-b-0:8008',
      candidate: 'acid-b-1',
      timeline: 4,
    });
    const plan = planOf([handOver('s2', 'acid-b'), outageOf('s3', 'acid-c-0')]);
    const leftAfter = (leader: string, ...lines: readonly Line[]) =>
      leftOfPlan(foldOf(plan, lines), { 'default/acid-b': leader });
    const unknown = answerLine('s2', 'switchover', 'unknown', 12);
    const switched = answerLine('s2', 'switchover', 'switched', 12, { to: 'acid-b-1' });
    const back = (timeline: number): Line => [
      'run',
      {
        kind: 'unplanned',
        cluster: 'default/acid-b',
        from: 'acid-b-0',
        to: 'acid-b-0',
        facts: { timeline },
      },
    ];
    expect(leftAfter('acid-b-0', asked, unknown)).toEqual({ outages: 1, switchovers: 1 });
    expect(leftAfter('acid-b-0', asked, unknown, back(5))).toEqual({ outages: 1, switchovers: 1 });
    // Two promotions, of which one may be ours.
    expect(leftAfter('acid-b-0', asked, unknown, back(6))).toEqual({ outages: 1, switchovers: 0 });
    expect(leftAfter('acid-b-0', asked, switched)).toEqual({ outages: 1, switchovers: 0 });
    expect(leftAfter('acid-b-1', asked, unknown)).toEqual({ outages: 1, switchovers: 0 });

    const evict = actLine('s3', { kind: 'evict', namespace: 'default', name: 'acid-c-0', uid: 'u' });
    const landed = foldOf(plan, [evict, answerLine('s3', 'evict', 'evicted', 12)]);
    expect(leftOfPlan(landed, {})).toEqual({ outages: 0, switchovers: 1 });
    const answers = (...all: readonly (readonly [string, Facts?])[]) =>
      foldOf(
        plan,
        all.flatMap(([answer, facts]) => [evict, answerLine('s3', 'evict', answer, 12, facts)]),
      );
    // An eviction without an answer may have been admitted, as long as nobody has refused it since.
    for (const [left, lines] of [
      [0, [['failed', { failure: 'timeout' }]]],
      [0, [['failed', { failure: 'timeout' }], ['gone']]],
      [0, [['seen-done']]],
      [1, [['failed', { failure: 'not-allowed' }]]],
      [1, [['failed', { failure: 'timeout' }], ['budget']]],
      [1, [['gone']]],
    ] as const)
      expect(leftOfPlan(answers(...lines), {}).outages, JSON.stringify(lines)).toBe(left);
    const again = planOf([outageOf('s1', 'acid-c-0')]);
    expect(newlyInterrupted(again, landed, {}).outages).toEqual(['default/acid-c']);
  });

  it('says in words whom it interrupts besides', () => {
    const counts = { switchovers: 3, switchoversBefore: 3, outages: 1, outagesBefore: 1 };
    expect(explainReplan(counts)).toBe('3 switchovers (3 were left), 1 outage (1 was left)');
    const names = { newOutages: ['default/acid-d'], newSwitchovers: ['default/acid-a', 'default/acid-b'] };
    expect(explainReplan({ ...counts, ...names, newOutagesCount: 1, newSwitchoversCount: 7 })).toBe(
      '3 switchovers (3 were left), 1 outage (1 was left); new among the outages: default/acid-d; new among the switchovers: default/acid-a, default/acid-b and 5 more',
    );
  });
});
