/**
 * A worker as executor/worker.ts puts it together, with a queue in virtual time instead of BullMQ's: passes over the run and over steps, news
 * of the mirror and of steps that have ended, and looks that are rarer where many wait.
 */
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { RunContext } from '../../executor/contexts.ts';
import { realPace } from '../../executor/limits.ts';
import { wordsOfChange, wordsOfStep } from '../../executor/news-of-steps.ts';
import { blockedBy } from '../../executor/record/blocked-by.ts';
import { isInFlight } from '../../executor/record/lane.ts';
import { atHand, type Folds } from '../../executor/record/read-fold.ts';
import { type Added, passesToAdd, unhurried } from '../../executor/redis/unhurried.ts';
import { type PassWaker, wakePasses } from '../../executor/wake-passes.ts';
import { defaultPresets } from '../../planner/read/member-presets.ts';
import { distantPorts, type Life } from './distant-ports.ts';
import { runJob } from './pass-jobs.ts';
import { runId, type Stage } from './whole-stage.ts';

/** As the settings of a worker have them where nothing is said. */
const concurrency = 20;
const sweepMs = 5_000;
/** A job whose worker died is given to another so much later. */
const lockMs = 20_000;

type NextPass = { readonly inMs: number; readonly isUnderWay: boolean } | 'ended';

export class WholeWorker {
  readonly #stage: Stage;
  readonly #life: Life = { isDead: false };
  readonly #folds: Folds = new Map();
  readonly #added: Added = new Map();
  readonly #waker: PassWaker;
  readonly #context: RunContext;
  readonly #forgetNews: () => void;
  /** Jobs of which this worker has carried out a pass, as long as another is to come. */
  readonly #known = new Set<string>();
  /** Jobs that it has. */
  readonly #taken = new Set<string>();

  constructor(stage: Stage, name: string) {
    const { times, mirror, plans, plan, time, jobs } = stage;
    this.#stage = stage;
    this.#waker = wakePasses(
      (ids) => {
        for (const id of ids) if (this.#known.has(id)) jobs.hurry(id);
      },
      (ms) => time.sleep(ms),
    );
    this.#forgetNews = mirror.onChange((change) =>
      times.forExecutor(() => this.#waker.tellAbout(wordsOfChange(change, defaultPresets))),
    );
    this.#context = {
      ports: distantPorts(stage, this.#life),
      // A process of its own has a copy of its own of each plan.
      firstPlan: atHand(structuredClone(plan)),
      plans: {
        get: async (id) => structuredClone(plans.get(id)),
        keep: async (kept) => {
          plans.set(kept.id, kept);
        },
      },
      runId,
      worker: name,
      pace: realPace,
      clock: time,
      folds: this.#folds,
      rolesSeenAtMs: new Map(),
      patroniSeen: new Map(),
    };
    for (let slot = 0; slot < concurrency; slot += 1) void this.#work();
    this.#sweep();
  }

  /** It does nothing any more; others get its jobs once its locks have run out. */
  kill(): void {
    this.#life.isDead = true;
    this.#waker.close();
    this.#forgetNews();
    this.#stage.time.at(lockMs, () => {
      for (const id of this.#taken) this.#stage.jobs.giveBack(id);
    });
  }

  async #work(): Promise<void> {
    const { jobs } = this.#stage;
    while (!this.#life.isDead) {
      const id = await jobs.take();
      if (this.#life.isDead) {
        jobs.giveBack(id);
        return;
      }
      this.#taken.add(id);
      const next = await this.#pass(id);
      this.#taken.delete(id);
      if (next === 'ended') {
        this.#waker.ends(id);
        this.#known.delete(id);
        this.#added.get(runId)?.steps.delete(id);
        jobs.end(id);
      } else {
        jobs.sleep(id, next.inMs, next.isUnderWay);
        this.#waker.asleep(id);
      }
    }
  }

  async #pass(id: string): Promise<NextPass> {
    this.#known.add(id);
    this.#stage.passes[id === runJob ? 'run' : 'steps'] += 1;
    const lane = id === runJob ? undefined : this.#fold()?.lanes.get(id);
    this.#waker.begins(id, lane === undefined ? [] : wordsOfStep(lane.step));
    return id === runJob ? this.#passOverRun() : this.#passOverStep(id);
  }

  async #passOverRun(): Promise<NextPass> {
    const pass = await advanceRun(this.#context);
    if (pass.kind === 'ended') return 'ended';
    const when = { nowMs: this.#stage.time.nowMs(), everyMs: sweepMs };
    const fresh = passesToAdd(this.#added, runId, pass.readySteps, when);
    this.#stage.jobs.add(fresh.flatMap(({ step }) => step ?? []));
    return { inMs: pass.inMs, isUnderWay: false };
  }

  async #passOverStep(stepId: string): Promise<NextPass> {
    const pass = await advanceStep({ ...this.#context, stepId });
    switch (pass.kind) {
      case 'again': {
        const lane = this.#fold()?.lanes.get(stepId);
        const inMs = unhurried(pass.inMs, pass.withinMs ?? 0, this.#known.size);
        return { inMs, isUnderWay: lane !== undefined && isInFlight(lane) };
      }
      case 'stopped':
        return 'ended';
      case 'done':
        this.#tellOfEnd(stepId);
        return 'ended';
    }
  }

  #tellOfEnd(stepId: string): void {
    const fold = this.#fold();
    for (const step of fold === undefined ? [] : blockedBy(fold, stepId)) this.#waker.tell(step);
    if (this.#known.has(runJob)) this.#waker.tell(runJob);
    else this.#stage.jobs.hurry(runJob);
  }

  #fold(): ReturnType<Folds['get']> {
    return this.#folds.get(runId);
  }

  /** The job of a live run is added again and again, whatever became of it. */
  #sweep(): void {
    if (this.#life.isDead) return;
    const state = this.#stage.journal.stateOf(runId);
    if (state === 'running' || state === 'halted') this.#stage.jobs.add([runJob]);
    this.#stage.time.at(sweepMs, () => this.#sweep());
  }
}
