import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, canonicalParts } from '../../planner/hash/canonical-json.ts';
import { hashFleet } from '../../planner/hash/hash-fleet.ts';
import { sha256, sha256OfParts } from '../../planner/hash/sha256.ts';
import { threeZones } from '../fixtures/fleet.ts';
import { readList } from '../fixtures/read.ts';

const reference = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

it('is SHA-256 at every length around the edges of a block', () => {
  for (let length = 0; length <= 200; length += 1) {
    const text = 'x'.repeat(length);
    expect(sha256(text), `${length} bytes`).toBe(reference(text));
  }
});

it('is SHA-256 of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(sha256(text)).toBe(reference(text));
    }),
    { numRuns: 200, seed: 1 },
  );
});

it('is the same for a text that comes in parts, wherever these end', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 150 }), { maxLength: 8 }), (parts) => {
      expect(sha256OfParts(parts)).toBe(reference(parts.join('')));
    }),
    { numRuns: 200, seed: 1 },
  );
});

it('canonical JSON in parts is canonical JSON', () => {
  const key = fc.constantFrom('a', 'b', '10', '9', 'x"y', '__proto__', '\u2028');
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), (value) => {
      const text = canonicalJson(value);
      expect([...canonicalParts(value)].join('')).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 300, seed: 1 },
  );
  expect([...canonicalParts({ list: [], none: undefined, fields: {} })].join('')).toBe(
    '{"fields":{},"list":[]}',
  );
  expect([...canonicalParts({})].join('')).toBe('{}');
});

it('canonical JSON sorts keys, keeps lists in order and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [2, 1, { d: 1, c: null }], a: 'x"y', z: undefined })).toBe(
    '{"a":"x\\"y","b":[2,1,{"c":null,"d":1}]}',
  );
});

it('the same objects in another order are the same fleet', () => {
  const list = threeZones();
  const shuffled = { ...list, items: [...list.items].reverse() };
  expect(hashFleet(readList(shuffled))).toBe(hashFleet(readList(list)));
});

it('one other label is another fleet', () => {
  const list = threeZones();
  const text = JSON.stringify(list).replace('"decommission-pending"', '"ready"');
  expect(hashFleet(readList(JSON.parse(text)))).not.toBe(hashFleet(readList(list)));
});
