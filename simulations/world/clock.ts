/**
 * Virtual time: a queue of what is due, run in order of time and, within one moment, in order of asking.
 * It never goes back, and it knows nothing of the wall clock.
 */
type Due = {
  readonly atMs: number;
  readonly order: number;
  readonly key: string | undefined;
  /** Undefined: it was called off. */
  run: (() => void) | undefined;
};

/** Something that is to happen, for whoever may call it off. */
export type Appointment = { run: (() => void) | undefined };

/** More events than this within one moment is a loop between controllers, not a fleet at work. */
const EVENTS_PER_MOMENT_MAX = 2_000_000;

export class VirtualClock {
  #nowMs: number;
  #order = 0;
  readonly #heap: Due[] = [];
  /** Work in parts that was interrupted: it goes on before anything else happens. */
  #unfinished: Iterator<unknown> | undefined;
  /** Time of the earliest pending event of each key. */
  readonly #pending = new Map<string, number>();

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `run` after `delayMs` of virtual time, unless it is called off before. */
  after(delayMs: number, run: () => void): Appointment {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    return this.#push({ atMs, order: this.#next(), key: undefined, run });
  }

  /** It does not happen; nothing to do where it already has. */
  callOff(appointment: Appointment): void {
    appointment.run = undefined;
  }

  /** Like `after`, for work that takes long: `advanceWhile` may stop after each of its parts, and nothing comes between them. */
  afterInParts(delayMs: number, begin: () => Iterator<unknown>): void {
    this.after(delayMs, () => {
      this.#unfinished = begin();
    });
  }

  /** Both at once: work in parts, of which only the earliest is kept that was asked for under the same key. */
  onceInParts(key: string, delayMs: number, begin: () => Iterator<unknown>): void {
    this.once(key, delayMs, () => {
      this.#unfinished = begin();
    });
  }

  /** Like `after`, but asked again under the same key it keeps only the earlier of the two. */
  once(key: string, delayMs: number, run: () => void): void {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const pendingMs = this.#pending.get(key);
    if (pendingMs !== undefined && pendingMs <= atMs) return;
    this.#pending.set(key, atMs);
    this.#push({ atMs, order: this.#next(), key, run });
  }

  /** Time of the next event; undefined: nothing is due any more. */
  nextMs(): number | undefined {
    for (let due = this.#heap[0]; due !== undefined; due = this.#heap[0]) {
      if (due.run !== undefined) return due.atMs;
      this.#pop();
    }
    return undefined;
  }

  /** Runs all that is due up to and including `toMs`, in order. Throws when asked to go back. */
  advanceTo(toMs: number): void {
    this.advanceWhile(toMs, always);
  }

  /**
   * The same for as long as `mayGoOn` says so, which is asked before each event and part. False: something is left, and it is the
   * time of what ran last; the rest runs in the same order with the next advance.
   */
  advanceWhile(toMs: number, mayGoOn: () => boolean): boolean {
    if (toMs < this.#nowMs) {
      throw new RangeError(`virtual time cannot go back from ${this.#nowMs} to ${toMs}`);
    }
    if (!this.#finishParts(mayGoOn)) return false;
    let eventsOfMoment = 0;
    for (let due = this.#heap[0]; due !== undefined && due.atMs <= toMs; due = this.#heap[0]) {
      if (!mayGoOn()) return false;
      this.#pop();
      if (due.run === undefined) continue;
      eventsOfMoment = due.atMs === this.#nowMs ? eventsOfMoment + 1 : 0;
      if (eventsOfMoment > EVENTS_PER_MOMENT_MAX) throw new Error(`events without end at ${due.atMs}`);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      if (due.key !== undefined) {
        if (this.#pending.get(due.key) !== due.atMs) continue;
        this.#pending.delete(due.key);
      }
      due.run();
      if (!this.#finishParts(mayGoOn)) return false;
    }
    this.#nowMs = toMs;
    return true;
  }

  #finishParts(mayGoOn: () => boolean): boolean {
    while (this.#unfinished !== undefined) {
      if (!mayGoOn()) return false;
      if (this.#unfinished.next().done === true) this.#unfinished = undefined;
    }
    return true;
  }

  #next(): number {
    this.#order += 1;
    return this.#order;
  }

  #push(due: Due): Due {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isEarlier(due, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = due;
    return due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const childIndex = earlierChild(heap, index);
      const child = heap[childIndex];
      if (child === undefined || !isEarlier(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}

function always(): boolean {
  return true;
}

function earlierChild(heap: readonly Due[], index: number): number {
  const left = heap[2 * index + 1];
  const right = heap[2 * index + 2];
  return left !== undefined && right !== undefined && isEarlier(right, left) ? 2 * index + 2 : 2 * index + 1;
}

function isEarlier(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
