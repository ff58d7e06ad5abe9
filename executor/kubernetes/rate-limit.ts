/**
 * A token bucket on all requests of this process to the API server: `burst` at once, then `perSecond`. What acts goes before
 * what looks, so that a run with a lot to look at still renews its Lease and does what it decided on.
 */
import { OutsideError } from '../errors.ts';
import { sleep, systemClock } from '../system-clock.ts';

export type RateLimits = {
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Requests at once after a rest. */
  readonly burst: number;
};

/**
 * Those of kube-controller-manager and controller-runtime (20 per second, bursts of 30), a little more at once for the pages of
 * a look at the whole fleet. API Priority and Fairness of the server is there for the rest: this bound is about being a good
 * neighbour, and makes what a run costs known beforehand.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
 */
export const usualLimits: RateLimits = { perSecond: 20, burst: 40 };

/** A request that has waited so long for its turn is given up: its pass looks again. Longer than a burst of all passes at once. */
const WAIT_LIMIT_MS = 30_000;

export type RateLimit = {
  /** Resolves when a request may be sent. Rejects with OutsideError `throttled` after 30 s in the queue. */
  turn(urgency: 'act' | 'look', asked: string): Promise<void>;
};

type Waiter = {
  readonly sinceMs: number;
  readonly asked: string;
  go(): void;
  giveUp(error: OutsideError): void;
};

/** Returns a full bucket. `clock` and `rest` are for tests. */
export function limitRate(
  limits: RateLimits,
  clock: { nowMs(): number } = systemClock,
  rest: (ms: number) => Promise<void> = sleep,
): RateLimit {
  let tokens = limits.burst;
  let filledMs = clock.nowMs();
  const acts: Waiter[] = [];
  const looks: Waiter[] = [];
  let isServing = false;

  const fill = (): void => {
    const nowMs = clock.nowMs();
    // A clock that was set back fills nothing and loses nothing.
    const passedMs = Math.max(0, nowMs - filledMs);
    tokens = Math.min(limits.burst, tokens + (passedMs * limits.perSecond) / 1_000);
    filledMs = nowMs;
  };
  const serve = async (): Promise<void> => {
    isServing = true;
    for (;;) {
      fill();
      while (tokens >= 1) {
        const next = acts.shift() ?? looks.shift();
        if (next === undefined) {
          isServing = false;
          return;
        }
        tokens -= 1;
        next.go();
      }
      giveUpOn(looks, clock.nowMs());
      giveUpOn(acts, clock.nowMs());
      await rest(Math.max(1, Math.ceil(((1 - tokens) * 1_000) / limits.perSecond)));
    }
  };
  return {
    turn(urgency, asked) {
      return new Promise((resolve, reject) => {
        const waiter = { sinceMs: clock.nowMs(), asked, go: resolve, giveUp: reject };
        (urgency === 'act' ? acts : looks).push(waiter);
        if (!isServing) void serve();
      });
    },
  };
}

function giveUpOn(waiters: Waiter[], nowMs: number): void {
  while (waiters[0] !== undefined && nowMs - waiters[0].sinceMs > WAIT_LIMIT_MS) {
    const { asked, giveUp } = waiters[0];
    waiters.shift();
    const message = `no turn within ${WAIT_LIMIT_MS} ms at the client-side rate limit`;
    giveUp(new OutsideError({ code: 'throttled', target: 'kubernetes', request: asked, message }));
  }
}
