/**
 * `npm run bench [-- planner] [-- --json]`: how long planning takes, measured in this process, medians of several turns.
 * Ratios to JSON.parse of the same dump hold on any machine; milliseconds are of this one. The dump of a real control plane
 * comes first, then generated fleets of 100, 300 and 1,000 nodes, all of them drained. `--nodes N` measures one size only.
 */
import type { DrainRequest } from '../planner/index.ts';
import { checkPlan, planDrain, readSnapshot } from '../planner/index.ts';
import { generateFleet } from '../simulations/generate-fleet.ts';
import { loadSnapshot } from './fixtures/load.ts';

const turnsMax = 7;
/** What takes longer is not repeated beyond this. */
const repeatMs = 3000;
const json = process.argv.includes('--json');

type Timing = {
  readonly what: string;
  readonly ms: number;
  readonly turns: number;
  readonly timesParse: number;
};

type Measured = {
  readonly fleet: string;
  readonly nodes: number;
  readonly clusters: number;
  readonly pods: number;
  readonly steps: number;
  readonly switchovers: number;
  readonly proved: boolean;
  readonly violations: number;
  readonly timings: readonly Timing[];
  readonly rssMB: number;
};

/** The result of the last turn and the median of all. */
function measure<Result>(work: () => Result): {
  readonly result: Result;
  readonly ms: number;
  readonly turns: number;
} {
  const times: number[] = [];
  const begun = performance.now();
  for (;;) {
    const start = performance.now();
    const result = work();
    times.push(performance.now() - start);
    if (times.length < turnsMax && performance.now() - begun < repeatMs) continue;
    times.sort((a, b) => a - b);
    return { result, ms: times[Math.floor(times.length / 2)] ?? 0, turns: times.length };
  }
}

/** Times each stage from text to checked plan. */
function benchFleet(fleet: string, text: string, request: DrainRequest): Measured {
  const parsed = measure((): unknown => JSON.parse(text));
  const read = measure(() => readSnapshot([{ file: fleet, document: parsed.result }]));
  const reading = read.result;
  if (reading.kind === 'bad-input') throw new Error(`${fleet} cannot be read`);
  const planned = measure(() => planDrain(reading.fleet, request, reading.findings));
  const answer = planned.result;
  if (answer.kind === 'bad-input') throw new Error(`the request does not fit ${fleet}`);
  const { plan } = answer;
  const checked = measure(() => checkPlan(plan, reading.fleet));
  const stages = { 'JSON.parse': parsed, 'read-snapshot': read, 'plan and certify': planned, check: checked };
  return {
    fleet,
    nodes: reading.fleet.nodes.length,
    clusters: reading.fleet.clusters.length,
    pods: reading.fleet.pods.length,
    steps: plan.steps.length,
    switchovers: plan.summary.switchovers,
    proved: plan.certificate.switchovers.proved,
    violations: checked.result.length,
    timings: Object.entries(stages).map(([what, { ms, turns }]) => ({
      what,
      ms: Math.round(ms * 10) / 10,
      turns,
      timesParse: Math.round((ms / parsed.ms) * 100) / 100,
    })),
    rssMB: Math.round(process.memoryUsage.rss() / 1e6),
  };
}

function* benchPlanner(onlyNodes: number | undefined): Generator<Measured> {
  if (onlyNodes === undefined) {
    const { fleet, request } = loadSnapshot('hundred');
    yield benchFleet('hundred.json', JSON.stringify(fleet), request);
  }
  for (const nodes of onlyNodes === undefined ? [100, 300, 1000] : [onlyNodes]) {
    const { list, request } = generateFleet({ seed: 1, nodes });
    yield benchFleet('generated, seed 1', JSON.stringify(list), request);
  }
}

function print(measured: Measured): void {
  const { fleet, nodes, clusters, pods, steps, switchovers, proved, violations, timings, rssMB } = measured;
  console.log(`planner: ${fleet}: ${nodes} nodes, ${clusters} clusters, ${pods} pods`);
  console.log(
    `  ${steps} steps, ${switchovers} switchovers${proved ? ' (proved)' : ''}, ${violations} violations, ${rssMB} MB resident`,
  );
  for (const { what, ms, turns, timesParse } of timings)
    console.log(
      `  ${what.padEnd(18)} ${ms.toFixed(1).padStart(10)} ms   ${timesParse} x JSON.parse   median of ${turns}`,
    );
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
  process.stderr.write(`bench: ${unknown}: no part of that name; expected planner\n`);
  process.exit(2);
}
const unmeasured = asked.filter((part) => part !== 'planner');
if (unmeasured.length > 0) {
  process.stderr.write(`bench: ${unmeasured.join(', ')}: nothing is measured there yet; expected planner\n`);
  process.exit(2);
}

const planner: Measured[] = [];
for (const measured of benchPlanner(onlyNodes)) {
  planner.push(measured);
  if (!json) print(measured);
}
if (json) process.stdout.write(`${JSON.stringify({ planner }, null, 2)}\n`);
