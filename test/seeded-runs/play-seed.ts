/** One seeded run: the executor's own passes, by workers on a bad day, in a fleet where things happen; and the verdict. */
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { RunContext } from '../../executor/contexts.ts';
import { type Pace, realPace } from '../../executor/limits.ts';
import { foldFurther, foldRun, type RunFold } from '../../executor/record/fold-run.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createRandom } from '../../simulations/world/random.ts';
import { createWorld } from '../../simulations/world/world.ts';
import { handsOf, type Memories } from './hands.ts';
import { judgeEnd } from './judge-end.ts';
import { planMishaps, say } from './mishaps.ts';
import { drawSmallFleet } from './small-fleet.ts';
import { isTroubled, runId, type Stage, tell, violate } from './stage.ts';
import { drawTroubles } from './troubles.ts';
import { VirtualTime } from './virtual-time.ts';
import { goOn, Worker } from './worker.ts';

export type Played = {
  readonly violations: readonly string[];
  /** State of the run at its end, and why. */
  readonly end: string;
  readonly happened: readonly string[];
  readonly trace: readonly string[];
};

/** Fewer looks at what stands still, for speed; what is waited for and how long is as in life. */
const quietPace: Pace = { ...realPace, pollMs: 8_000, idleMs: 20_000 };
/** Longer than any deadline of the executor. */
const limitMs = 10 * 3_600_000;
/** A job whose worker says nothing for so long is given to another. */
const lockMs = 30_000;
const restartMs = 5_000;
const resumesMax = 2;

/** Plays the run of a seed; `wantsTrace` where somebody will read what happened. */
export async function playSeed(seed: number, wantsTrace = false): Promise<Played> {
  const stage = await setStage(seed, wantsTrace);
  const queue = new Queue(stage);
  planMishaps(stage);
  queue.open();
  let resumes = 0;
  let known = foldRun(stage.plan, runId, []);
  const fold = (): RunFold => {
    known = foldFurther(known, (stage.journal.runs.get(runId) ?? []).slice(known.lastSequence));
    return known;
  };
  for (;;) {
    const isOver = await stage.time.passUntil(
      () => queue.hasEnded && (hasEnded(fold().state) || !isTroubled(stage)),
      stage.startMs + limitMs,
    );
    const { state, because } = fold();
    tell(stage, () => `the run is ${state}: ${JSON.stringify(because)}`);
    if (!isOver || state !== 'halted' || resumes === resumesMax) break;
    // Somebody looks at it, and goes on.
    resumes += 1;
    await say(stage, { kind: 'resumed' });
  }
  judgeEnd(stage, fold(), queue.hasEnded);
  const { state, because } = fold();
  return {
    violations: stage.violations,
    end: `${state}: ${because.code}`,
    happened: [...stage.happened].sort(),
    trace: stage.trace ?? [],
  };
}

async function setStage(seed: number, wantsTrace: boolean): Promise<Stage> {
  const random = createRandom(seed).fork('seeded run');
  const { objects, plan } = drawSmallFleet(random.fork('fleet'));
  const world = createWorld({ objects: objects.items, seed, durations: { spread: 0.3 } });
  const time = new VirtualTime(world);
  const journal = createMemoryJournal();
  const atMs = world.nowMs();
  await journal.append(runId, {
    lane: 'run',
    after: 0,
    by: 'anna',
    atMs,
    event: { kind: 'created', plan: plan.id, fleet: 'prod', requester: 'anna', needsApproval: false },
  });
  return {
    world,
    time,
    ports: directPorts(world, 'lets-time-pass'),
    plan,
    journal,
    troubles: drawTroubles(random.fork('troubles')),
    startMs: atMs,
    random: random.fork('network'),
    onSaid: () => {},
    onEntry: new Map(),
    evicted: new Set(),
    opened: new Map(),
    happened: new Set(),
    violations: [],
    trace: wantsTrace ? [] : undefined,
  };
}

type Job = { dueMs: number; lockedBy: Worker | undefined; lockedUntilMs: number };

