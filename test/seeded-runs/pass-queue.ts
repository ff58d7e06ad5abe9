/** Passes as BullMQ hands them out: one worker at a time has a job, until it dies or is silent for too long. */
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { PlanShelf, RunContext } from '../../executor/contexts.ts';
import { type Pace, realPace } from '../../executor/limits.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import type { Appointment } from '../../simulations/world/clock.ts';
import { handsOf, type Memories } from './hands.ts';
import { lyingMirror } from './lying-mirror.ts';
import { isTroubled, type Stage, violate } from './stage.ts';
import { goOn, isAway, Worker } from './worker.ts';

/** Fewer looks at what stands still, for speed; what is waited for and how long is as in life. */
const quietPace: Pace = { ...realPace, pollMs: 12_000, idleMs: 20_000 };
/** Fewer still once nothing goes wrong any more: all that is left to see is whether the run comes to an end, and deadlines are long. */
const healedPace: Pace = { ...quietPace, pollMs: 60_000, idleMs: 60_000, mirrorPollMs: 60_000 };
/** A job whose worker says nothing for so long is given to another. */
const lockMs = 30_000;
const restartMs = 5_000;
/** The jobs of live runs are added again so often. */
const sweepMs = 10_000;
/** A job that two workers got is free for the second one so soon. */
const doubledMs = 50;

type Job = { dueMs: number; lockedBy: Worker | undefined; lockedUntilMs: number };
type Lock = {
  readonly worker: Worker;
  readonly signal: AbortController;
  /** When the worker says again that it is at it. */
  renewal: Appointment;
};

function shelfOf({ plans }: Stage): PlanShelf | undefined {
  return plans === undefined
    ? undefined
    : {
        get: async (id) => plans.get(id),
        keep: async (plan) => {
          plans.set(plan.id, plan);
        },
      };
}

