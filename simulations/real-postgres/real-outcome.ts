/** What a demo with real databases must show, and its table. Pure. */
import type { Run } from '../../executor/run.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import type { Tally } from '../role-change-table.ts';

/** One way of replacing the nodes, as it went. */
export type Told = Tally & {
  readonly outages: number;
  /** Rows that the clients of all clusters were promised, and those of them that are not there. */
  readonly acknowledged: number;
  readonly lost: number;
  /** Time without an acknowledged row around each role change. */
  readonly gapsMs: readonly number[];
};

export type Outcome = {
  /** Role changes of the naive rotation as the simulated Patroni has them. */
  readonly predicted: Tally;
  readonly naive: Told;
  readonly planned: Told;
  readonly plan: DrainPlan;
  readonly run: { readonly id: string; readonly state: Run['state']; readonly unplanned: number };
  /** Of switchovers that nobody planned, some of each cluster. */
  readonly bareGapsMs: readonly number[];
};

/** A planned switchover is Patroni's own: what is more than this above it would be of our making. */
const GAP_RATIO_MAX = 1.2;

/** Each promise that was not kept, as a sentence; empty: all were. */
export function missedBars({ predicted, naive, planned, plan, run, bareGapsMs }: Outcome): readonly string[] {
  const ratio = longest(planned.gapsMs) / longest(bareGapsMs);
  return [
    ...(run.state === 'finished' ? [] : [`run ${run.id} is ${run.state}`]),
    ...Object.entries(predicted.clusters).flatMap(([cluster, count]) =>
      naive.clusters[cluster] === count
        ? []
        : [`${cluster}: ${naive.clusters[cluster]} role changes of the naive rotation, ${count} predicted`],
    ),
    ...(planned.total === plan.summary.switchovers && run.unplanned === 0
      ? []
      : [`${planned.total} role changes as planned, ${plan.summary.switchovers} predicted`]),
    ...(naive.outages + planned.outages === 0 ? [] : ['a cluster was without a leader']),
    ...(naive.lost + planned.lost === 0 ? [] : ['acknowledged rows are lost']),
    ...(naive.acknowledged > 0 && planned.acknowledged > 0 ? [] : ['no row was acknowledged']),
    ...(ratio <= GAP_RATIO_MAX
      ? []
      : [
          `the longest gap of a planned switchover is ${ratio.toFixed(2)} times a bare one's, at most ${GAP_RATIO_MAX}`,
        ]),
  ];
}

/** Naive beside planned, and the gap of a bare switchover beside both. */
export function realTable({ naive, planned, predicted, bareGapsMs }: Outcome): string {
  const rows: readonly (readonly (string | number)[])[] = [
    ['role changes', 'predicted', 'naive', 'planned', 'bare'],
    ...Object.keys(predicted.clusters).map((name) => [
      name,
      predicted.clusters[name] ?? 0,
      naive.clusters[name] ?? 0,
      planned.clusters[name] ?? 0,
      '',
    ]),
    ['total', predicted.total, naive.total, planned.total, bareGapsMs.length],
    ['outages', '', naive.outages, planned.outages, ''],
    ['rows acknowledged', '', naive.acknowledged, planned.acknowledged, ''],
    ['rows lost', '', naive.lost, planned.lost, ''],
    ['longest write gap', '', inSeconds(naive.gapsMs), inSeconds(planned.gapsMs), inSeconds(bareGapsMs)],
  ];
  return rows
    .map(([name = '', ...cells]) =>
      `${String(name).padEnd(18)}${cells.map((cell) => String(cell).padStart(10)).join('')}`.trimEnd(),
    )
    .join('\n');
}

function longest(gapsMs: readonly number[]): number {
  return Math.max(0, ...gapsMs);
}

function inSeconds(gapsMs: readonly number[]): string {
  return `${(longest(gapsMs) / 1000).toFixed(2)} s`;
}
