/**
 * What a run promised and what came of it, side by side, for the page once the run has ended. Pure.
 */
import type { Run, RunSummary } from '../executor/run.ts';
import { duration } from '../planner/explain/explain-words.ts';
import type { DrainPlan } from '../planner/plan.ts';

export type RunResult = {
  readonly rows: readonly {
    readonly name: string;
    readonly planned: string;
    readonly real: string;
    /** Worse than promised. */
    readonly loud: boolean;
  }[];
  /** Clusters that any way of doing it interrupts, those that naive interrupts most first. */
  readonly clusters: readonly {
    readonly key: string;
    readonly naive: number;
    readonly planned: number;
    readonly real: number;
  }[];
  /** How many clusters are not listed. */
  readonly clustersMore: number;
};

/** What the first plan of a run promised, where the run went on by another one. */
export type PromisedFirst = {
  readonly planId: string;
  readonly verdict: string;
  readonly summary: DrainPlan['summary'];
};

const CLUSTERS_MAX = 12;

/** Planned and real numbers of a run that has ended, and what its first plan promised, where that is another one. */
export function runResult(run: Run, plan: DrainPlan, first?: PromisedFirst): RunResult {
  const { counts } = run;
  const took = tookSeconds(run);
  const { p50, p95 } = expectedSeconds(run, plan);
  const row = (name: string, planned: number, real: number, loud = real > planned) => ({
    name,
    planned: String(planned),
    real: String(real),
    loud,
  });
  const clusters = clusterRows(run, plan);
  return {
    rows: [
      first === undefined || first.summary.switchovers === counts.planned
        ? row('switchovers', counts.planned, counts.done)
        : {
            ...row('switchovers', first.summary.switchovers, counts.done),
            planned: `${first.summary.switchovers} at first, then ${counts.planned}`,
          },
      row('unplanned role changes', 0, counts.unplanned),
      row('outages', plan.summary.outages, counts.outages),
      row('moves', counts.movesPlanned, counts.moves),
      row('nodes released', counts.nodes, counts.released, counts.released < counts.nodes),
      {
        name: 'duration',
        planned: `about ${duration(p50)}, 19 of 20 under ${duration(p95)}`,
        real: took === undefined ? 'unknown' : tookWords(took),
        loud: took !== undefined && took > p95,
      },
    ],
    clusters: clusters.slice(0, CLUSTERS_MAX),
    clustersMore: Math.max(0, clusters.length - CLUSTERS_MAX),
  };
}

/** As the run expected it: a simulated fleet may live faster than the plan says, and a window opens when it opens. */
function expectedSeconds(
  { startedAt, expectedEnd }: RunSummary,
  plan: DrainPlan,
): DrainPlan['summary']['expectedSeconds'] {
  if (startedAt === undefined || expectedEnd === undefined) return plan.summary.expectedSeconds;
  const until = (time: string) => (Date.parse(time) - Date.parse(startedAt)) / 1_000;
  return { p50: until(expectedEnd.p50), p95: until(expectedEnd.p95) };
}

/** Seconds from start to end. Undefined: not both are known. */
export function tookSeconds(run: RunSummary): number | undefined {
  if (run.startedAt === undefined || run.endedAt === undefined) return undefined;
  return Math.max(0, Math.round((Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000));
}

/** A measured duration; nothing is rounded up as in an estimate: `41 s`, `11 min 20 s`, `2 h 05 min`. */
export function tookWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function clusterRows(run: Run, plan: DrainPlan): RunResult['clusters'] {
  const real = new Map<string, number>();
  for (const step of plan.steps) {
    if (step.kind !== 'switchover' || run.steps[step.id]?.state !== 'done') continue;
    real.set(step.cluster, (real.get(step.cluster) ?? 0) + 1);
  }
  const naive = plan.summary.baselines.naive.clusters;
  return Object.entries(plan.clusters)
    .map(([key, verdict]) => ({
      key,
      naive: naive[key] ?? 0,
      planned: verdict.switchovers,
      real: real.get(key) ?? 0,
    }))
    .filter((row) => row.naive + row.planned + row.real > 0)
    .sort((left, right) => right.naive - left.naive || (left.key < right.key ? -1 : 1));
}
