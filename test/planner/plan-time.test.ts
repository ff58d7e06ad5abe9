import { describe, expect, it } from 'vitest';
import type { MoveStep, Step, SwitchoverStep } from '../../planner/plan.ts';
import { planTime } from '../../planner/write/plan-time.ts';
import { memberMove, switchover } from '../executor/runs.ts';

/** A Monday, 08:00. */
const startsAt = Date.UTC(2026, 10, 23, 8) / 1_000;
const hours = 3_600;

function change(id: string, after: string[], window?: string, estimateSeconds = 15): SwitchoverStep {
  const step = { ...switchover(id, 'acid-a-0', 'acid-a-1', after), estimateSeconds };
  return window === undefined ? step : { ...step, window };
}

function move(id: string, after: string[], estimateSeconds: number, more: Partial<MoveStep> = {}): MoveStep {
  return memberMove(id, 'acid-a-1', { after, estimateSeconds, ...more });
}

describe('the time of a plan', () => {
  const cases: readonly (readonly [string, readonly Step[], number, number, string[]])[] = [
    ['nothing', [], 4, 0, []],
    [
      'one step after the other',
      [move('a', [], 60), change('b', ['a']), move('c', ['b'], 90)],
      4,
      165,
      ['a', 'b', 'c'],
    ],
    [
      'the longer of two ways',
      [move('a', [], 60), move('b', [], 70), change('c', ['a', 'b'])],
      4,
      85,
      ['b', 'c'],
    ],
    ['switchovers side by side', [change('a', []), change('b', [])], 2, 15, ['a']],
    [
      'switchovers one after the other',
      [change('a', []), change('b', []), change('c', [])],
      1,
      45,
      ['a', 'b', 'c'],
    ],
    [
      'who is ready first goes first, whatever stands first in the plan',
      [move('a', [], 60), change('late', ['a']), change('early', []), move('z', ['early'], 100)],
      1,
      115,
      ['early', 'z'],
    ],
    [
      'a step that waited for another to be switched over first',
      [change('a', [], undefined, 40), move('m', [], 10), change('b', ['m'])],
      1,
      55,
      ['a', 'b'],
    ],
  ];
  it.each(cases)('of %s', (_, steps, parallelSwitchovers, p50, criticalPath) => {
    expect(planTime(steps, { parallelSwitchovers })).toEqual({
      p50,
      p95: Math.round(p50 * 1.7),
      criticalPath,
      neverOpen: [],
    });
  });

  it('leaves out what waits for itself, and what waits for nobody known waits for nobody', () => {
    const steps = [move('a', ['b'], 60), move('b', ['a'], 60), move('c', ['gone'], 20)];
    expect(planTime(steps, { parallelSwitchovers: 1 })).toMatchObject({ p50: 20, criticalPath: ['c'] });
  });
});

describe('the time of a plan with windows', () => {
  const time = (steps: readonly Step[], parallelSwitchovers = 4) =>
    planTime(steps, { parallelSwitchovers, startsAt });

  it('counts until the window opens; what came before had time to spare', () => {
    const steps = [move('a', [], 60), change('b', ['a'], '10:00-12:00'), move('c', ['b'], 90)];
    expect(time(steps)).toEqual({
      p50: 2 * hours + 105,
      p95: 2 * hours + Math.round(105 * 1.7),
      criticalPath: ['b', 'c'],
      neverOpen: [],
    });
  });

  it('waits for nothing inside of a window', () => {
    expect(time([move('a', [], 60), change('b', ['a'], '08:00-12:00')])).toMatchObject({
      p50: 75,
      criticalPath: ['a', 'b'],
    });
  });

  it('begins in the next window where the time left is not enough', () => {
    const steps = [move('a', [], 50), change('b', ['a'], '08:00-08:01; 10:00-11:00')];
    expect(time(steps)).toMatchObject({ p50: 2 * hours + 15, criticalPath: ['b'] });
  });

  it('takes no turn while a window is closed: others are switched over meanwhile', () => {
    const steps = [change('waits', [], '10:00-12:00'), move('m', [], 60), change('goes', ['m'])];
    expect(time(steps, 1)).toMatchObject({ p50: 2 * hours + 15, criticalPath: ['waits'] });
    expect(time([...steps, move('z', ['goes'], 3 * hours)], 1)).toMatchObject({
      p50: 3 * hours + 75,
      criticalPath: ['m', 'goes', 'z'],
    });
  });

  it('leaves for the next window whoever has not had a turn before it closes', () => {
    const steps = ['a', 'b', 'c'].map((id) => change(id, [], '10:00-10:01', 25));
    expect(time(steps, 1)).toMatchObject({ p50: 26 * hours + 25, criticalPath: ['c'] });
    expect(time(steps, 3)).toMatchObject({ p50: 2 * hours + 25 });
  });

  it('counts a window for an outage too', () => {
    const outage = move('m', [], 90, { outage: true, window: 'Tue 02:00-04:00' });
    expect(time([outage])).toMatchObject({ p50: 18 * hours + 90, criticalPath: ['m'] });
  });

  it('names the steps that no window is long enough for, and counts them as if they had none', () => {
    const steps = [change('a', [], '10:00-10:01', 61), change('b', ['a'], 'every night', 15)];
    expect(time(steps)).toMatchObject({ p50: 76, neverOpen: ['a'] });
  });

  it('does not count windows where nobody knows when the plan begins', () => {
    expect(planTime([change('a', [], '10:00-12:00')], { parallelSwitchovers: 1 })).toMatchObject({ p50: 15 });
  });
});
