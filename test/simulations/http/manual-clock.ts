import type { WallClock } from '../../../simulations/http/pacer.ts';

/**
 * A wall clock that stands still until it is advanced; timers that come due then are called in their order. `spend` lets work take
 * time: no timer is called meanwhile.
 */
export function manualClock(): WallClock & { advance: (ms: number) => void; spend: (ms: number) => void } {
  let nowMs = 0;
  let timers: { atMs: number; then: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after: (delayMs, then) => {
      const timer = { atMs: nowMs + delayMs, then };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = timers
          .filter((one) => one.atMs <= untilMs)
          .sort((one, other) => one.atMs - other.atMs)[0];
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.then();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
    spend: (ms) => {
      nowMs += ms;
    },
  };
}
