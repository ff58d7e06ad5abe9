/**
 * `npm run demo`: the main job end to end on a simulated three-zone fleet. The naive rotation is played first; then the signed webhook
 * arrives at the real service, which plans, and carries the plan out with the real worker over HTTP. Ends with the table of role changes.
 *
 *     npm run demo [-- --json] [-- --keep] [-- --speed 10] [-- --port 8080] [-- --real-postgres]
 *
 * Ctrl-C ends it at any moment; nothing stays behind.
 */
import { parseArgs } from 'node:util';
import type { Run } from '../executor/run.ts';
import { explainPlan } from '../planner/index.ts';
import type { DrainPlan } from '../planner/plan.ts';
import { DemoFailed, openStage, type Stage } from './demo-stage.ts';
import { followRun, sendUpgrade } from './demo-upgrade.ts';
import { roleChangeTable, type Tally, tallyOf } from './role-change-table.ts';
import { threeZones, threeZonesRequest } from './scenarios/three-zones.ts';
import { playNaive } from './strategies/naive.ts';
import { createWorld } from './world/create-world.ts';

type Outcome = {
  readonly naive: Tally;
  readonly planned: Tally & { readonly outages: number };
  readonly plan: DrainPlan;
  readonly run: {
    readonly id: string;
    readonly state: Run['state'];
    readonly seconds: number;
    readonly unplanned: number;
  };
};

const usage = `npm run demo [-- --json] [-- --keep] [-- --speed 10] [-- --port 8080] [-- --real-postgres]
  --json   print one JSON document, the story goes to standard error
  --keep   leave the page running at the end, until Ctrl-C
  --speed  times the speed of life, above 0, at most 100
  --port   of the page; any free one if it is taken
  --real-postgres  the clusters are real Patronis with real PostgreSQL, which have to be installed; three minutes
`;

const options = readOptions();

const clusterNames = ['default/acid-a', 'default/acid-b', 'default/acid-c'];

/** With --json, standard output holds the document and nothing else. */
const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);

if (options.help) process.stdout.write(usage);
else
  try {
    process.exitCode = await (options['real-postgres'] ? demoWithPostgres() : demo());
  } catch (error) {
    if (!(error instanceof DemoFailed)) throw error;
    process.stderr.write(`demo: ${error.message}\n`);
    process.exitCode = 1;
  }

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        speed: { type: 'string', default: '10' },
        port: { type: 'string', default: '8080' },
        'real-postgres': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { ...values, speed: numberUpTo('--speed', values.speed, 100), port: portOf(values.port) };
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

function numberUpTo(option: string, text: string, most: number): number {
  const number = Number(text);
  if (number > 0 && number <= most) return number;
  throw new DemoFailed(`${option}: ${JSON.stringify(text)}; expected a number above 0, at most ${most}`);
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new DemoFailed(`--port: ${JSON.stringify(text)}; expected a port, 0 to 65535`);
}

async function demo(): Promise<number> {
  say('A simulated fleet: three zones, one old node each; clusters acid-a, acid-b, acid-c of three members.');
  say('1. Naive rotation: node after node is cordoned and drained, each cluster reacting for itself.');
  const naive = naiveTally();
  say(`   ${naive.total} role changes: ${sentence(naive)}.`);
  const stage = await openStage({ speed: options.speed, port: options.port, say });
  try {
    const outcome = await plannedUpgrade(stage, naive);
    const tables = roleChangeTable(outcome.naive, outcome.planned);
    if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
    else say(`\n${tables}`);
    if (options.keep) await stage.untilInterrupted(say);
    return asPromised(outcome) ? 0 : 1;
  } finally {
    await stage.close();
  }
}

/** A client of PostgreSQL is loaded only for this. */
async function demoWithPostgres(): Promise<number> {
  const { realDemo } = await import('./real-postgres/real-demo.ts');
  const { speed, port, json, keep } = options;
  return realDemo({ speed, port, json, keep, say });
}

function naiveTally(): Tally {
  const world = createWorld({ objects: threeZones(), seed: 1 });
  const played = playNaive(world, ['n1', 'n2', 'n3']);
  if (!played.finished) throw new DemoFailed(`the naive rotation got stuck: ${played.stuck}`);
  return tallyOf(world.roleChanges, clusterNames);
}

async function plannedUpgrade(stage: Stage, naive: Tally): Promise<Outcome> {
  say(`2. The pipeline sends its signed webhook. Watch it at ${stage.url}`);
  const { planId, runId } = await sendUpgrade(stage, threeZonesRequest);
  const plan = await stage.get<DrainPlan>(`/v1/plans/${planId}`);
  // Nothing comes next: the run has it already.
  say(`\n${explainPlan(plan, { width: process.stdout.columns ?? 80, full: true, next: [] })}`);
  say(`3. Run ${runId} carries it out, at ${options.speed} times the speed of life.`);
  const run = await followRun(stage, runId, say);
  return {
    naive,
    planned: { ...tallyOf(stage.world.roleChanges, clusterNames), outages: stage.world.outages.length },
    plan,
    run: { id: runId, state: run.state, seconds: secondsOf(run), unplanned: run.counts.unplanned },
  };
}

function asPromised(outcome: Outcome): boolean {
  return (
    outcome.run.state === 'finished' &&
    outcome.planned.outages === 0 &&
    outcome.planned.total === outcome.plan.summary.switchovers
  );
}

function secondsOf(run: Run): number {
  const tenths = Math.round((Date.parse(run.endedAt ?? '') - Date.parse(run.startedAt ?? '')) / 100);
  return Number.isFinite(tenths) ? tenths / 10 : 0;
}

function sentence(tally: Tally): string {
  return Object.entries(tally.clusters)
    .map(([cluster, count]) => `${cluster} ${count}`)
    .join(', ');
}
