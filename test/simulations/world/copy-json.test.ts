import { describe, expect, it } from 'vitest';
import { copyJson, isSameJson } from '../../../simulations/world/copy-json.ts';

describe('JSON of the simulated world', () => {
  it('is copied to the last leaf', () => {
    const value = { a: [1, { b: null }], c: 'x' };
    const copy = copyJson(value);
    expect(copy).toEqual(value);
    expect(copy.a[1]).not.toBe(value.a[1]);
  });

  it('is the same whatever the order of its fields, and as if those that are undefined were not there', () => {
    expect(isSameJson({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
    expect(isSameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(isSameJson({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  });

  it('is another where a leaf, a length or a kind differs', () => {
    expect(isSameJson({ a: [1] }, { a: [2] })).toBe(false);
    expect(isSameJson({ a: [1] }, { a: [1, 2] })).toBe(false);
    expect(isSameJson({ a: [] }, { a: {} })).toBe(false);
    expect(isSameJson({ a: null }, { a: {} })).toBe(false);
    expect(isSameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  });
});
