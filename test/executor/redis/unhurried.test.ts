import { describe, expect, it } from 'vitest';
import { type Added, passesToAdd, unhurried } from '../../../executor/redis/unhurried.ts';

describe('looking again in case something was missed', () => {
  it('is as frequent as ever where few wait, and rarer where thousands do, but never too late', () => {
    expect(unhurried(15_000, 600_000, 12)).toBe(15_000);
    expect(unhurried(15_000, 600_000, 5_000)).toBe(100_000);
    expect(unhurried(15_000, 40_000, 5_000)).toBe(40_000);
    expect(unhurried(500, 0, 5_000)).toBe(500);
  });
});

describe('passes over steps', () => {
  const run = 'run-1';
  const add = (added: Added, ready: readonly string[], nowMs: number) =>
    passesToAdd(added, run, ready, { nowMs, everyMs: 5_000 }).map(({ step }) => step);

  it('are added when they are new, and all of them now and then', () => {
    const added: Added = new Map();
    expect(add(added, ['s1', 's2'], 0)).toEqual(['s1', 's2']);
    expect(add(added, ['s1', 's2', 's3'], 4_000)).toEqual(['s3']);
    expect(add(added, ['s1', 's2', 's3'], 5_000)).toEqual(['s1', 's2', 's3']);
    // Of a clock that was set back.
    expect(add(added, ['s1'], 1_000)).toEqual(['s1']);
  });

  it('are all new once a run goes on that stood still', () => {
    const added: Added = new Map();
    add(added, ['s1'], 0);
    expect(add(added, [], 1_000)).toEqual([]);
    expect(add(added, ['s1'], 2_000)).toEqual(['s1']);
  });

  it('are added less often where there are thousands', () => {
    const added: Added = new Map();
    const ready = Array.from({ length: 5_000 }, (_, index) => `s${index}`);
    expect(add(added, ready, 0)).toHaveLength(5_000);
    expect(add(added, ready, 99_000)).toEqual([]);
    expect(add(added, ready, 100_000)).toHaveLength(5_000);
  });
});