export class PassQueue {
  readonly #stage: Stage;
  readonly #jobs = new Map<string, Job>();
  readonly #memories: Memories = new Map();
  readonly #chance: () => number;
  /** Called when there may be something to work on. */
  #waiting: (() => void)[] = [];
  #born = 0;
  /** The run has let go of the fleet, and nobody has said anything of it since. */
  hasEnded = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#chance = stage.random.fork('queue').next;
  }

  /** The first workers begin. */
  open(): void {
    this.#stage.onSaid = () => this.#reopen();
    this.#reopen();
    for (let index = 0; index < this.#stage.troubles.workers; index += 1) this.#hire();
  }

  /** Somebody said something of the run: it is looked at at once, a halted one too. */
  #reopen(): void {
    this.hasEnded = false;
    this.#hurry('run');
  }

  /** A run may live on when its last pass has ended: by what was said meanwhile, or by what another worker wrote and died. */
  #sweepLater(): void {
    const { world, journal, runId } = this.#stage;
    // Straight on the world's clock: nearly always there is nothing to do, and nobody waits for this.
    world.clock.once(`sweep ${runId}`, sweepMs, () => {
      if (this.#jobs.has('run')) return;
      const state = journal.stateOf(runId);
      if (state !== undefined && state !== 'halted' && !hasEnded(state)) this.#reopen();
      else this.#sweepLater();
    });
  }

  #hurry(id: string): void {
    const dueMs = this.#stage.time.nowMs();
    const job = this.#jobs.get(id) ?? { dueMs, lockedBy: undefined, lockedUntilMs: 0 };
    job.dueMs = Math.min(job.dueMs, dueMs);
    this.#jobs.set(id, job);
    this.#wakeAt(dueMs);
  }

  #hire(): void {
    this.#born += 1;
    const name = `worker-${this.#born}`;
    const stage = this.#stage;
    const mirror = stage.hasMirrors
      ? lyingMirror(stage, stage.random.fork(`mirror of ${name}`).next)
      : undefined;
    const worker = new Worker(name, mirror);
    // A dead worker is replaced.
    worker.onDeath = () => this.#stage.time.at(restartMs, () => this.#hire());
    // Two passes at a time.
    void this.#work(worker);
    void this.#work(worker);
  }

  async #work(worker: Worker): Promise<void> {
    for (;;) {
      if (isAway(this.#stage, worker)) await goOn(this.#stage, worker);
      const id = this.#next();
      if (id === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      else await this.#pass(worker, id);
    }
  }

  #wakeAt(atMs: number): void {
    const { time } = this.#stage;
    time.at(Math.max(0, atMs - time.nowMs()), () => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  #next(): string | undefined {
    const nowMs = this.#stage.time.nowMs();
    let best: string | undefined;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const [id, { dueMs, lockedUntilMs }] of this.#jobs)
      if (dueMs <= nowMs && dueMs < bestMs && lockedUntilMs <= nowMs) [best, bestMs] = [id, dueMs];
    return best;
  }

  async #pass(worker: Worker, id: string): Promise<void> {
    const stage = this.#stage;
    const { time, world } = stage;
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    const lock = this.#lock(job, worker);
    const ctx: RunContext = {
      ports: handsOf(stage, worker, this.#memories),
      firstPlan: atHand(stage.firstPlan),
      plans: shelfOf(stage),
      runId: stage.runId,
      worker: worker.name,
      pace: isTroubled(stage) ? quietPace : healedPace,
      clock: { nowMs: () => time.nowMs() + worker.clockOffsetMs },
      folds: worker.folds,
      rolesSeenAtMs: worker.rolesSeenAtMs,
      patroniSeen: worker.patroniSeen,
      signal: lock.signal.signal,
    };
    let inMs: number | undefined;
    try {
      inMs = id === 'run' ? await this.#advanceRun(ctx) : await this.#advanceStep(ctx, id);
    } catch (error) {
      violate(stage, `a pass threw ${String(error)}`);
      inMs = 30_000;
    }
    if (isAway(stage, worker)) await goOn(stage, worker);
    world.clock.callOff(lock.renewal);
    if (lock.signal.signal.aborted || this.#jobs.get(id) !== job) return;
    if (inMs === undefined) {
      this.#jobs.delete(id);
      if (id === 'run') this.#sweepLater();
      return;
    }
    const dueMs = time.nowMs() + Math.max(1, inMs);
    Object.assign(job, { dueMs, lockedBy: undefined, lockedUntilMs: 0 });
    this.#wakeAt(dueMs);
  }

  #lock(job: Job, worker: Worker): Lock {
    const { time, troubles } = this.#stage;
    const lock: Lock = { worker, signal: new AbortController(), renewal: { run: undefined } };
    const isDoubled = troubles.doubled > 0 && isTroubled(this.#stage) && this.#chance() < troubles.doubled;
    job.lockedBy = isDoubled ? undefined : worker;
    job.lockedUntilMs = time.nowMs() + (isDoubled ? doubledMs : lockMs);
    if (isDoubled) this.#wakeAt(job.lockedUntilMs);
    this.#renew(job, lock);
    return lock;
  }

  /** A worker that lives renews its lock; one that stood still for too long learns later that it has lost it. */
  #renew(job: Job, lock: Lock): void {
    const { time, world } = this.#stage;
    const renew = (): void => {
      if (job.lockedBy === lock.worker) job.lockedUntilMs = time.nowMs() + lockMs;
      else lock.signal.abort();
      this.#renew(job, lock);
    };
    // Straight on the world's clock: hardly any pass is still at it by then, and nobody waits for this.
    lock.renewal = world.clock.after(lockMs / 2, () => {
      const silentMs = lock.worker.frozenUntilMs - time.nowMs();
      if (lock.worker.isDead || silentMs > 0) this.#wakeAt(job.lockedUntilMs);
      if (lock.worker.isDead) return;
      if (silentMs > 0) {
        lock.renewal = world.clock.after(silentMs + 2_000 * this.#chance(), renew);
        return;
      }
      renew();
    });
  }

  async #advanceRun(ctx: RunContext): Promise<number | undefined> {
    const pass = await advanceRun(ctx);
    if (pass.kind === 'ended') {
      this.hasEnded = true;
      return undefined;
    }
    for (const id of pass.readySteps) if (!this.#jobs.has(id)) this.#hurry(id);
    return pass.inMs;
  }

  async #advanceStep(ctx: RunContext, stepId: string): Promise<number | undefined> {
    const pass = await advanceStep({ ...ctx, stepId });
    if (pass.kind === 'again') return pass.inMs;
    if (pass.kind === 'done' && this.#jobs.has('run')) this.#hurry('run');
    return undefined;
  }
}
