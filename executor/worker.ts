/**
 * Composition root of the executor: adapters, queue and passes of one fleet.
 *
 * A worker keeps nothing between two passes but plans, which never change, what it has read of journals, which it checks
 * against them at each pass, and a mirror of the fleet, on which nothing is decided but waits and the arrival of pods. Every few seconds the jobs of all live runs are added
 * again, so that nothing is lost whatever became of other workers or of the queue.
 */

import { hostname } from 'node:os';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { DrainPlan } from '../planner/plan.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import { advanceRun } from './advance-run.ts';
import { advanceStep } from './advance-step.ts';
import { readWorkerConfig, type WorkerConfig } from './config.ts';
import { connectOutside } from './connect-outside.ts';
import type { Ports, RunContext } from './contexts.ts';
import { type Pace, paceAt } from './limits.ts';
import { openMetrics } from './metrics/open-metrics.ts';
import { WorkerCounts } from './metrics/worker-counts.ts';
import type { StoreSeen } from './metrics/worker-text.ts';
import { wordsOfChange, wordsOfStep } from './news-of-steps.ts';
import type { PatroniSeen } from './patroni-seen.ts';
import { blockedBy } from './record/blocked-by.ts';
import { isInFlight } from './record/lane.ts';
import { type Folds, readFold } from './record/read-fold.ts';
import type { RunFold } from './record/run-fold.ts';
import { readRunHead } from './redis/append-entry.ts';
import { listenForAppends } from './redis/appends.ts';
import { askRedis, openQueueRedis, openRedis } from './redis/connection.ts';
import { createRedisJournal } from './redis/journal.ts';
import { type Keys, keysUnder } from './redis/keys.ts';
import { createRedisOutbox } from './redis/outbox.ts';
import { type NextPass, startPassWorker } from './redis/pass-worker.ts';
import { firstPlanOf, forgetPlans, planOf, shelfOf } from './redis/plans-at-hand.ts';
import { addPasses, hurryPass, jobIdOf, openPassQueue, type Pass } from './redis/queue.ts';
import { type Missed, restoreLostRun } from './redis/restore-run.ts';
import { seeStore } from './redis/see-store.ts';
import { type Added, passesToAdd, unhurried } from './redis/unhurried.ts';
import { reportTo } from './report-to.ts';
import { sleep, systemClock } from './system-clock.ts';
import { type Channel, type Telling, tellNews } from './tell-news.ts';
import { type PassWaker, wakePasses } from './wake-passes.ts';

export type WorkerLog = {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
};

/** What a person or the API may have asked for: the run looks at it at once instead of at its next turn. */
const wakingKinds = new Set(['created', 'approved', 'resumed', 'pause-asked', 'abort-asked']);

/** How long closing waits for a Redis that may be away. */
const CLOSE_LIMIT_MS = 2_000;

