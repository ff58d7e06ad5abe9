import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../simulations/world/clock.ts';
import { createRandom } from '../../../simulations/world/random.ts';

describe('virtual time', () => {
  it('runs what is due in order of time, and within one moment in order of asking', () => {
    const clock = new VirtualClock(1000);
    const ran: string[] = [];
    clock.after(20, () => ran.push(`late at ${clock.nowMs()}`));
    clock.after(10, () => ran.push(`first at ${clock.nowMs()}`));
    clock.after(10, () => ran.push(`second at ${clock.nowMs()}`));
    clock.advanceTo(1015);
    expect(ran).toEqual(['first at 1010', 'second at 1010']);
    clock.advanceTo(2000);
    expect(ran[2]).toBe('late at 1020');
    expect(clock.nowMs()).toBe(2000);
  });

  it('runs within the same advance what events ask for', () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    clock.after(5, () => clock.after(5, () => ran.push(clock.nowMs())));
    clock.advanceTo(10);
    expect(ran).toEqual([10]);
  });

  it('forgets what is called off, and does not tell its moment as the next', () => {
    const clock = new VirtualClock(0);
    const ran: string[] = [];
    const first = clock.after(10, () => ran.push('first'));
    const second = clock.after(20, () => ran.push('second'));
    clock.after(30, () => ran.push('third'));
    clock.callOff(first);
    expect(clock.nextMs()).toBe(20);
    clock.after(5, () => clock.callOff(second));
    clock.advanceTo(100);
    expect(ran).toEqual(['third']);
    clock.callOff(first);
    expect(clock.nextMs()).toBeUndefined();
  });

  it('refuses to go back', () => {
    const clock = new VirtualClock(1000);
    expect(() => clock.advanceTo(999)).toThrow('cannot go back');
  });

  it('keeps the earlier of two events of one key, and lets the key be used again', () => {
    const clock = new VirtualClock(0);
    const ran: string[] = [];
    clock.once('look', 50, () => ran.push('late'));
    clock.once('look', 20, () => ran.push('early'));
    clock.once('look', 30, () => ran.push('between'));
    clock.advanceTo(100);
    expect(ran).toEqual(['early']);
    clock.once('look', 1, () => ran.push('again'));
    clock.advanceTo(200);
    expect(ran).toEqual(['early', 'again']);
  });

  it('may be interrupted between events and parts of one, and the order stays the same', () => {
    const play = (partsAtOnce: number): string[] => {
      const clock = new VirtualClock(0);
      const ran: string[] = [];
      clock.afterInParts(10, function* () {
        for (const part of ['one', 'two', 'three']) {
          ran.push(`${part} at ${clock.nowMs()}`);
          clock.after(0, () => ran.push(`after ${part}`));
          yield;
        }
      });
      clock.after(10, () => ran.push('beside'));
      clock.after(20, () => ran.push('later'));
      for (let left = true; left; ) {
        let parts = 0;
        left = !clock.advanceWhile(30, () => ++parts <= partsAtOnce);
        if (left) expect(clock.nowMs()).toBeLessThan(30);
      }
      expect(clock.nowMs()).toBe(30);
      return ran;
    };
    const whole = play(Number.POSITIVE_INFINITY);
    expect(whole).toEqual([
      'one at 10',
      'two at 10',
      'three at 10',
      'beside',
      'after one',
      'after two',
      'after three',
      'later',
    ]);
    expect(play(1)).toEqual(whole);
    expect(play(2)).toEqual(whole);
  });

  it('keeps thousands of events in order', () => {
    const clock = new VirtualClock(0);
    const random = createRandom(7);
    const ran: number[] = [];
    for (let count = 0; count < 3000; count += 1) {
      clock.after(random.between(0, 500), () => ran.push(clock.nowMs()));
    }
    clock.advanceTo(500);
    expect(ran).toHaveLength(3000);
    expect(ran).toEqual([...ran].sort((one, other) => one - other));
  });
});

describe('random numbers', () => {
  it('follow from the seed, and a fork from seed and purpose', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, createRandom(seed).next);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const used = createRandom(1);
    used.next();
    expect(used.fork('names').next()).toBe(createRandom(1).fork('names').next());
    expect(used.fork('names').next()).not.toBe(used.fork('uids').next());
  });
});
