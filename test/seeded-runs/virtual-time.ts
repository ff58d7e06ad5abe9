/**
 * Many things at once in virtual time: promises wait for moments of the world's clock, which moves on when nobody has anything
 * left to do in the present. Nothing here depends on the speed of the machine.
 */

import type { World } from '../../simulations/world/world.ts';
export class VirtualTime {
  readonly #world: World;
  #woken = false;
  #awaited = 0;

  constructor(world: World) {
    this.#world = world;
  }

  nowMs(): number {
    return this.#world.nowMs();
  }

  /** Resolves so many virtual milliseconds from now. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(ms, resolve));
  }

  /** Runs something so many virtual milliseconds from now; what it resolves is carried on with in the same moment. */
  at(ms: number, run: () => void): void {
    this.#world.clock.after(ms, () => {
      this.#woken = true;
      run();
    });
  }

  /** Awaits what the world itself will answer at a moment that nobody here knows. */
  async during<Result>(answer: Promise<Result>): Promise<Result> {
    this.#awaited += 1;
    try {
      return await answer;
    } finally {
      this.#awaited -= 1;
    }
  }

  /** Lets time pass until `isOver`, or to `limitMs`; returns whether it was over. */
  async passUntil(isOver: () => boolean, limitMs: number): Promise<boolean> {
    for (;;) {
      await settled();
      if (isOver()) return true;
      this.#woken = false;
      while (!this.#woken) {
        const nextMs = this.#world.clock.nextMs();
        if (nextMs === undefined || nextMs > limitMs) return false;
        this.#world.advanceTo(nextMs);
        if (this.#awaited > 0) break;
      }
    }
  }
}

/**
 * Everybody who can go on has gone on: all promises are settled that need no time to pass. Node runs ticks when no promise is left
 * to go on with; a turn of the whole event loop would say the same and take several times as long.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