/** Starts a worker; `close` ends it after the passes under way. Nothing has to be there yet: Redis and the fleet may come later. */
export async function startWorker(
  config: WorkerConfig,
  log: WorkerLog = { info: () => {}, error: () => {} },
): Promise<{ close(): Promise<void> }> {
  const keys = keysUnder(config.prefix);
  const report = reportTo(log);
  // First, as a kubeconfig that is missing throws, and nothing may be open then.
  const outside = connectOutside(config, (error) => report('mirror', error));
  const counts = new WorkerCounts(systemClock);
  let look: () => Promise<StoreSeen | undefined> = async () => undefined;
  const metrics = await openMetrics(config, outside, counts, () => look());
  const redis = openRedis(config.redisUrl, (error) => report('redis', error));
  const queueRedis = openQueueRedis(config.redisUrl, (error) => report('redis', error));
  const queue = openPassQueue(config.fleet, keys, queueRedis);
  queue.on('error', (error) => report('queue', error));
  const shared: Shared = {
    redis,
    keys,
    queue,
    ports: {
      ...outside.ports,
      kubernetes: counts.watchLease(outside.ports.kubernetes),
      journal: createRedisJournal(redis, keys),
    },
    counts,
    worker: config.workerName ?? `${hostname()}-${process.pid}`,
    pace: paceAt(config.pace),
    memberPresets: config.memberPresets,
    plans: new Map(),
    folds: new Map(),
    rolesSeenAtMs: new Map(),
    leaseTakenAtMs: new Map(),
    patroniSeen: new Map(),
    passes: new Map(),
    added: new Map(),
    sweepMs: config.sweepMs,
    waker: wakePasses((ids) => hurryAll(shared, ids), sleep),
    report,
  };
  look = () => seeStore(shared, config.fleet, (run) => readFoldOf(shared, run));
  outside.ports.mirror?.onChange((change) =>
    shared.waker.tellAbout(wordsOfChange(change, shared.memberPresets)),
  );
  const passes = startPassWorker({
    fleet: config.fleet,
    keys,
    connection: queueRedis,
    name: shared.worker,
    concurrency: config.concurrency,
    lockMs: config.lockMs,
    stalledMs: config.stalledMs,
    advance: (pass, signal) => advancePass(shared, pass, signal),
    onAsleep: (pass) => shared.waker.asleep(jobIdOf(pass)),
    report,
  });
  const ending = new AbortController();
  const wishes = listenForWishes(shared, config.fleet, ending.signal);
  const sweeping = sweepUntil(shared, config.fleet, ending.signal);
  const telling = tellUntil(shared, config.fleet, outside.channels, ending.signal);
  log.info({ fleet: config.fleet, worker: shared.worker }, 'worker started');
  return {
    async close() {
      ending.abort();
      wishes.close();
      shared.waker.close();
      await passes.close();
      await Promise.all([sweeping, telling]);
      // With Redis away there is nothing to wait for.
      await Promise.race([queue.close(), sleep(CLOSE_LIMIT_MS)]);
      await Promise.all([outside.close(), metrics?.close()]);
      redis.disconnect();
      queueRedis.disconnect();
    },
  };
}

type Shared = {
  readonly counts: WorkerCounts;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly queue: Queue<Pass>;
  readonly ports: Ports;
  readonly worker: string;
  readonly pace: Pace;
  readonly memberPresets: MemberPresets;
  readonly plans: Map<string, DrainPlan>;
  readonly folds: Folds;
  readonly rolesSeenAtMs: Map<string, number>;
  readonly leaseTakenAtMs: Map<string, number>;
  readonly patroniSeen: PatroniSeen;
  /** Passes by the id of their job, as far as this worker has begun them and they were not the last. */
  readonly passes: Map<string, Pass>;
  readonly added: Added;
  /** How often what may have been lost is added again. */
  readonly sweepMs: number;
  readonly waker: PassWaker;
  readonly report: (message: string, error: unknown) => void;
};

/** One pass, of which the waker knows. */
async function advancePass(shared: Shared, pass: Pass, signal: AbortSignal): Promise<NextPass | undefined> {
  const next = await advanceOnce(shared, pass, signal);
  const id = jobIdOf(pass);
  if (next === undefined) {
    shared.waker.ends(id);
    shared.passes.delete(id);
    if (pass.step === undefined) shared.added.delete(pass.run);
    else shared.added.get(pass.run)?.steps.delete(pass.step);
  }
  return next;
}

const noWords: readonly string[] = [];

/** Makes the jobs due; those of passes that this worker does not know any more are left alone. */
function hurryAll(shared: Shared, ids: readonly string[]): void {
  for (const id of ids) {
    const pass = shared.passes.get(id);
    if (pass === undefined) continue;
    hurryPass(shared.queue, pass).catch((error: unknown) => shared.report('wake', error));
  }
}