/** Jobs as BullMQ hands them out: one worker at a time has one, until it dies or is silent for too long. */
class Queue {
  readonly #stage: Stage;
  readonly #jobs = new Map<string, Job>();
  readonly #memories: Memories = new Map();
  readonly #chance: () => number;
  #born = 0;
  hasEnded = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#chance = stage.random.fork('queue').next;
  }

  open(): void {
    this.#stage.onSaid = () => this.#reopen();
    this.#reopen();
    for (let index = 0; index < this.#stage.troubles.workers; index += 1) this.#hire();
  }

  /** Somebody said something of the run: it is looked at at once, a halted one too. */
  #reopen(): void {
    this.hasEnded = false;
    const dueMs = this.#stage.time.nowMs();
    const job = this.#jobs.get('run');
    if (job !== undefined) job.dueMs = Math.min(job.dueMs, dueMs);
    else this.#jobs.set('run', { dueMs, lockedBy: undefined, lockedUntilMs: 0 });
  }

  #hire(): void {
    this.#born += 1;
    const worker = new Worker(`worker-${this.#born}`);
    // Two passes at a time.
    void this.#work(worker);
    void this.#work(worker);
    this.#watch(worker);
  }

  /** A dead worker is replaced. */
  #watch(worker: Worker): void {
    const { time } = this.#stage;
    time.at(restartMs, () => (worker.isDead ? this.#hire() : this.#watch(worker)));
  }

  async #work(worker: Worker): Promise<void> {
    const { time } = this.#stage;
    for (;;) {
      await goOn(this.#stage, worker);
      const id = this.#next();
      if (id === undefined) await time.sleep(this.#idleMs());
      else await this.#pass(worker, id);
    }
  }

  #idleMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueMs, lockedUntilMs } of this.#jobs.values())
      next = Math.min(next, Math.max(dueMs, lockedUntilMs));
    const inMs = next - this.#stage.time.nowMs();
    return Math.min(Math.max(inMs, 5), 1_000);
  }

  #next(): string | undefined {
    const nowMs = this.#stage.time.nowMs();
    let best: string | undefined;
    let bestMs = nowMs;
    for (const [id, { dueMs, lockedUntilMs }] of this.#jobs)
      if (dueMs <= bestMs && lockedUntilMs <= nowMs) [best, bestMs] = [id, dueMs - 1e-6];
    return best;
  }

  async #pass(worker: Worker, id: string): Promise<void> {
    const stage = this.#stage;
    const { time, troubles } = stage;
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    const isDoubled = troubles.doubled > 0 && isTroubled(stage) && this.#chance() < troubles.doubled;
    const lock: Lock = { worker, signal: new AbortController(), isOver: false };
    job.lockedBy = isDoubled ? undefined : worker;
    job.lockedUntilMs = isDoubled ? time.nowMs() + 50 : time.nowMs() + lockMs;
    this.#renew(job, lock);
    const ctx: RunContext = {
      ports: handsOf(stage, worker, this.#memories),
      plan: stage.plan,
      runId,
      worker: worker.name,
      pace: quietPace,
      clock: { nowMs: () => time.nowMs() + worker.clockOffsetMs },
      folds: worker.folds,
      rolesSeenAtMs: worker.rolesSeenAtMs,
      signal: lock.signal.signal,
    };
    let inMs: number | undefined;
    try {
      inMs = id === 'run' ? await this.#advanceRun(ctx) : await this.#advanceStep(ctx, id);
    } catch (error) {
      violate(stage, `a pass threw ${String(error)}`);
      inMs = 30_000;
    }
    await goOn(stage, worker);
    lock.isOver = true;
    if (lock.signal.signal.aborted || this.#jobs.get(id) !== job) return;
    if (inMs === undefined) this.#jobs.delete(id);
    else
      Object.assign(job, { dueMs: time.nowMs() + Math.max(1, inMs), lockedBy: undefined, lockedUntilMs: 0 });
  }

  /** A worker that lives renews its lock; one that stood still for too long learns later that it has lost it. */
  #renew(job: Job, lock: Lock): void {
    const { time } = this.#stage;
    time.at(lockMs / 2, () => {
      if (lock.isOver || lock.worker.isDead) return;
      if (lock.worker.frozenUntilMs > time.nowMs()) {
        time.at(lock.worker.frozenUntilMs - time.nowMs() + 2_000 * this.#chance(), () => {
          if (job.lockedBy === lock.worker) job.lockedUntilMs = time.nowMs() + lockMs;
          else lock.signal.abort();
        });
        return;
      }
      if (job.lockedBy === lock.worker) job.lockedUntilMs = time.nowMs() + lockMs;
      else lock.signal.abort();
      this.#renew(job, lock);
    });
  }

  async #advanceRun(ctx: RunContext): Promise<number | undefined> {
    const pass = await advanceRun(ctx);
    if (pass.kind === 'ended') {
      this.hasEnded = true;
      return undefined;
    }
    const dueMs = this.#stage.time.nowMs();
    for (const id of pass.readySteps)
      if (!this.#jobs.has(id)) this.#jobs.set(id, { dueMs, lockedBy: undefined, lockedUntilMs: 0 });
    return pass.inMs;
  }

  async #advanceStep(ctx: RunContext, stepId: string): Promise<number | undefined> {
    const pass = await advanceStep({ ...ctx, stepId });
    if (pass.kind === 'again') return pass.inMs;
    const run = this.#jobs.get('run');
    if (pass.kind === 'done' && run !== undefined) run.dueMs = Math.min(run.dueMs, this.#stage.time.nowMs());
    return undefined;
  }
}

type Lock = { readonly worker: Worker; readonly signal: AbortController; isOver: boolean };
