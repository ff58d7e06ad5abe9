/** Each stage from the text of a dump to a checked plan. Ratios to JSON.parse of the same text hold on any machine. */
import type { DrainRequest } from '../../planner/index.ts';
import { checkPlan, planDrain, readSnapshot } from '../../planner/index.ts';
import { fewTurns, measure, rounded } from './measure.ts';

export type TextTiming = {
  readonly what: string;
  readonly ms: number;
  readonly leastMs: number;
  readonly turns: number;
  readonly timesParse: number;
};

export type TextMeasured = {
  readonly fleet: string;
  readonly nodes: number;
  readonly clusters: number;
  readonly pods: number;
  readonly steps: number;
  readonly switchovers: number;
  readonly proved: boolean;
  readonly violations: number;
  readonly timings: readonly TextTiming[];
  readonly rssMB: number;
};

/** Times each stage from text to checked plan. */
export function benchText(fleet: string, text: string, request: DrainRequest): TextMeasured {
  const parsed = measure((): unknown => JSON.parse(text), fewTurns);
  const read = measure(() => readSnapshot([{ file: fleet, document: parsed.result }]), fewTurns);
  const reading = read.result;
  if (reading.kind === 'bad-input') throw new Error(`${fleet} cannot be read`);
  const planned = measure(() => planDrain(reading.fleet, request, reading.findings), fewTurns);
  const answer = planned.result;
  if (answer.kind === 'bad-input') throw new Error(`the request does not fit ${fleet}`);
  const { plan } = answer;
  const checked = measure(() => checkPlan(plan, reading.fleet), fewTurns);
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
    timings: Object.entries(stages).map(([what, { ms, leastMs, turns }]) => ({
      what,
      ms: rounded(ms),
      leastMs: rounded(leastMs),
      turns,
      timesParse: Math.round((ms / parsed.ms) * 100) / 100,
    })),
    rssMB: Math.round(process.memoryUsage.rss() / 1e6),
  };
}

/** Returns the lines for a person. */
export function textLines(measured: TextMeasured): string {
  const { fleet, nodes, clusters, pods, steps, switchovers, proved, violations, timings, rssMB } = measured;
  const rows = timings.map(
    ({ what, ms, turns, timesParse }) =>
      `  ${what.padEnd(18)} ${ms.toFixed(1).padStart(10)} ms   ${timesParse} x JSON.parse   median of ${turns}\n`,
  );
  return (
    `planner: ${fleet}: ${nodes} nodes, ${clusters} clusters, ${pods} pods\n` +
    `  ${steps} steps, ${switchovers} switchovers${proved ? ' (proved)' : ''}, ${violations} violations, ${rssMB} MB resident\n` +
    rows.join('')
  );
}
