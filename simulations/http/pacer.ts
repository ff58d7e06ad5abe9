/**
 * Wall-clock time for the simulated servers: the one place of simulations/http that reads it or sets timers.
 * (Direct simulations have no wall clock at all; only a world that real processes talk to needs one.)
 */
export type WallClock = {
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Calls `then` once after `delayMs`; the returned function cancels it. Does not keep the process alive. */
  readonly after: (delayMs: number, then: () => void) => () => void;
};

/** The machine's clock. */
export const wallClock: WallClock = {
  nowMs: () => Date.now(),
  after: (delayMs, then) => {
    const timer = setTimeout(then, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Small enough that a reader sees steady progress, large enough to leave the processor to the executor. */
const tickMs = 20;

export type PacedWorld = { nowMs(): number; advanceTo(ms: number): void };

export type Pacer = {
  /** Advances the world to what the wall clock says now; called before each request is looked at. */
  readonly catchUp: () => void;
  /** Virtual milliseconds per wall-clock millisecond; 0 stands still. */
  readonly setSpeed: (speed: number) => void;
  readonly speed: () => number;
  readonly stop: () => void;
};

/**
 * Drives `world` from the wall clock times `speed` in small ticks until stopped. The world may be advanced by others too: it
 * is never asked to go back.
 */
export function paceWorld(world: PacedWorld, speed: number, clock: WallClock = wallClock): Pacer {
  let rate = speed;
  let since = { wallMs: clock.nowMs(), worldMs: world.nowMs() };
  let stopped = false;
  let cancel = () => {};

  const catchUp = () => {
    if (stopped) return;
    const dueMs = since.worldMs + Math.floor((clock.nowMs() - since.wallMs) * rate);
    if (dueMs > world.nowMs()) world.advanceTo(dueMs);
  };
  const tick = () => {
    catchUp();
    if (!stopped) cancel = clock.after(tickMs, tick);
  };
  tick();

  return {
    catchUp,
    setSpeed: (next) => {
      catchUp();
      since = { wallMs: clock.nowMs(), worldMs: world.nowMs() };
      rate = next;
    },
    speed: () => rate,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