/** One pass. An error that nobody foresaw is reported and the pass comes again later: a run must not stand still unseen. */
async function advanceOnce(shared: Shared, pass: Pass, signal: AbortSignal): Promise<NextPass | undefined> {
  try {
    const head = await readRunHead(shared.redis, shared.keys, pass.run);
    if (head === undefined) return undefined;
    shared.passes.set(jobIdOf(pass), pass);
    shared.waker.begins(jobIdOf(pass), newsFor(shared, pass));
    const { ports, worker, pace, folds, rolesSeenAtMs, leaseTakenAtMs, patroniSeen, memberPresets } = shared;
    const context: RunContext = {
      ports,
      firstPlan: firstPlanOf(shared, head.plan),
      plans: shelfOf(shared),
      runId: pass.run,
      worker,
      pace,
      clock: systemClock,
      folds,
      rolesSeenAtMs,
      leaseTakenAtMs,
      patroniSeen,
      memberPresets,
      signal,
    };
    const next =
      pass.step === undefined
        ? await advanceRunOnce(shared, context)
        : await advanceStepOnce(shared, context, pass.step);
    shared.counts.countPass(pass, next === undefined ? 'last' : 'again');
    return next;
  } catch (error) {
    shared.counts.countPass(pass, 'error');
    shared.report(`pass over ${pass.run} ${pass.step ?? 'run'}`, error);
    return { againInMs: shared.pace.outsideDelayMs };
  }
}

/** What a pass is told of: the news that concern its step. The pass over the run that made it due has read the journal. */
function newsFor({ folds }: Shared, { run, step }: Pass): readonly string[] {
  const lane = step === undefined ? undefined : folds.get(run)?.lanes.get(step);
  return lane === undefined ? noWords : wordsOfStep(lane.step);
}

async function advanceRunOnce(shared: Shared, context: RunContext): Promise<NextPass | undefined> {
  const pass = await advanceRun(context);
  forgetPlans(shared, context.runId);
  if (pass.kind === 'ended') return undefined;
  const when = { nowMs: systemClock.nowMs(), everyMs: shared.sweepMs };
  try {
    await addPasses(shared.queue, passesToAdd(shared.added, context.runId, pass.readySteps, when));
  } catch (error) {
    // Nobody knows which of them were added.
    shared.added.delete(context.runId);
    throw error;
  }
  return { againInMs: pass.inMs };
}

async function advanceStepOnce(
  shared: Shared,
  context: RunContext,
  stepId: string,
): Promise<NextPass | undefined> {
  const pass = await advanceStep({ ...context, stepId });
  switch (pass.kind) {
    case 'again':
      return {
        againInMs: unhurried(pass.inMs, pass.withinMs ?? 0, shared.passes.size),
        isUnderWay: isUnderWay(shared, context.runId, stepId),
      };
    case 'stopped':
      return undefined;
    case 'done':
      // The pass over the run adds the jobs of the steps that have become ready; those that exist had to wait for this one.
      await tellOfEnd(shared, context.runId, stepId);
      return undefined;
  }
}

/** As far as this worker knows: an act of this pass is read again before it is done. */
function isUnderWay({ folds }: Shared, run: string, stepId: string): boolean {
  const lane = folds.get(run)?.lanes.get(stepId);
  return lane !== undefined && isInFlight(lane);
}

async function tellOfEnd(shared: Shared, run: string, stepId: string): Promise<void> {
  const fold = shared.folds.get(run);
  for (const step of fold === undefined ? [] : blockedBy(fold, stepId))
    shared.waker.tell(jobIdOf({ run, step }));
  const id = jobIdOf({ run });
  if (shared.passes.has(id)) shared.waker.tell(id);
  else await hurryPass(shared.queue, { run });
}

