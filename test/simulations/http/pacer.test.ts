import { describe, expect, it } from 'vitest';
import { paceWorld } from '../../../simulations/http/pacer.ts';
import { manualClock } from './manual-clock.ts';

function stillWorld(startMs = 1_000_000) {
  let nowMs = startMs;
  const seen: number[] = [];
  return {
    seen,
    nowMs: () => nowMs,
    advanceTo: (ms: number) => {
      if (ms < nowMs) throw new Error('asked to go back');
      nowMs = ms;
      seen.push(ms);
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
    world.advanceTo(1_005_000);
    clock.advance(1_000);
    expect(world.nowMs()).toBe(1_005_000);
    clock.advance(5_000);
    expect(world.nowMs()).toBe(1_006_000);
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
