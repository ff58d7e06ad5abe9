import { expect, it } from 'vitest';
import { changeBetween, changed } from '../../executor/record/json-change.ts';

it.each([
  ['a field', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
  ['a field that came', { a: 1 }, { a: 1, b: { c: [] } }, { b: { c: [] } }],
  ['a field that went', { a: 1, b: 2 }, { a: 1 }, { b: null }],
  ['a field deep inside', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1, d: 3 } } }, { a: { b: { d: 3 } } }],
  ['a place of a list', { a: ['x', 'y'] }, { a: ['x', 'z'] }, { a: { 1: 'z' } }],
  ['a list that is shorter', [1, 2, 3], [1, 2], { length: 2 }],
  ['a list that is longer', [{ a: 1 }], [{ a: 2 }, { a: 3 }], { 0: { a: 2 }, 1: { a: 3 }, length: 2 }],
  ['a list that is empty now', { a: [1] }, { a: [] }, { a: { length: 0 } }],
  ['a list that was empty', { a: [] }, { a: [1] }, { a: { 0: 1, length: 1 } }],
  ['a field of a name that every object has', { constructor: { a: 1 } }, {}, { constructor: null }],
  ['such a field that came', {}, { constructor: { a: 1 } }, { constructor: { a: 1 } }],
  ['a truth', { a: true }, { a: false }, { a: false }],
])('tells %s that changed, and the value that it makes', (_, before, after, change) => {
  expect(changeBetween(before, after)).toEqual(change);
  expect(changed(before, JSON.parse(JSON.stringify(change)))).toEqual(after);
});

it('tells nothing where nothing changed, a field that is undefined included', () => {
  expect(changeBetween({ a: [{ b: 1 }] }, { a: [{ b: 1, c: undefined }] })).toBeUndefined();
  expect(changed({ a: 1 }, undefined)).toEqual({ a: 1 });
});

it('leaves what was before as it was, and shares what did not change', () => {
  const before = { a: [1, 2], b: { c: 1 } };
  const after = changed(before, { a: { 0: 5 } });
  expect(before).toEqual({ a: [1, 2], b: { c: 1 } });
  expect((after as typeof before).b).toBe(before.b);
});

it.each([
  [{ a: { x: 1 } }, { a: [1] }],
  [[1], { 5: 2, length: 9 }],
  [undefined, { a: 1 }],
  ['text', { a: null }],
])('does not break on a change of something else', (before, change) => {
  expect(() => changed(before, change)).not.toThrow();
});
