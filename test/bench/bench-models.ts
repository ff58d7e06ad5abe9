/** What is promised in milliseconds and megabytes, on fleets made without the detour over text. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DrainPlan, DrainRequest, Fleet } from '../../planner/index.ts';
import { checkPlan, planDrain } from '../../planner/index.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';
import { carryOut, requestForRest, surprise, thirdOf } from './carry-out.ts';
import { manyTurns, measure, rounded, type Timed } from './measure.ts';
import type { TenThousand } from './ten-thousand.ts';

type Times = { readonly ms: number; readonly leastMs: number; readonly turns: number };

export type ModelMeasured = {
  readonly nodes: number;
  readonly clusters: number;
  readonly pods: number;
  readonly plan: Times;
  readonly check: Times;
  /** Of a fleet that was not planned for before: what is worked out once for a fleet (its hash, its tables) is worked out in each turn. */
  readonly planUnseen: Times;
  readonly checkUnseen: Times;
  readonly steps: number;
  readonly proved: boolean;
  readonly violations: number;
};

export type TenThousandMeasured =
  | ({ readonly kind: 'finished' } & TenThousand)
  | { readonly kind: 'not-finished'; readonly why: string };

export type ModelsMeasured = {
  /** 1,000 nodes and 10,000 clusters. */
  readonly thousand: ModelMeasured;
  /** The same fleet a third into its plan, one pod elsewhere than planned. */
  readonly replan: ModelMeasured;
  /** 10,000 nodes and 100,000 clusters, in a process of its own. */
  readonly tenThousand: TenThousandMeasured;
};

/** Milliseconds and megabytes that are asked for. */
export const promised = {
  thousandPlanMs: 60,
  thousandCheckMs: 30,
  replanMs: 20,
  tenThousandPlanMs: 1_500,
  tenThousandMB: 400,
} as const;

/** Longer than this nobody waits for the largest fleet. */
const deadlineMs = 180_000;

/** Measures all three. */
export async function benchModels(): Promise<ModelsMeasured> {
  const { fleet, request } = generateModel({ seed: 1, nodes: 1_000, scaleOut: 0 });
  const { measured, plan } = benchModel(fleet, request);
  const steps = plan.steps.slice(0, thirdOf(plan));
  const now = surprise(carryOut(fleet, plan, steps), plan, steps);
  const rest = benchModel(now, requestForRest(request, fleet, now));
  return { thousand: measured, replan: rest.measured, tenThousand: await benchTenThousand() };
}

/** Returns the lines for a person. */
export function modelLines({ thousand, replan, tenThousand }: ModelsMeasured): string {
  const line = (what: string, { ms, leastMs, turns }: Times, most: number) =>
    `  ${what.padEnd(18)} ${ms.toFixed(1).padStart(10)} ms   least ${leastMs.toFixed(1)}   median of ${turns} warm turns   asked: ${most}\n`;
  const head = (name: string, { nodes, clusters, pods, steps, proved, violations }: ModelMeasured) =>
    `planner: ${name}: ${nodes} nodes, ${clusters} clusters, ${pods} pods\n` +
    `  ${steps} steps${proved ? ', proved' : ''}, ${violations} violations\n`;
  return (
    head('model, seed 1', thousand) +
    line('plan and certify', thousand.plan, promised.thousandPlanMs) +
    unseenLine(thousand.planUnseen) +
    line('check', thousand.check, promised.thousandCheckMs) +
    unseenLine(thousand.checkUnseen) +
    head('the same a third later, one pod elsewhere', replan) +
    line('plan again', replan.plan, promised.replanMs) +
    unseenLine(replan.planUnseen) +
    tenThousandLines(tenThousand)
  );
}

/** Each snapshot of a live fleet is one that was not seen before; what is promised of warm turns is measured on one that was. */
function unseenLine({ ms, leastMs, turns }: Times): string {
  return `    of a fleet not seen before ${ms.toFixed(1)} ms   least ${leastMs.toFixed(1)}   median of ${turns} warm turns\n`;
}

function tenThousandLines(measured: TenThousandMeasured): string {
  if (measured.kind === 'not-finished') return `planner: 10,000 nodes: not finished: ${measured.why}\n`;
  const { nodes, clusters, pods, steps, proved, violations, planMs, checkMs, rssBeforeMB, rssPeakMB } =
    measured;
  return (
    `planner: model, seed 1, in a process of its own: ${nodes} nodes, ${clusters} clusters, ${pods} pods\n` +
    `  ${steps} steps${proved ? ', proved' : ''}, ${violations} violations\n` +
    `  plan and certify   ${planMs.toFixed(1).padStart(10)} ms   asked: ${promised.tenThousandPlanMs}\n` +
    `  check              ${checkMs.toFixed(1).padStart(10)} ms\n` +
    `  resident           ${rssPeakMB.toFixed(0).padStart(10)} MB   of which ${rssBeforeMB.toFixed(0)} before planning (process and fleet)   asked: ${promised.tenThousandMB}\n`
  );
}

function benchModel(fleet: Fleet, request: DrainRequest): { measured: ModelMeasured; plan: DrainPlan } {
  const planned = measure(() => planDrain(fleet, request), manyTurns);
  const answer = planned.result;
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  const { plan } = answer;
  const checked = measure(() => checkPlan(plan, fleet), manyTurns);
  const plannedUnseen = measure(() => planDrain({ ...fleet }, request), manyTurns);
  const checkedUnseen = measure(() => checkPlan(plan, { ...fleet }), manyTurns);
  const measured = {
    nodes: fleet.nodes.length,
    clusters: fleet.clusters.length,
    pods: fleet.pods.length,
    plan: timesOf(planned),
    check: timesOf(checked),
    planUnseen: timesOf(plannedUnseen),
    checkUnseen: timesOf(checkedUnseen),
    steps: plan.steps.length,
    proved: plan.certificate.outages.proved && plan.certificate.switchovers.proved,
    violations: checked.result.length,
  };
  return { measured, plan };
}

function timesOf<Result>({ ms, leastMs, turns }: Timed<Result>): Times {
  return { ms: rounded(ms), leastMs: rounded(leastMs), turns };
}

async function benchTenThousand(): Promise<TenThousandMeasured> {
  const file = fileURLToPath(new URL('./ten-thousand.ts', import.meta.url));
  const flags = ['--expose-gc', '--max-old-space-size=6000', file];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { timeout: deadlineMs }, (error, stdout) => {
      if (error === null) resolve({ kind: 'finished', ...JSON.parse(stdout) });
      else
        resolve({
          kind: 'not-finished',
          why: error.killed ? `stopped after ${deadlineMs} ms` : firstLine(error),
        });
    });
  });
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0] ?? '';
}
