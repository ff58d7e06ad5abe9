/**
 * `npm run demo -- --real-postgres`: the demo's fleet with real databases under it, rotated naively and then as planned, while a client
 * writes to every cluster. Two fleets at the same time, so that both begin alike and nobody waits for both. Bare switchovers are measured
 * in the fleet of the run, right after it, with the service still there.
 */
import { explainPlan } from '../../planner/index.ts';
import type { DrainPlan, DrainRequest } from '../../planner/plan.ts';
import { DemoFailed, openStage, pipelineSecret } from '../demo-stage.ts';
import { followRun, sendUpgrade } from '../demo-upgrade.ts';
import { tallyOf } from '../role-change-table.ts';
import { threeZones, threeZonesRequest } from '../scenarios/three-zones.ts';
import { playNaive, rotateNaively } from '../strategies/naive.ts';
import { createWorld } from '../world/create-world.ts';
import { switchOverBare } from './bare-switchover.ts';
import { findPrograms } from './find-programs.ts';
import type { LeaderChange } from './leader-lock.ts';
import { playOnClock } from './play-on-clock.ts';
import { openRealFleet, type RealFleet, type RealFleetOptions } from './real-fleet.ts';
import { missedBars, type Outcome, realTable, type Told } from './real-outcome.ts';
import { startWriter, type Writer } from './writer.ts';

export type RealDemoOptions = {
  readonly speed: number;
  readonly port: number;
  readonly json: boolean;
  /** True: the page, and the databases, stay at the end, until Ctrl-C. */
  readonly keep: boolean;
  readonly say: (line: string) => void;
};

const nodes = ['n1', 'n2', 'n3'];

/** Nobody has a deadline to keep in the naive rotation, so its nodes may come and go as fast as the databases can follow. */
const NAIVE_SPEED = 60;

/** Bare switchovers of each cluster: three times as many as planned ones, or chance would decide which of two numbers is the larger. */
const BARE_TIMES = 3;

/** One switchover at a time: all databases share this machine, and each gap is to be Patroni's own, as that of a bare switchover is. */
const request: DrainRequest = { ...threeZonesRequest, limits: { parallelSwitchovers: 1 } };

/** Plays it and prints the table; returns the exit code. Throws DemoFailed where a program is missing or nothing comes of it. */
export async function realDemo(options: RealDemoOptions): Promise<number> {
  const found = findPrograms();
  if (found.kind === 'missing') throw new DemoFailed(found.message);
  const { say } = options;
  say(
    'Three zones, simulated; acid-a, acid-b, acid-c are real Patronis with real PostgreSQL, and a client writes to each.',
  );
  const predicted = predict();
  const { programs } = found;
  say('1. The databases of two fleets start, one to be rotated naively, one as planned.');
  return withFleets(
    { programs, speed: NAIVE_SPEED, pipelineSecret },
    { programs, speed: options.speed, pipelineSecret },
    async (first, second, unlisten) => {
      const rotation = whileWritten(first, (writers) => rotate(first, writers, say)).finally(() =>
        first.close(),
      );
      // Where the run fails first, that is what is told.
      rotation.catch(() => {});
      const upgrade = { ...options, unlisten, conclude };
      return whileWritten(second, (writers) => upgradeAsPlanned(second, writers, upgrade));
      async function conclude(rest: Omit<Outcome, 'predicted' | 'naive'>): Promise<number> {
        return tellOutcome({ predicted, naive: await rotation, ...rest }, options);
      }
    },
  );
}

/** Prints table or document, and what was missed; returns the exit code. */
function tellOutcome(outcome: Outcome, { json, say }: RealDemoOptions): number {
  const missed = missedBars(outcome);
  if (json)
    process.stdout.write(`${JSON.stringify({ ...outcome, missed, table: realTable(outcome) }, null, 2)}\n`);
  else say(`\n${realTable(outcome)}`);
  for (const sentence of missed) say(`missed: ${sentence}`);
  return missed.length === 0 ? 0 : 1;
}

/** What the simulated Patroni makes of the same rotation of the same fleet. */
function predict(): Outcome['predicted'] {
  const world = createWorld({ objects: threeZones({ synchronous: true }), seed: 1 });
  const played = playNaive(world, nodes);
  if (!played.finished) throw new DemoFailed(`the naive rotation got stuck: ${played.stuck}`);
  return tallyOf(world.roleChanges, Object.keys(played.roleChanges));
}

