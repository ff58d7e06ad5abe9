/**
 * `npm run test:deep -- planner|suite|bytes|executor|two-runs|planted|crash|whole [--runs N] [--seed S] [--threads N]`: long seeded runs in worker threads. What they print
 * but for the speed does not depend on how many. Exit code 1 if anything is wrong.
 *
 * planner: plans of tiny fleets against trying everything, for as many seeds as asked, from seed S on.
 * suite: plans of mid-size and large fleets against what is asked of them, fleet S and as many after it; `--nodes N` leaves out
 * larger fleets of these.
 * executor: runs of small fleets on a bad day, from seed S on; a single one with `--runs 1` tells what happened.
 * two-runs: the same with two runs of ours on each fleet.
 * planted: whether seeded runs find each of the bugs of planted-bugs.ts within N seeds; `--only TEXT` hunts those with TEXT in their name.
 * crash: N runs of the twelve-node scenario, over which the worker that wrote it is killed at every entry of the journal (crash/run-kills.ts).
 * whole: a fleet of N nodes (`--nodes N`) drained to the end of its run, and what a step takes on the way (whole-drain/run-whole.ts).
 * bytes: whether the oldest version of Node makes the same plans, to the byte.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Verdict } from './brute-force/compare.ts';
import { runKills } from './crash/run-kills.ts';
import { inThreads, type ShareDone } from './in-threads.ts';
import { sameBytes } from './same-bytes.ts';
import { huntBugs } from './seeded-runs/hunt-bugs.ts';
import { plantedBugs } from './seeded-runs/planted-bugs.ts';
import { type Played, playSeed } from './seeded-runs/play-seed.ts';
import { playTwoRuns } from './seeded-runs/play-two-runs.ts';
import { judgeBars } from './suite/bars.ts';
import { families, roundsOfAllKinds, suiteFleet } from './suite/families.ts';
import type { Judged } from './suite/judge-fleet.ts';
import { barLines, proofsByKind, tableOf, wrongFleets } from './suite/report.ts';
import { runWhole } from './whole-drain/run-whole.ts';

type Arguments = {
  readonly part: string;
  readonly runs: number;
  readonly first: number;
  readonly threads: number;
  /** Largest fleets of the suite; the fleet of a whole drain. */
  readonly nodes: number;
  /** Part of the names of planted bugs, or of variants of a whole drain; empty: all. */
  readonly only: string;
};

const parts: readonly string[] = [
  'planner',
  'suite',
  'bytes',
  'executor',
  'two-runs',
  'planted',
  'crash',
  'whole',
];

/** Some minutes for all variants. */
const wholeNodes = 60;

/** Tiny fleets take milliseconds, those of the suite up to seconds. */
const seedsAtOnce = 25;
/** Some minutes of the executor's runs. */
const toldEvery = 5_000;

await main();

async function main(): Promise<void> {
  const asked = readArguments();
  process.exitCode = (await runPart(asked)) ? 0 : 1;
}

function runPart(asked: Arguments): boolean | Promise<boolean> {
  switch (asked.part) {
    case 'bytes':
      return sameBytes();
    case 'suite':
      return runSuite(asked);
    case 'executor':
      return runExecutor(asked, playSeed, './seeded-runs/seed-worker.ts');
    case 'two-runs':
      return runExecutor(asked, playTwoRuns, './seeded-runs/two-runs-worker.ts');
    case 'planted':
      return runPlanted(asked);
    case 'crash':
      return runKills(asked.runs, asked.first, asked.threads);
    case 'whole':
      return runWhole(asked.nodes, asked.first, asked.only);
    default:
      return runPlanner(asked);
  }
}

async function runPlanner(asked: Arguments): Promise<boolean> {
  return playSeeds<Verdict>(asked, './brute-force/seed-worker.ts', {
    against: ({ against }) => against,
    summary: (verdicts) => {
      const worth = (name: Verdict['worth']) => verdicts.filter((verdict) => verdict.worth === name).length;
      const full = verdicts.filter((verdict) => verdict.full).length;
      return (
        `  an extra node in every zone ${full}; optimum and proved ${worth('proved')}, optimum without proof ${worth('unproved')}, ` +
        `dearer and not claimed ${worth('dearer')}, not searched to the end ${worth('unknown')}\n`
      );
    },
  });
}

async function runExecutor(asked: Arguments, play: typeof playSeed, file: string): Promise<boolean> {
  if (asked.runs === 1) process.stdout.write(`${(await play(asked.first, true)).trace.join('\n')}\n`);
  return playSeeds<Played>(asked, file, {
    against: ({ violations }) => violations,
    summary: (played) => {
      const ends = new Map<string, number>();
      for (const { end } of played) ends.set(end, (ends.get(end) ?? 0) + 1);
      return [...ends]
        .sort(([, a], [, b]) => b - a)
        .map(([end, count]) => `  ${count} ${end}\n`)
        .join('');
    },
  });
}

