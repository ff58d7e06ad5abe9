/**
 * `npm run bench [-- planner|executor|simulations|api] [-- --json]`: how long planning takes, measured on this machine, medians and least of warm turns.
 * First each stage from a dump to a checked plan: that of a real control plane, then generated ones of 100, 300 and 1,000 nodes,
 * all of them drained; ratios to JSON.parse of the same dump hold on any machine. Then what is promised in milliseconds: a fleet of
 * 1,000 nodes, the same planned again a third later, and one of 10,000 nodes in a process of its own. `--nodes N` measures the stages
 * of one size only. `executor`: what carrying a plan out costs (bench/bench-executor.ts). `simulations`: what serving a large fleet
 * costs (bench/bench-simulations.ts). `api`: what the API costs after many large runs (bench/bench-api.ts).
 */

import { generateFleet } from '../simulations/generate-fleet.ts';
import { apiLines, benchApi } from './bench/bench-api.ts';
import { benchExecutor, promisedOfExecutor } from './bench/bench-executor.ts';
import { benchModels, modelLines } from './bench/bench-models.ts';
import { benchSimulations, simulationsLines } from './bench/bench-simulations.ts';
import { benchText, type TextMeasured, textLines } from './bench/bench-text.ts';
import { loadSnapshot } from './fixtures/load.ts';

const json = process.argv.includes('--json');

function* benchTexts(onlyNodes: number | undefined): Generator<TextMeasured> {
  if (onlyNodes === undefined) {
    const { fleet, request } = loadSnapshot('hundred');
    yield benchText('hundred.json', JSON.stringify(fleet), request);
  }
  for (const nodes of onlyNodes === undefined ? [100, 300, 1000] : [onlyNodes]) {
    const { list, request } = generateFleet({ seed: 1, nodes });
    yield benchText('generated, seed 1', JSON.stringify(list), request);
  }
}

const parts = ['planner', 'simulations', 'executor', 'api'];
const place = process.argv.indexOf('--nodes');
const onlyNodes = place < 0 ? undefined : Number(process.argv[place + 1]);
if (onlyNodes !== undefined && !(Number.isInteger(onlyNodes) && onlyNodes >= 3)) {
  process.stderr.write('bench: --nodes: expected a whole number, 3 or more\n');
  process.exit(2);
}
const asked = process.argv
  .slice(2)
  .filter((argument, index) => !argument.startsWith('--') && (place < 0 || index + 2 !== place + 1));
const unknown = asked.find((part) => !parts.includes(part));
if (unknown !== undefined) {
  process.stderr.write(
    `bench: ${unknown}: no part of that name; expected planner, executor, simulations or api\n`,
  );
  process.exit(2);
}
/** Only when it is asked for: it takes a quarter of an hour, and needs Redis. */
if (asked.includes('executor')) {
  const executor = await benchExecutor((lines) => void (json || process.stdout.write(lines)));
  if (json) process.stdout.write(`${JSON.stringify({ executor }, null, 2)}\n`);
  failAbove('peak of a worker', executor.memory.replanned.memory.peakMB, promisedOfExecutor.workerMB);
}
if (asked.includes('simulations')) {
  const simulations = await benchSimulations();
  process.stdout.write(
    json ? `${JSON.stringify({ simulations }, null, 2)}\n` : simulationsLines(simulations),
  );
}
if (asked.includes('api')) {
  const api = await benchApi();
  process.stdout.write(json ? `${JSON.stringify({ api }, null, 2)}\n` : apiLines(api));
}
if (asked.length === 0 || asked.includes('planner')) await benchPlanner();

/** Memory does not depend on how busy the machine is: what is promised of it is held to, also by the exit code. */
function failAbove(what: string, megabytes: number | undefined, promised: number): void {
  if (megabytes === undefined || megabytes <= promised) return;
  process.stderr.write(`bench: ${what}: ${megabytes} MB, at most ${promised} are promised\n`);
  process.exitCode = 1;
}

async function benchPlanner(): Promise<void> {
  const planner: TextMeasured[] = [];
  for (const measured of benchTexts(onlyNodes)) {
    planner.push(measured);
    if (!json) process.stdout.write(textLines(measured));
  }
  const models = onlyNodes === undefined ? await benchModels() : undefined;
  if (json) process.stdout.write(`${JSON.stringify({ planner, models }, null, 2)}\n`);
  else if (models !== undefined) process.stdout.write(modelLines(models));
}
