import { describe, expect, it } from 'vitest';
import type { Verdict } from './brute-force/compare.ts';
import { judgeSeed } from './brute-force/judge-seed.ts';
import { inThreads } from './in-threads.ts';

describe('work in threads', () => {
  it('gives what one thread gives, in the order of the numbers, however many there are', {
    timeout: 60_000,
  }, async () => {
    const file = new URL('./brute-force/seed-worker.ts', import.meta.url);
    const numbers = [7, 3, 12, 1, 9, 40, 41, 5];
    const expected = numbers.map(judgeSeed);
    for (const threads of [1, 3])
      expect(await inThreads<Verdict>({ file, numbers, shareSize: 3, threads })).toEqual(expected);
  });

  it('fails where a thread fails', async () => {
    const file = new URL('./no-such-worker.ts', import.meta.url);
    await expect(inThreads({ file, numbers: [1], shareSize: 1, threads: 1 })).rejects.toThrow();
  });
});
