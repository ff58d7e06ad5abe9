/**
 * The run service in Redis. It writes journals and reads them; only workers act on a fleet.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { DrainPlan } from '../../planner/plan.ts';
import type { RunEvent } from '../journal.ts';
import { runLaneAttemptsMax } from '../limits.ts';
import { approvalOf, rejectionOf } from '../may-approve.ts';
import type { Clock } from '../ports.ts';
import { describeRun, summarizeRun } from '../record/describe-run.ts';
import { type Folds, readFold } from '../record/read-fold.ts';
import type { RunFold } from '../record/run-fold.ts';
import { hasEnded, nextRunState } from '../record/run-states.ts';
import type { Run, RunState, RunSummary } from '../run.ts';
import type { RunService, ServiceRefusal } from '../run-service.ts';
import { systemClock } from '../system-clock.ts';
import { appendEntry, readRunHead } from './append-entry.ts';
import { askRedis } from './connection.ts';
import { createRun } from './create-run.ts';
import { followJournal, openNotices } from './follow-journal.ts';
import { readEntries } from './journal.ts';
import { type Keys, keysUnder } from './keys.ts';
import { readNewsCounts } from './outbox.ts';
import { getPlan, listPlans, savePlan } from './plan-store.ts';
import { keepRunSummary, readRunSummary } from './summaries.ts';

export type RunServiceOptions = {
  /** Default `switchyard`. */
  readonly prefix?: string;
  readonly clock?: Clock;
};

/** Runs that a list shows, newest first; older ones can still be read by their id. */
const LISTED_MAX = 100;

/** Plans kept in memory: they never change, and are read where a journal is read from its beginning. One of a thousand nodes has 20 MB. */
const PLANS_KEPT = 4;
/** Runs that have ended of which the journal as it was read is kept in memory: of a thousand nodes some 50 MB. */
const ENDED_KEPT = 2;

type Store = {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly plans: Map<string, DrainPlan>;
  readonly folds: Folds;
  readonly foldsOfEnded: Folds;
};

/**
 * Returns the service over `redis` (of openRedis). Every call throws OutsideError with target `redis` when Redis does not answer
 * within 2 s; a change may then have been made all the same. `close` ends the subscription, not `redis`.
 */
export function createRunService(
  redis: Redis,
  options: RunServiceOptions = {},
): RunService & { close(): void } {
  const keys = keysUnder(options.prefix ?? 'switchyard');
  const store: Store = {
    redis,
    keys,
    clock: options.clock ?? systemClock,
    plans: new Map(),
    folds: new Map(),
    foldsOfEnded: new Map(),
  };
  const notices = openNotices(redis, keys);
  return {
    savePlan: (stored) => savePlan(redis, keys, stored),
    getPlan: (id) => getPlan(redis, keys, id),
    listPlans: () => listPlans(redis, keys),
    startRun: (start) => startRun(store, start),
    listRuns: () => listRuns(store),
    getRun: async (id) => {
      const fold = await readRun(store, id);
      return fold === undefined ? undefined : describeRun(fold);
    },
    readJournal: (id, afterSequence = 0, countMax) => readEntries(redis, keys, id, afterSequence, countMax),
    lastSequence: (id) => askRedis(redis, 'count the entries', () => redis.llen(keys.journal(id))),
    follow: (id, afterSequence, signal) => followJournal(redis, keys, notices, id, afterSequence, signal),
    countNews: () => readNewsCounts(redis, keys),
    approve: (id, by, approval) => approve(store, id, by, approval),
    reject: (id, by, comment) => reject(store, id, by, comment),
    pause: (id, by) => ask(store, id, by, { kind: 'pause-asked' }),
    resume: (id, by) => ask(store, id, by, { kind: 'resumed' }),
    abort: (id, by) => ask(store, id, by, { kind: 'abort-asked' }),
    close: () => notices.close(),
  };
}

