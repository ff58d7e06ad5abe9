/**
 * `npm run test:deep -- planner [--runs N] [--seed S]`: plans of tiny fleets against trying everything, for as many seeds as
 * asked, from seed S on. Prints what is wrong with which seed; exit code 1 if anything is.
 */
import { parseArgs } from 'node:util';
import { comparePlan, type Verdict } from './brute-force/compare.ts';
import { tinyCase } from './brute-force/tiny-fleet.ts';

/** Some hundred times the states of an ordinary tiny fleet: a second of search. */
const statesMax = 100_000;

main();

function main(): void {
  const { part, runs, firstSeed } = readArguments();
  if (part === 'executor') refuse('executor: nothing runs there yet; it comes with a later issue');
  if (part !== 'planner') refuse(`${part ?? 'no part named'}: expected planner or executor`);
  const counts = { violations: 0, proved: 0, unproved: 0, dearer: 0, unknown: 0, full: 0 };
  const start = performance.now();
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const verdict = judge(seed);
    counts[verdict.worth] += 1;
    if (verdict.full) counts.full += 1;
    if (verdict.against.length === 0) continue;
    counts.violations += 1;
    for (const sentence of verdict.against) process.stdout.write(`seed ${seed}: ${sentence}\n`);
  }
  const perMinute = Math.round((runs / Math.max(1, performance.now() - start)) * 60_000);
  process.stdout.write(
    `planner: ${runs} runs, ${counts.violations} violations, ${perMinute} runs a minute (seeds ${firstSeed} to ${firstSeed + runs - 1})\n` +
      `  an extra node in every zone ${counts.full}; optimum and proved ${counts.proved}, optimum without proof ${counts.unproved}, ` +
      `dearer and not claimed ${counts.dearer}, not searched to the end ${counts.unknown}\n`,
  );
  process.exitCode = counts.violations > 0 ? 1 : 0;
}

function judge(seed: number): Verdict {
  try {
    return comparePlan(tinyCase(seed), statesMax);
  } catch (error) {
    return { against: [`threw ${String(error)}`], worth: 'unknown', full: false, states: 0 };
  }
}

function readArguments(): { part: string | undefined; runs: number; firstSeed: number } {
  try {
    const { values, positionals } = parseArgs({
      options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
      allowPositionals: true,
    });
    const [runs, firstSeed] = [Number(values.runs), Number(values.seed)];
    if (!Number.isInteger(runs) || runs < 1)
      refuse(`--runs ${values.runs}: expected a whole number of one or more`);
    if (!Number.isInteger(firstSeed) || firstSeed < 0)
      refuse(`--seed ${values.seed}: expected a whole number`);
    return { part: positionals[0], runs, firstSeed };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(why: string): never {
  process.stderr.write(`test:deep: ${why}\n`);
  process.exit(2);
}