/** Plays the seeds asked for, and tells of each what is against it, how fast it went, and the summary. Returns whether nothing is. */
async function playSeeds<Result>(
  { part, runs, first, threads }: Arguments,
  file: string,
  report: {
    readonly against: (result: Result) => readonly string[];
    readonly summary: (results: readonly Result[]) => string;
  },
): Promise<boolean> {
  const start = performance.now();
  const results = await inThreads<Result>(
    { file: new URL(file, import.meta.url), numbers: from(first, runs), shareSize: seedsAtOnce, threads },
    tellOnTheWay(runs, (place, result) =>
      report.against(result).map((sentence) => `seed ${first + place}: ${sentence}`),
    ),
  );
  const perMinute = runsAMinute(runs, start);
  let bad = 0;
  for (const [index, result] of results.entries()) {
    const against = report.against(result);
    if (against.length > 0) bad += 1;
    for (const sentence of against) process.stdout.write(`seed ${first + index}: ${sentence}\n`);
  }
  process.stdout.write(
    `${part}: ${runs} runs, ${bad} with violations, ${perMinute} runs a minute (seeds ${first} to ${first + runs - 1})\n` +
      report.summary(results),
  );
  return bad === 0;
}

/** On standard error, for hours are long: what is against a seed as soon as it is played, and now and then how far it is. */
function tellOnTheWay<Result>(
  runs: number,
  against: (place: number, result: Result) => readonly string[],
): (done: ShareDone<Result>) => void {
  let played = 0;
  return ({ place, results }) => {
    for (const [index, result] of results.entries())
      for (const line of against(place + index, result)) process.stderr.write(`${line}\n`);
    played += results.length;
    if (played % toldEvery < seedsAtOnce && played >= toldEvery && played < runs)
      process.stderr.write(`${played} of ${runs} runs\n`);
  };
}

async function runPlanted({ runs, first, threads, only }: Arguments): Promise<boolean> {
  const found = await huntBugs({ first, seeds: runs, threads, only }, ({ bug, seed, sentence }) => {
    const what = seed === undefined ? 'NOT FOUND' : `seed ${seed}: ${sentence}`;
    process.stdout.write(`${plantedBugs[bug]?.name}: ${what}\n`);
  });
  const missed = found.filter(({ seed }) => seed === undefined);
  process.stdout.write(
    `planted: ${found.length - missed.length} of ${found.length} bugs found within ${runs} seeds from ${first} on\n`,
  );
  return missed.length === 0 && found.length > 0;
}

async function runSuite({ runs, first, threads, nodes }: Arguments): Promise<boolean> {
  const start = performance.now();
  const numbers = from(first, runs).filter((number) => suiteFleet(number).family.nodes <= nodes);
  const file = new URL('./suite/suite-worker.ts', import.meta.url);
  const judged = await inThreads<Judged>({ file, numbers, shareSize: 1, threads });
  const perMinute = runsAMinute(numbers.length, start);
  const verdicts = judgeBars(judged);
  const missed = verdicts.filter(({ met }) => !met).length;
  process.stdout.write(
    `${tableOf(judged)}\n${proofsByKind(judged)}\n${wrongFleets(judged)}${barLines(verdicts)}` +
      `suite: ${numbers.length} runs, ${missed} bars missed, ${perMinute} runs a minute (fleets ${first} to ${first + runs - 1})\n`,
  );
  return missed === 0;
}

function from(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

function runsAMinute(runs: number, start: number): number {
  return Math.round((runs / Math.max(1, performance.now() - start)) * 60_000);
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        threads: { type: 'string' },
        nodes: { type: 'string' },
        only: { type: 'string' },
      },
      allowPositionals: true,
    });
    const part = partNamed(positionals[0]);
    const runsUsual = part === 'suite' ? families.length * roundsOfAllKinds : 1_000;
    const runs = wholeNumber('runs', values.runs, runsUsual, 1);
    const first = wholeNumber('seed', values.seed, part === 'suite' ? 0 : 1, 0);
    // A thread is not worth its start for a second of work.
    const threadsUsual = part === 'planner' && runs <= 1_000 ? 1 : availableParallelism();
    const threads = wholeNumber('threads', values.threads, threadsUsual, 1);
    const nodes = wholeNumber('nodes', values.nodes, part === 'whole' ? wholeNodes : 1_000_000, 1);
    return { part, runs, first, threads, nodes, only: values.only ?? '' };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function partNamed(part: string | undefined): string {
  if (part !== undefined && parts.includes(part)) return part;
  return refuse(`${part ?? 'no part named'}: expected one of ${parts.join(', ')}`);
}

function wholeNumber(name: string, written: string | undefined, usual: number, least: number): number {
  const number = Number(written ?? usual);
  if (!Number.isInteger(number) || number < least)
    return refuse(`--${name} ${written}: expected a whole number${least > 0 ? ` of ${least} or more` : ''}`);
  return number;
}

function refuse(why: string): never {
  process.stderr.write(`test:deep: ${why}\n`);
  process.exit(2);
}