async function startRun(
  store: Store,
  start: Parameters<RunService['startRun']>[0],
): Promise<Run | ServiceRefusal> {
  const stored = await getPlan(store.redis, store.keys, start.planId);
  if (stored === undefined) return refuse('unknown-plan', `There is no plan ${start.planId}.`);
  if (stored.plan.steps.length === 0) {
    return refuse('nothing-to-run', `Plan ${start.planId} has no steps: nothing in it could be planned.`);
  }
  const atMs = store.clock.nowMs();
  const run = makeRunId(atMs);
  const answer = await createRun(store.redis, store.keys, {
    run,
    plan: start.planId,
    fleet: stored.fleet,
    requester: start.requester,
    needsApproval: start.needsApproval || start.approvals === 'wave',
    approvals: start.approvals,
    approvalMs: start.approvalMs,
    idempotencyKey: start.idempotencyKey,
    atMs,
  });
  switch (answer.kind) {
    case 'fleet-busy':
      return refuse('fleet-busy', `Run ${answer.by} is under way on fleet ${stored.fleet}.`);
    case 'known':
      if (answer.plan !== start.planId) {
        return refuse(
          'idempotency-key-used',
          `This idempotency key started run ${answer.run} of another plan, ${answer.plan}.`,
        );
      }
      return mustRead(store, answer.run);
    case 'run-exists':
      throw new Error(`run ${run} exists already`);
    case 'created':
      return mustRead(store, run);
  }
}

/** What was asked for and what came of it; `moved-on`: somebody else wrote in between, and it has to be judged anew. */
type Asked = Run | ServiceRefusal | 'moved-on';

async function approve(
  store: Store,
  id: string,
  by: string,
  approval: Parameters<RunService['approve']>[2],
): Promise<Run | ServiceRefusal> {
  return untilSettled(id, 'approving it', () =>
    askAsJudged(store, id, by, (fold) => approvalOf(fold, by, approval, store.clock.nowMs())),
  );
}

async function reject(
  store: Store,
  id: string,
  by: string,
  comment: string | undefined,
): Promise<Run | ServiceRefusal> {
  return untilSettled(id, 'rejecting it', () =>
    askAsJudged(store, id, by, (fold) => rejectionOf(fold, comment)),
  );
}

/** What is judged by the journal is written onto that journal, or judged anew. */
async function askAsJudged(
  store: Store,
  id: string,
  by: string,
  judge: (fold: RunFold) => RunEvent | ServiceRefusal,
): Promise<Asked> {
  const fold = await readRun(store, id);
  if (fold === undefined) return noSuchRun(id);
  const event = judge(fold);
  return event.kind === 'refused' ? event : askOnce(store, id, by, event, fold);
}

/** Appends what a person asks for, if the state of the run allows it; asking again for what is under way changes nothing. */
async function ask(store: Store, id: string, by: string, event: RunEvent): Promise<Run | ServiceRefusal> {
  return untilSettled(id, wordFor(event), () => askOnce(store, id, by, event));
}

async function untilSettled(
  id: string,
  word: string,
  attempt: () => Promise<Asked>,
): Promise<Run | ServiceRefusal> {
  for (let count = 0; count < runLaneAttemptsMax; count += 1) {
    const asked = await attempt();
    if (asked !== 'moved-on') return asked;
  }
  return refuse('wrong-state', `Run ${id} changed too often while ${word} was asked for; ask again.`);
}

/** `judged`: the run as it was when the asking was judged; nothing is written on another. Undefined: the state says enough. */
async function askOnce(
  store: Store,
  id: string,
  by: string,
  event: RunEvent,
  judged?: RunFold,
): Promise<Asked> {
  const head = await readRunHead(store.redis, store.keys, id);
  if (head === undefined) return noSuchRun(id);
  if (judged !== undefined && head.runLane !== judged.lastOfRunLane) return 'moved-on';
  if (isAlreadySo(head.state, event)) return mustRead(store, id);
  if (nextRunState(head.state, event) === undefined) {
    return refuse('wrong-state', `Run ${id} is ${head.state}; ${wordFor(event)} is not possible.`);
  }
  const answer = await appendEntry(store.redis, store.keys, id, {
    lane: 'run',
    after: head.runLane,
    by,
    atMs: store.clock.nowMs(),
    event,
    // A Redis that died meanwhile may have another entry in the place of the one that was judged.
    knowing: judged?.lastEntry,
  });
  if (answer.kind === 'appended') return mustRead(store, id);
  return answer.kind === 'fleet-busy'
    ? refuse('fleet-busy', `Run ${answer.by} is under way on fleet ${head.fleet}.`)
    : 'moved-on';
}

