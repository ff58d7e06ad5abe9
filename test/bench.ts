/**
 * `npm run bench [-- planner] [-- --json]`: how long planning takes, measured in this process, medians of several turns.
 * Ratios to reading and JSON.parse of the same file hold on any machine; milliseconds are of this one.
 */
import { checkPlan, planDrain, readSnapshot } from '../planner/index.ts';
import { loadSnapshot } from './fixtures/load.ts';

const turns = 7;
const json = process.argv.includes('--json');

type Timing = { readonly what: string; readonly ms: number; readonly timesParse: number };

function medianMs(work: () => void): number {
  const times = Array.from({ length: turns }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(turns / 2)] ?? 0;
}

/** Times each stage from text to checked plan on the largest dump: 100 nodes, 400 clusters. */
function benchPlanner(): {
  readonly dump: string;
  readonly switchovers: number;
  readonly timings: readonly Timing[];
} {
  const { fleet: document, request } = loadSnapshot('hundred');
  const text = JSON.stringify(document);
  const reading = readSnapshot([{ file: 'hundred.json', document }]);
  if (reading.kind === 'bad-input') throw new Error('the dump cannot be read');
  const answer = planDrain(reading.fleet, request, reading.findings);
  if (answer.kind === 'bad-input') throw new Error('the request does not fit');
  const parseMs = medianMs(() => JSON.parse(text));
  const timing = (what: string, work: () => void): Timing => {
    const ms = medianMs(work);
    return { what, ms: Math.round(ms * 10) / 10, timesParse: Math.round((ms / parseMs) * 100) / 100 };
  };
  return {
    dump: 'hundred.json (100 nodes, 400 clusters)',
    switchovers: answer.plan.summary.switchovers,
    timings: [
      timing('JSON.parse', () => JSON.parse(text)),
      timing('read-snapshot', () => readSnapshot([{ file: 'hundred.json', document }])),
      timing('plan and certify', () => planDrain(reading.fleet, request, reading.findings)),
      timing('check', () => checkPlan(answer.plan, reading.fleet)),
    ],
  };
}

const parts = ['planner', 'simulations', 'executor', 'api'];
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
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

const planner = benchPlanner();
if (json) {
  process.stdout.write(`${JSON.stringify({ planner }, null, 2)}\n`);
} else {
  console.log(`planner: ${planner.dump}, ${planner.switchovers} switchovers, median of ${turns}`);
  for (const { what, ms, timesParse } of planner.timings)
    console.log(`  ${what.padEnd(18)} ${String(ms).padStart(8)} ms   ${timesParse} x JSON.parse`);
}
