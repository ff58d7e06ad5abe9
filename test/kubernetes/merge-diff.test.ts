import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, mergeDiff, mergePatch } from './merge-diff.ts';

/** Objects as an API server keeps them: no nulls, for a merge patch cannot write one. */
const { object } = fc.letrec<{ object: Json; value: unknown }>((tie) => ({
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ max: 3 }),
    fc.array(fc.constantFrom('x', 'y')),
    tie('object'),
  ),
}));

describe('a merge patch', () => {
  it('made of two objects makes the one into the other, and is none where they are the same', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const patch = mergeDiff(before, after);
        expect(patch === undefined ? before : mergePatch(before, patch)).toEqual(after);
        expect(mergeDiff(after, structuredClone(after))).toBeUndefined();
      }),
    );
  });
});