function isAlreadySo(state: Run['state'], event: RunEvent): boolean {
  if (event.kind === 'pause-asked') return state === 'pausing' || state === 'paused';
  if (event.kind === 'resumed') return state === 'running';
  if (event.kind === 'abort-asked') return state === 'aborting' || state === 'aborted';
  return event.kind === 'rejected' && state === 'rejected';
}

function wordFor(event: RunEvent): string {
  switch (event.kind) {
    case 'approved':
      return 'approving it';
    case 'rejected':
      return 'rejecting it';
    case 'pause-asked':
      return 'pausing it';
    case 'resumed':
      return 'resuming it';
    default:
      return 'aborting it';
  }
}

/** One after the other: the journals of many large runs are not held at once. */
async function listRuns(store: Store): Promise<readonly RunSummary[]> {
  const ids = await askRedis(store.redis, 'list runs', () =>
    store.redis.zrevrange(store.keys.runs, 0, LISTED_MAX - 1),
  );
  const listed: RunSummary[] = [];
  for (const id of ids) {
    const summary = await summaryOf(store, id);
    if (summary !== undefined) listed.push(summary);
  }
  return listed;
}

async function summaryOf(store: Store, id: string): Promise<RunSummary | undefined> {
  const { redis, keys } = store;
  const head = await readRunHead(redis, keys, id);
  if (head === undefined) return undefined;
  const isOver = hasEnded(head.state);
  const kept = isOver ? await readRunSummary(redis, keys, id, head.state) : undefined;
  if (kept !== undefined) return kept;
  const fold = await readRun(store, id);
  if (fold === undefined) return undefined;
  const summary = summarizeRun(fold);
  if (isOver && hasEnded(fold.state)) await keepRunSummary(redis, keys, summary);
  return summary;
}

/** Returns the fold of a run's journal; undefined: there is no such run. */
async function readRun(store: Store, id: string): Promise<RunFold | undefined> {
  const head = await readRunHead(store.redis, store.keys, id);
  if (head === undefined) return undefined;
  return readFold({
    folds: foldsFor(store, id, head.state),
    firstPlan: { id: head.plan, read: () => planOf(store, head.plan) },
    planOf: (planId) => planOf(store, planId),
    runId: id,
    read: (afterSequence, countMax) => readEntries(store.redis, store.keys, id, afterSequence, countMax),
  });
}

/** Of runs that have ended few are looked at, and of those under way all, again and again. */
function foldsFor({ folds, foldsOfEnded }: Store, id: string, state: RunState): Folds {
  if (!hasEnded(state)) return folds;
  folds.delete(id);
  if (foldsOfEnded.size >= ENDED_KEPT && !foldsOfEnded.has(id)) foldsOfEnded.clear();
  return foldsOfEnded;
}

async function planOf(store: Store, id: string): Promise<DrainPlan> {
  const kept = store.plans.get(id);
  if (kept !== undefined) return kept;
  const stored = await getPlan(store.redis, store.keys, id);
  if (stored === undefined) throw new Error(`plan ${id} is not stored any more`);
  if (store.plans.size >= PLANS_KEPT) store.plans.clear();
  store.plans.set(id, stored.plan);
  return stored.plan;
}

async function mustRead(store: Store, id: string): Promise<Run> {
  const fold = await readRun(store, id);
  if (fold === undefined) throw new Error(`run ${id} is gone`);
  return describeRun(fold);
}

/**
 * Run ids stand on nodes as the value of a taint and in the Lease: at most 63 characters, none but letters, digits and dashes.
 * They must differ also between two databases that know nothing of each other, hence the chance in them.
 */
function makeRunId(atMs: number): string {
  const time = new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `run-${time}-${randomBytes(3).toString('hex')}`;
}

function noSuchRun(id: string): ServiceRefusal {
  return refuse('unknown-run', `There is no run ${id}.`);
}

function refuse(code: string, message: string): ServiceRefusal {
  return { kind: 'refused', code, message };
}
