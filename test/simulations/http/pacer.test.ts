import { describe, expect, it } from 'vitest';
import { paceWorld } from '../../../simulations/http/pacer.ts';
import { manualClock } from './manual-clock.ts';

function stillWorld(startMs = 1_000_000) {
  let nowMs = startMs;
  const seen: number[] = [];
  return {
    seen,
    nowMs: () => nowMs,
    advanceWhile: (ms: number) => {
      if (ms < nowMs) throw new Error('asked to go back');
      nowMs = ms;
      seen.push(ms);
      return true;
    },
  };
}

/** A world in which each second is an event that takes so many milliseconds of the wall clock. */
function busyWorld(clock: ReturnType<typeof manualClock>, eventMs: number) {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    advanceWhile: (ms: number, mayGoOn: () => boolean) => {
      while (nowMs + 1000 <= ms) {
        if (!mayGoOn()) return false;
        nowMs += 1000;
        clock.spend(eventMs);
      }
      return true;
    },
  };
}

describe('a paced world', () => {
  it('goes on at its speed, in small ticks', () => {
    const clock = manualClock();
    const world = stillWorld();
    paceWorld(world, 10, clock);
    clock.advance(1_000);
    expect(world.nowMs()).toBe(1_010_000);
    expect(world.seen.length).toBeGreaterThanOrEqual(40);
  });

  it('is at the present whenever it is asked to catch up', () => {
    const clock = manualClock();
    const world = stillWorld();
    const pacer = paceWorld(world, 2, clock);
    clock.advance(7);
    pacer.catchUp();
    expect(world.nowMs()).toBe(1_000_014);
  });

  it('changes its speed from now on and not for the past', () => {
    const clock = manualClock();
    const world = stillWorld();
    const pacer = paceWorld(world, 1, clock);
    clock.advance(1_000);
    pacer.setSpeed(100);
    clock.advance(1_000);
    expect(world.nowMs()).toBe(1_101_000);
    pacer.setSpeed(0);
    clock.advance(10_000);
    expect(world.nowMs()).toBe(1_101_000);
  });

  it('is never asked to go back when somebody else advanced it', () => {
    const clock = manualClock();
    const world = stillWorld();
    paceWorld(world, 1, clock);
    world.advanceWhile(1_005_000);
    clock.advance(1_000);
    expect(world.nowMs()).toBe(1_005_000);
    clock.advance(5_000);
    expect(world.nowMs()).toBe(1_006_000);
  });

  it('is played in slices, between which others have their turn, and requests do not add to them', () => {
    const clock = manualClock();
    const world = busyWorld(clock, 3);
    const pacer = paceWorld(world, 1000, clock);
    clock.spend(100);
    pacer.catchUp();
    expect(world.nowMs()).toBe(4_000);
    pacer.catchUp();
    expect(world.nowMs()).toBe(4_000);
    clock.advance(1);
    expect(world.nowMs()).toBe(8_000);
  });

  it('makes up for what a busy moment left over', () => {
    const clock = manualClock();
    const world = busyWorld(clock, 3);
    let fellBehind = 0;
    paceWorld(world, 100, clock, () => {
      fellBehind += 1;
    });
    clock.spend(5_000);
    clock.advance(5_000);
    expect(world.nowMs()).toBeGreaterThan(100 * clock.nowMs() - 5_000);
    expect(fellBehind).toBe(0);
  });

  it('says once that a world does not keep its speed, and leaves out what was missed', () => {
    const clock = manualClock();
    const world = busyWorld(clock, 3);
    let fellBehind = 0;
    const pacer = paceWorld(world, 1000, clock, () => {
      fellBehind += 1;
    });
    clock.advance(100_000);
    expect(fellBehind).toBe(1);
    pacer.setSpeed(1);
    const [wallMs, worldMs] = [clock.nowMs(), world.nowMs()];
    clock.advance(20_000);
    expect(world.nowMs() - worldMs).toBeLessThanOrEqual(clock.nowMs() - wallMs);
  });

  it('stands still once it is stopped', () => {
    const clock = manualClock();
    const world = stillWorld();
    const pacer = paceWorld(world, 1, clock);
    pacer.stop();
    clock.advance(1_000);
    pacer.catchUp();
    expect(world.nowMs()).toBe(1_000_000);
  });
});