/** Opens both at once. Ends the databases whatever happens; until `unlisten` is called, Ctrl-C ends the program, and that the databases. */
async function withFleets<Result>(
  one: RealFleetOptions,
  other: RealFleetOptions,
  play: (first: RealFleet, second: RealFleet, unlisten: () => void) => Promise<Result>,
): Promise<Result> {
  const end = (): never => process.exit(130);
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, end);
  const unlisten = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  const opened = await Promise.allSettled([openRealFleet(one), openRealFleet(other)]);
  try {
    const [first, second] = opened;
    if (first.status === 'rejected') throw new DemoFailed(messageOf(first.reason));
    if (second.status === 'rejected') throw new DemoFailed(messageOf(second.reason));
    return await play(first.value, second.value, unlisten);
  } finally {
    for (const fleet of opened) if (fleet.status === 'fulfilled') await fleet.value.close();
    unlisten();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Writers = ReadonlyMap<string, Writer>;

/** A client of each cluster writes meanwhile. */
async function whileWritten<Result>(
  fleet: RealFleet,
  play: (writers: Writers) => Promise<Result>,
): Promise<Result> {
  const writers = new Map<string, Writer>();
  try {
    for (const cluster of fleet.clusters)
      writers.set(cluster.key, await startWriter(() => fleet.primaryPort(cluster)));
    return await play(writers);
  } finally {
    for (const writer of writers.values()) writer.stop();
  }
}

async function rotate(fleet: RealFleet, writers: Writers, say: RealDemoOptions['say']): Promise<Told> {
  say('   Node after node is cordoned and drained, each cluster reacting for itself.');
  const startedAt = performance.now();
  const stuck = await playOnClock(
    rotateNaively(fleet.world, nodes, fleet.isHealthy),
    NAIVE_SPEED,
    fleet.isClosed,
  );
  if (stuck !== undefined) throw new DemoFailed(`the naive rotation got stuck: ${stuck}`);
  say(`   Done after ${Math.round((performance.now() - startedAt) / 1000)} s.`);
  const { changes } = fleet.leaders;
  return tell(fleet, writers, changes, gapsOf(changes, writers, say));
}

type Upgrade = RealDemoOptions & {
  readonly unlisten: () => void;
  readonly conclude: (outcome: Omit<Outcome, 'predicted' | 'naive'>) => Promise<number>;
};

async function upgradeAsPlanned(fleet: RealFleet, writers: Writers, options: Upgrade): Promise<number> {
  const { say } = options;
  // From here on the stage hears Ctrl-C: it closes what it has opened, and then the program ends.
  options.unlisten();
  const stage = await openStage({ ...options, fleet });
  try {
    say(`2. The pipeline sends its signed webhook. Watch it at ${stage.url}`);
    const { planId, runId } = await sendUpgrade(stage, request);
    const plan = await stage.get<DrainPlan>(`/v1/plans/${planId}`);
    say(`\n${explainPlan(plan, { width: process.stdout.columns ?? 80, next: [] })}`);
    const { state, counts } = await followRun(stage, runId, say);
    const changes = [...fleet.leaders.changes];
    const gapsMs = gapsOf(changes, writers, say);
    say('   For comparison, bare switchovers of each cluster.');
    await switchOverBare(fleet, BARE_TIMES);
    const bareGapsMs = gapsOf(fleet.leaders.changes.slice(changes.length), writers, say);
    const exitCode = await options.conclude({
      planned: await tell(fleet, writers, changes, gapsMs),
      plan,
      run: { id: runId, state, unplanned: counts.unplanned },
      bareGapsMs,
    });
    if (options.keep) await stage.untilInterrupted(say);
    return exitCode;
  } finally {
    await stage.close();
  }
}

/** What came of it, by the locks that Patroni wrote and by the rows that the clients were promised. */
async function tell(
  fleet: RealFleet,
  writers: Writers,
  changes: readonly LeaderChange[],
  gapsMs: readonly number[],
): Promise<Told> {
  const rows = await Promise.all([...writers.values()].map((writer) => writer.count()));
  return {
    ...tallyOf(
      changes,
      fleet.clusters.map(({ key }) => key),
    ),
    outages: fleet.leaders.outages(),
    acknowledged: rows.reduce((sum, row) => sum + row.acknowledged, 0),
    lost: rows.reduce((sum, row) => sum + row.lost, 0),
    gapsMs,
  };
}

/** The time without an acknowledged row around each change, told on the way. */
function gapsOf(
  changes: readonly LeaderChange[],
  writers: Writers,
  say: (line: string) => void,
): readonly number[] {
  return changes.map(({ cluster, from, to, kind, atMs }) => {
    const gapMs = writers.get(cluster)?.gapAroundMs(atMs) ?? 0;
    say(`   ${cluster}  ${from} -> ${to}  ${kind}, no row for ${(gapMs / 1000).toFixed(2)} s`);
    return gapMs;
  });
}
