import { expect, it } from 'vitest';
import type { Lane } from '../../executor/record/lane.ts';
import { LaneList } from '../../executor/record/lane-list.ts';
import { foldOf, nodeStep, planOf } from './runs.ts';

const ids = Array.from({ length: 600 }, (_, index) => `s${index}`);
const before = foldOf(planOf(ids.map((id) => nodeStep('fence', id, `n-${id}`)))).lanes;

/** The lane of a step, made recognisable. */
function after(id: string): Lane {
  const lane = before.get(id);
  if (lane === undefined) throw new Error(`no lane ${id}`);
  return { ...lane, last: 7 };
}

it('has its lanes by step and in the order of the plan, however many there are', () => {
  expect(before.size).toBe(600);
  expect([...before.keys()]).toEqual(ids);
  expect([...before.values()].map(({ step }) => step.id)).toEqual(ids);
  expect([...before].map(([id, { step }]) => [id, step.id])).toEqual(ids.map((id) => [id, id]));
  expect(before.get('s599')?.step.id).toBe('s599');
  expect([before.has('s600'), before.get('s600')]).toEqual([false, undefined]);
});

it('with other lanes is another list, and stays as it was itself', () => {
  const list = before.with(['s0', 's255', 's256', 's599'].map(after));
  const changed = [...list.values()].filter(({ last }) => last === 7).map(({ step }) => step.id);
  expect(changed).toEqual(['s0', 's255', 's256', 's599']);
  expect([...before.values()].every(({ last }) => last === 0)).toBe(true);
  expect([...list.keys()]).toEqual(ids);
});

it('takes no lane of a step that it does not have', () => {
  const other = LaneList.of([after('s1')]).with([after('s2')]);
  expect([...other.keys()]).toEqual(['s1']);
});

it('knows which lanes are ready, and which stand otherwise than in an earlier list', () => {
  const done = (id: string): Lane => ({ ...after(id), done: {} });
  const list = before.with(['s0', 's300'].map(done));
  const expected = ids.filter((id) => id !== 's0' && id !== 's300');
  expect([...list.ready()].map(({ step }) => step.id)).toEqual(expected);
  expect([...before.ready()].map(({ step }) => step.id)).toEqual(ids);
  expect([...list.changedSince(before)].map(({ step }) => step.id)).toEqual(['s0', 's300']);
  expect([...list.changedSince(list)]).toEqual([]);
});
