/**
 * `node test/cold-start.ts [--nodes 1000] [--turns 5] [--json]`: how long a plan from a dump takes from the shell, everything
 * included, against a process that only parses the same file. Both in turns, whole processes; medians, and their ratio, which
 * holds on any machine while milliseconds do not. Then once more in one process of its own, phase by phase.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet } from '../simulations/generate-fleet.ts';
import { root } from './source-files.ts';

const turnsMax = 50;

function numberOf(option: string, otherwise: number): number {
  const place = process.argv.indexOf(option);
  const number = place < 0 ? otherwise : Number(process.argv[place + 1]);
  if (Number.isInteger(number) && number >= 1) return number;
  process.stderr.write(`cold-start: ${option}: expected a whole number, 1 or more\n`);
  return process.exit(2);
}

/** Milliseconds of a whole process, seen from outside, and its peak memory. Fails where the process does. */
function timeOf(command: string, arguments_: readonly string[]): number {
  const started = performance.now();
  const ended = spawnSync(command, [...arguments_], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  // 3 says that nothing could be planned, which is an answer as well.
  if (ended.status !== 0 && ended.status !== 3) throw new Error(`${command} ended with ${ended.status}`);
  return performance.now() - started;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** Milliseconds of each phase of planning from these files, in this process, which has done nothing before. */
async function measurePhases(dump: string, request: string): Promise<Record<string, number>> {
  const phases: Record<string, number> = {};
  let last = performance.now();
  phases.start = last;
  const note = (phase: string): void => {
    const now = performance.now();
    phases[phase] = now - last;
    last = now;
  };
  const { readInParts } = await import('../bin/read-input.ts');
  const { hashFleet, planDrain, readSnapshot } = await import('../planner/index.ts');
  note('load modules');
  const reading = await readInParts([dump], readSnapshot);
  note('read file, parse, read snapshot');
  if (reading.kind === 'bad-input') throw new Error('the dump cannot be read');
  hashFleet(reading.fleet);
  note('hash');
  const answer = planDrain(reading.fleet, JSON.parse(readFileSync(request, 'utf8')), reading.findings);
  note('plan');
  JSON.stringify(answer, null, 2);
  note('write');
  return phases;
}

function print(measured: Measured): void {
  const { nodes, megabytes, parse, plan, ratio, phases } = measured;
  const rows = { 'JSON.parse of the file': parse, 'switchyard plan --json': plan };
  process.stdout.write(`cold start: ${nodes} nodes, ${megabytes} MB\n`);
  for (const [what, ms] of Object.entries(rows))
    process.stdout.write(`  ${what.padEnd(34)} ${ms.toFixed(0).padStart(7)} ms\n`);
  process.stdout.write(`  ${'ratio'.padEnd(34)} ${ratio.toFixed(2).padStart(7)}\nphases of one process\n`);
  for (const [what, ms] of Object.entries(phases))
    process.stdout.write(`  ${what.padEnd(34)} ${ms.toFixed(0).padStart(7)} ms\n`);
}

type Measured = {
  readonly nodes: number;
  readonly megabytes: number;
  readonly parse: number;
  readonly plan: number;
  readonly ratio: number;
  readonly phases: Readonly<Record<string, number>>;
};

function measure(folder: string, nodes: number, turns: number): Measured {
  const dump = join(folder, 'dump.json');
  const request = join(folder, 'request.json');
  const generated = generateFleet({ seed: 1, nodes });
  writeFileSync(dump, `${JSON.stringify(generated.list, null, 4)}\n`);
  writeFileSync(request, JSON.stringify(generated.request));
  const onlyParse = "JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))";
  const parses: number[] = [];
  const plans: number[] = [];
  const planned = ['plan', '--snapshot', dump, '--request', request, '--json'];
  // Once unseen: the first process fills the compile cache.
  timeOf(join(root, 'bin/switchyard'), planned);
  for (let turn = 0; turn < turns; turn += 1) {
    parses.push(timeOf(process.execPath, ['-e', onlyParse, dump]));
    plans.push(timeOf(join(root, 'bin/switchyard'), planned));
  }
  const self = spawnSync(process.execPath, [import.meta.filename, '--phases', dump, request], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/switchyard') },
  });
  return {
    nodes,
    megabytes: Math.round(statSync(dump).size / 1e6),
    parse: median(parses),
    plan: median(plans),
    ratio: median(plans) / median(parses),
    phases: JSON.parse(self.stdout),
  };
}

const place = process.argv.indexOf('--phases');
if (place > 0) {
  const [dump = '', request = ''] = process.argv.slice(place + 1);
  process.stdout.write(JSON.stringify(await measurePhases(dump, request)));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-cold-start-'));
  try {
    const measured = measure(folder, numberOf('--nodes', 1000), Math.min(turnsMax, numberOf('--turns', 5)));
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
    else print(measured);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
