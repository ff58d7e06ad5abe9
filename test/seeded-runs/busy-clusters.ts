/**
 * What goes on in clusters and must not be broken off: backups, long transactions, and a check that is away. In a few runs only, and drawn
 * apart from all other troubles.
 */
import type { Checks, ClusterActivity } from '../../executor/ports.ts';
import type { Activity } from '../../simulations/world/faults.ts';
import type { Random } from '../../simulations/world/random.ts';
import { entriesOf, type Stage, tell, violate } from './stage.ts';
import { type BusyKind, busyKinds } from './troubles.ts';
import type { Worker } from './worker.ts';

const minuteMs = 60_000;
const limitSeconds = 60;

/** What the check said to one pass, by the cluster's key. */
export type CheckAnswers = Map<string, ClusterActivity>;

/** Returns whether the workers of a run have a check. */
export function drawHasChecks(random: Random): boolean {
  return random.next() < 0.06;
}

/** Plans what goes on in the clusters of a run until it heals. */
export function planBusyClusters(stage: Stage): void {
  const { world, time, troubles, random, hasChecks } = stage;
  if (!hasChecks) return;
  for (const key of world.clusters.keys()) {
    const chance = random.fork(`what goes on in ${key}`);
    // Whatever interrupts it first comes within minutes; the second one may be over before, or meet a further step.
    time.at(Math.floor(minuteMs * chance.next()), () => beginSomething(stage, key, chance));
    time.at(Math.floor(20 * minuteMs * chance.next()), () => beginSomething(stage, key, chance));
  }
  time.at(troubles.healAfterMs, () => world.faults.activities.clear());
}

function beginSomething(stage: Stage, key: string, chance: Random): void {
  const { world, time, troubles, startMs } = stage;
  const kind = busyKinds[chance.between(0, busyKinds.length - 1)] ?? 'backup-runs';
  const lastsMs = Math.floor(15 * minuteMs * chance.next());
  const sinceMs = world.nowMs() - Math.floor(5 * minuteMs * chance.next());
  if (time.nowMs() - startMs >= troubles.healAfterMs) return;
  const activity = activityOf(kind, sinceMs);
  world.faults.activities.set(key, activity);
  stage.happened.add(kind);
  tell(stage, () => `${kind} in ${key} for ${lastsMs} ms`);
  time.at(lastsMs, () => {
    if (world.faults.activities.get(key) === activity) world.faults.activities.delete(key);
  });
}

function activityOf(kind: BusyKind, sinceMs: number): Activity | 'no-answer' {
  switch (kind) {
    case 'backup-runs':
      return { backupRunning: true };
    case 'transaction-runs':
      return { backupRunning: false, transactionSinceMs: sinceMs };
    case 'check-is-away':
      return 'no-answer';
  }
}

/** Returns the check as one pass asks it; `over` is the network in between, `answers` what the pass has heard. */
export function checksOf(
  stage: Stage,
  answers: CheckAnswers,
  over: (request: string, ask: () => Promise<ClusterActivity>) => Promise<ClusterActivity>,
): Checks | undefined {
  if (!stage.hasChecks) return undefined;
  return {
    longestTransactionSeconds: limitSeconds,
    activity: {
      readActivity: async (names) => {
        const key = `${names.namespace}/${names.cluster}`;
        answers.delete(key);
        const said = await over(`check ${key}`, () => stage.ports.activity.readActivity(names));
        answers.set(key, said);
        return said;
      },
    },
  };
}

/** No primary is asked to hand over unless this very pass was told that nothing goes on there. */
export function judgeHandOver(stage: Stage, answers: CheckAnswers, leader: string): void {
  if (!stage.hasChecks) return;
  const cluster = [...stage.world.clusters.values()].find(({ members }) => members.has(leader));
  if (cluster !== undefined) judgeInterruption(stage, answers, cluster.key);
}

/** Nor is one evicted: an eviction is judged where the step that it is for is an outage. */
export function judgeOutage(stage: Stage, worker: Worker, answers: CheckAnswers, uid: string): void {
  if (!stage.hasChecks) return;
  const own = entriesOf(stage).findLast(
    ({ event, by }) =>
      event.kind === 'act' && event.act.kind === 'evict' && event.act.uid === uid && by === worker.name,
  );
  const step = stage.plan.steps.find(({ id }) => id === own?.lane);
  if (step?.kind === 'move' && step.outage && step.cluster !== null)
    judgeInterruption(stage, answers, step.cluster);
}

function judgeInterruption(stage: Stage, answers: CheckAnswers, key: string): void {
  const said = answers.get(key);
  if (said === undefined) violate(stage, `${key} is interrupted, and no check has said that it may be`);
  else if (said.backupRunning) violate(stage, `${key} is interrupted while a backup runs`);
  else if (said.longestTransactionSeconds > limitSeconds)
    violate(
      stage,
      `${key} is interrupted while a transaction runs, since ${said.longestTransactionSeconds} s`,
    );
}