/** Adds the jobs of all live runs again, until `signal` aborts; those that exist stay as they are. */
async function sweepUntil(shared: Shared, fleet: string, signal: AbortSignal): Promise<void> {
  const missed: Missed = new Map();
  while (!signal.aborted) {
    try {
      const listed = await askRedis(shared.redis, 'list live runs', () =>
        shared.redis.smembers(shared.keys.liveRuns(fleet)),
      );
      await addRuns(shared, listed, signal);
      // Whatever other runs there are by now: none of them begins before it.
      const left = await restoreRun(shared, fleet, missed);
      if (left !== undefined) await addRuns(shared, [left], signal);
    } catch (error) {
      if (!signal.aborted) shared.report('sweep', error);
    }
    await sleep(shared.sweepMs, signal);
  }
}

/** Raced with the end: adding to the queue waits for as long as Redis is away. */
async function addRuns(shared: Shared, runs: readonly string[], signal: AbortSignal): Promise<void> {
  const passes = runs.map((run) => ({ run }));
  await Promise.race([addPasses(shared.queue, passes), sleep(shared.sweepMs, signal)]);
}

/** A run that has not let go of the fleet: Redis may have lost it, or a worker died before it let go of one that has ended. */
async function restoreRun(shared: Shared, fleet: string, missed: Missed): Promise<string | undefined> {
  const { redis, keys, worker, pace, memberPresets } = shared;
  const { kubernetes } = shared.ports;
  return restoreLostRun({ redis, keys, kubernetes, fleet, worker, pace, memberPresets }, missed);
}

/** Tells the news of the fleet's runs, until `signal` aborts. Nothing waits for it, and what is missed is told at the next start. */
async function tellUntil(
  shared: Shared,
  fleet: string,
  channels: readonly Channel[],
  signal: AbortSignal,
): Promise<void> {
  const { redis, keys, ports, worker, pace } = shared;
  const { journal } = ports;
  const telling: Telling = {
    outbox: createRedisOutbox(redis, keys, fleet),
    channels,
    readJournal: (run, afterSequence, countMax) => journal.read(run, afterSequence, countMax),
    readFold: (run) => readFoldOf(shared, run),
    clock: systemClock,
    worker,
    delays: new Map(),
  };
  while (!signal.aborted) {
    try {
      if (await tellNews(telling)) continue;
    } catch (error) {
      if (!signal.aborted) shared.report('tell news', error);
    }
    await sleep(pace.pollMs, signal);
  }
}

/** What the journal of a run says now. Throws where the run is gone or Redis does not answer. */
async function readFoldOf(shared: Shared, run: string): Promise<RunFold> {
  const head = await readRunHead(shared.redis, shared.keys, run);
  if (head === undefined) throw new Error(`run ${run} is gone`);
  const read = (after: number, countMax: number) => shared.ports.journal.read(run, after, countMax);
  const firstPlan = firstPlanOf(shared, head.plan);
  return readFold({ firstPlan, planOf: (id) => planOf(shared, id), runId: run, read, folds: shared.folds });
}

/** Makes the pass over a run due as soon as somebody asks something of it. Without the news it would be seen a little later. */
function listenForWishes(shared: Shared, fleet: string, signal: AbortSignal): { close(): void } {
  const heed = async (run: string): Promise<void> => {
    const ours = await shared.redis.sismember(shared.keys.liveRuns(fleet), run);
    if (ours === 1 && !signal.aborted) await hurryPass(shared.queue, { run });
  };
  return listenForAppends(shared.redis, shared.keys, ({ run, lane, kind }) => {
    if (lane !== 'run' || !wakingKinds.has(kind)) return;
    heed(run).catch((error: unknown) => shared.report('wake', error));
  });
}

/** Runs a worker from environment variables until SIGTERM or SIGINT; exit code 2 and one line where they are wrong. */
export async function runWorker(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  let worker: { close(): Promise<void> };
  try {
    const config = readWorkerConfig(environment);
    const log = pino({ name: 'switchyard-worker', level: config.logLevel }, pino.destination(2));
    worker = await startWorker(config, log);
  } catch (error) {
    process.stderr.write(`switchyard worker: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
    return;
  }
  const end = (): void => {
    worker.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

if (import.meta.main) await runWorker();
