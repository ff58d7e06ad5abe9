import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../planner/hash/canonical-json.ts';
import { addBytes, closeSha256, openSha256, sha256 } from '../../planner/hash/sha256.ts';

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

it('is the same for bytes that come in parts, wherever these end', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (parts) => {
      const message = openSha256();
      const whole = createHash('sha256');
      for (const part of parts) {
        addBytes(message, part, part.length);
        whole.update(part);
      }
      expect(closeSha256(message)).toBe(whole.digest('hex'));
    }),
    { numRuns: 200, seed: 1 },
  );
});

it('canonical JSON sorts keys, keeps lists in order and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [2, 1, { d: 1, c: null }], a: 'x"y', z: undefined })).toBe(
    '{"a":"x\\"y","b":[2,1,{"c":null,"d":1}]}',
  );
});
