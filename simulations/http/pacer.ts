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
/** So long the world is played at one go, in which no client gets an answer; the rest follows when those that wait had their turn. */
const sliceMs = 10;
/** A world that is so far behind the wall clock does not keep its speed, or its machine slept: what it missed is left out. */
const behindMsMax = 10_000;

export type PacedWorld = {
  nowMs(): number;
  /** Plays until `ms`, or until `mayGoOn` says no; false: something is left. */
  advanceWhile(ms: number, mayGoOn: () => boolean): boolean;
};

export type Pacer = {
  /**
   * Advances the world to what the wall clock says now; called before each request is looked at. A world with too much to do is
   * seen a little in the past, as of the last slice that was played.
   */
  readonly catchUp: () => void;
  /** Virtual milliseconds per wall-clock millisecond; 0 stands still. */
  readonly setSpeed: (speed: number) => void;
  readonly speed: () => number;
  readonly stop: () => void;
};

/**
 * Drives `world` from the wall clock times `speed` in small ticks until stopped. The world may be advanced by others too: it
 * is never asked to go back. `fallsBehind` is called once, when the world was too slow for its speed for the first time; its
 * clock then stays behind the wall clock.
 */
export function paceWorld(
  world: PacedWorld,
  speed: number,
  clock: WallClock = wallClock,
  fallsBehind: () => void = () => {},
): Pacer {
  let rate = speed;
  let since = { wallMs: clock.nowMs(), worldMs: world.nowMs() };
  let isBehind = false;
  let hasFallenBehind = false;
  let stopped = false;
  let cancel = () => {};

  const begin = () => {
    since = { wallMs: clock.nowMs(), worldMs: world.nowMs() };
  };
  const playSlice = () => {
    const begunMs = clock.nowMs();
    const dueMs = since.worldMs + Math.floor((begunMs - since.wallMs) * rate);
    isBehind = dueMs > world.nowMs() && !world.advanceWhile(dueMs, () => clock.nowMs() < begunMs + sliceMs);
    if (!isBehind || dueMs - world.nowMs() < behindMsMax * rate) return;
    begin();
    if (!hasFallenBehind) fallsBehind();
    hasFallenBehind = true;
  };
  const tick = () => {
    if (stopped) return;
    playSlice();
    cancel = clock.after(isBehind ? 0 : tickMs, tick);
  };
  const catchUp = () => {
    // With a request for each slice, nobody else would get a turn.
    if (!stopped && !isBehind) playSlice();
  };
  tick();

  return {
    catchUp,
    setSpeed: (next) => {
      catchUp();
      begin();
      rate = next;
    },
    speed: () => rate,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
