/**
 * A process of its own for the largest fleet, so that its memory is seen alone: prints one JSON document. Started with
 * --expose-gc, so that what the generator leaves behind is not counted for the planner.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { checkPlan, planDrain } from '../../planner/index.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';

export type TenThousand = {
  readonly nodes: number;
  readonly clusters: number;
  readonly pods: number;
  readonly steps: number;
  readonly proved: boolean;
  readonly violations: number;
  readonly planMs: number;
  readonly checkMs: number;
  /** The process with the fleet in it. */
  readonly rssBeforeMB: number;
  /** The most while planning, the finished plan included. */
  readonly rssPeakMB: number;
};

/** Small plans first, so that one turn with the large fleet is measured warm. */
const warmingNodes = 300;
const warmingTurns = 5;

main();

function main(): void {
  const small = generateModel({ seed: 2, nodes: warmingNodes, scaleOut: 0 });
  for (let turn = 0; turn < warmingTurns; turn += 1) planDrain(small.fleet, small.request);
  const { fleet, request } = generateModel({ seed: 1, nodes: 10_000, scaleOut: 0 });
  collectAll();
  forgetPeak();
  const rssBeforeMB = process.memoryUsage.rss() / 1e6;
  const begun = performance.now();
  const answer = planDrain(fleet, request);
  const planned = performance.now();
  const rssPeakMB = peakMB();
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  const { plan } = answer;
  const checking = performance.now();
  const violations = checkPlan(plan, fleet).length;
  const measured: TenThousand = {
    nodes: fleet.nodes.length,
    clusters: fleet.clusters.length,
    pods: fleet.pods.length,
    steps: plan.steps.length,
    proved: plan.certificate.outages.proved && plan.certificate.switchovers.proved,
    violations,
    planMs: planned - begun,
    checkMs: performance.now() - checking,
    rssBeforeMB,
    rssPeakMB,
  };
  process.stdout.write(JSON.stringify(measured));
}

/** `last-resort` also gives pages back to the system, which an ordinary collection does not. */
function collectAll(): void {
  const collect: unknown = Reflect.get(globalThis, 'gc');
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}

/** Linux forgets the highest resident size on request: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak is that of the whole process, the generator included.
  }
}

function peakMB(): number {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    if (found !== null) return (Number(found[1]) * 1024) / 1e6;
  } catch {
    // Not Linux.
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
