/** What a rehearsal showed: one sentence, one table, then the clusters. The same figures as text, as JSON and as a page (rehearsal-page.ts). */
import { counted, listed } from '../planner/explain/explain-words.ts';
import type { DrainPlan } from '../planner/plan.ts';
import type { SimulationResult } from './simulate.ts';

type Spread = { readonly half: number; readonly most: number };

export type StrategyRow = {
  readonly strategy: string;
  /** Rehearsals that came to their end, of `runs`. */
  readonly finished: number;
  readonly runs: number;
  /** Where the first one that did not finish got stuck. */
  readonly stuck: string | null;
  /** Changes of primary in all: in half of the rehearsals at most `half`, in 19 of 20 at most `most`. */
  readonly roleChanges: Spread;
  /** Of the cluster that suffers most, in any rehearsal. */
  readonly worstCluster: number;
  readonly failovers: Spread;
  readonly outages: Spread;
  readonly seconds: Spread;
  readonly violations: number;
  /** Most role changes of each cluster in any rehearsal. */
  readonly clusters: Readonly<Record<string, number>>;
};

export type RehearsalReport = {
  readonly plan: string;
  /** When the dump was taken (RFC 3339); null: unknown. */
  readonly takenAt: string | null;
  /** How many nodes the plan replaces, and so does every strategy; which they are. */
  readonly nodes: number;
  readonly nodeNames: readonly string[];
  /** How many nodes the plan refuses; which they are. */
  readonly refused: number;
  readonly refusedNames: readonly string[];
  readonly findings: number;
  readonly proved: boolean;
  readonly runs: number;
  readonly seed: number;
  readonly strategies: readonly StrategyRow[];
};

/** Sums up the results of one plan's rehearsals, one row a strategy, in the order in which they were played. */
export function rehearsalReport(
  plan: DrainPlan,
  results: readonly SimulationResult[],
  seed: number,
): RehearsalReport {
  const names = [...new Set(results.map((result) => result.strategy))];
  const strategies = names.map((name) =>
    rowOf(
      name,
      results.filter((result) => result.strategy === name),
    ),
  );
  const nodeNames = nodesPlanned(plan);
  const refusedNames = [...new Set(plan.refusals.map(({ node }) => node))].sort();
  return {
    plan: plan.id,
    takenAt: plan.snapshot.takenAt,
    nodes: nodeNames.length,
    nodeNames,
    refused: refusedNames.length,
    refusedNames,
    findings: plan.findings.length,
    proved: plan.certificate.switchovers.proved && plan.certificate.outages.proved,
    runs: strategies[0]?.runs ?? 0,
    seed,
    strategies,
  };
}

/** Returns the nodes that the plan empties: what other strategies are compared over. */
export function nodesPlanned(plan: DrainPlan): readonly string[] {
  return plan.steps.flatMap((step) => (step.kind === 'release' ? [step.node] : [])).sort();
}

function rowOf(strategy: string, results: readonly SimulationResult[]): StrategyRow {
  const clusters = new Map<string, number>();
  for (const { roleChanges } of results)
    for (const [cluster, count] of Object.entries(roleChanges))
      clusters.set(cluster, Math.max(count, clusters.get(cluster) ?? 0));
  return {
    strategy,
    finished: results.filter((result) => result.finished).length,
    runs: results.length,
    stuck: results.find((result) => !result.finished)?.stuck ?? null,
    roleChanges: spread(results.map((result) => result.switchovers + result.failovers)),
    worstCluster: Math.max(0, ...clusters.values()),
    failovers: spread(results.map((result) => result.failovers)),
    outages: spread(results.map((result) => result.outages)),
    seconds: spread(results.map((result) => result.seconds)),
    violations: results.reduce((sum, result) => sum + result.violations.length, 0),
    clusters: Object.fromEntries([...clusters].sort(([one], [other]) => (one < other ? -1 : 1))),
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { half: at(0.5), most: at(0.95) };
}

/** Above the cells of a strategy. */
export const headings = [
  'strategy',
  'role changes',
  'worst cluster',
  'failovers',
  'outages',
  'minutes',
  'finished',
] as const;

/** A strategy's row under the headings. */
export function cells(row: StrategyRow): readonly string[] {
  const range = ({ half, most }: Spread): string => (half === most ? `${half}` : `${half} / ${most}`);
  const minutes = { half: Math.round(row.seconds.half / 60), most: Math.round(row.seconds.most / 60) };
  const ended = row.finished === row.runs ? 'yes' : row.runs === 1 ? 'no' : `${row.finished} of ${row.runs}`;
  return [
    row.strategy,
    range(row.roleChanges),
    `${row.worstCluster}`,
    range(row.failovers),
    range(row.outages),
    range(minutes),
    ended,
  ];
}

/** The answer in one sentence or two; first of all that there is nothing to compare, where nothing can be planned. */
export function sentence(report: RehearsalReport): string {
  const { nodes, refused } = report;
  if (isNothing(report)) return `Nothing can be planned: ${counted(refused, 'node')} refused.`;
  const planned = report.strategies.find((row) => row.strategy === 'planned');
  const naive = report.strategies.find((row) => row.strategy === 'naive');
  const all = refused === 0 ? counted(nodes, 'node') : `${nodes} of ${counted(nodes + refused, 'node')}`;
  if (planned === undefined) return `Rehearsed on a simulated copy: ${all}.`;
  const changes = counted(planned.roleChanges.most, 'primary', 'primaries');
  const own = `Replacing ${all} as planned changes ${changes}${report.proved ? ', proved to be the fewest' : ''}`;
  const same = refused === 0 ? 'it is' : `the same ${nodes === 1 ? 'node is' : `${nodes} are`}`;
  return naive === undefined ? `${own}.` : `${own}. Node by node ${same} ${naive.roleChanges.most}.`;
}

/** True where every node was refused: the figures of such a rehearsal say nothing. */
export function isNothing({ nodes, refused }: RehearsalReport): boolean {
  return nodes === 0 && refused > 0;
}

/** What has to be known beside the figures, a sentence each. */
export function footnotes(report: RehearsalReport): readonly string[] {
  return [
    ...report.strategies.flatMap((row) =>
      row.stuck === null ? [] : [`${row.strategy} got stuck: ${row.stuck}`],
    ),
    ...report.strategies.flatMap((row) =>
      row.violations === 0 ? [] : [`${row.strategy} broke a safety rule ${row.violations} times`],
    ),
    ...(report.refused === 0
      ? []
      : [
          `refused by the plan: ${listed(report.refusedNames)}; switchyard plan says why. No strategy touches ${report.refused === 1 ? 'it' : 'them'}`,
        ]),
    ...(isNothing(report)
      ? []
      : [`${counted(report.runs, 'rehearsal')} of each from seed ${report.seed}${twoFigures(report)}.`]),
  ];
}

function twoFigures({ runs }: RehearsalReport): string {
  return runs === 1 ? '' : '; two figures: half of them / 19 of 20';
}

/** The clusters whose worst counts differ between the strategies, the greatest first; the others are only counted. */
export function differing(report: RehearsalReport): {
  readonly rows: readonly (readonly [string, readonly number[]])[];
  readonly equal: number;
} {
  const names = [...new Set(report.strategies.flatMap((row) => Object.keys(row.clusters)))].sort();
  const all = names.map((name) => [name, report.strategies.map((row) => row.clusters[name] ?? 0)] as const);
  const rows = all.filter(([, counts]) => new Set(counts).size > 1);
  return {
    rows: [...rows].sort((one, other) => Math.max(...other[1]) - Math.max(...one[1])),
    equal: all.length - rows.length,
  };
}

/** How many clusters fare alike whatever is done; empty: none. */
export function equalWords(equal: number): string {
  if (equal === 0) return '';
  return equal === 1
    ? '1 cluster is interrupted equally often by all.'
    : `${equal} clusters are interrupted equally often by all.`;
}

const clustersShown = 20;

/** The report for a terminal. */
export function rehearsalText(report: RehearsalReport): string {
  if (isNothing(report)) return [sentence(report), '', ...footnotes(report), ''].join('\n');
  const table = [headings, ...report.strategies.map(cells)];
  const widths = headings.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const { rows, equal } = differing(report);
  const nameWidth = Math.max(7, ...rows.map(([name]) => name.length));
  const clusterLine = (name: string, values: readonly (string | number)[]): string =>
    `${name.padEnd(nameWidth)}  ${values.map((value) => String(value).padStart(9)).join('  ')}`;
  const clusters =
    rows.length === 0
      ? []
      : [
          '',
          clusterLine(
            'cluster',
            report.strategies.map((row) => row.strategy),
          ),
          ...rows.slice(0, clustersShown).map(([name, counts]) => clusterLine(name, counts)),
          ...(rows.length > clustersShown ? [`${rows.length - clustersShown} more differ`] : []),
          ...(equal > 0 ? [equalWords(equal)] : []),
        ];
  return [sentence(report), '', ...table.map(line), ...clusters, '', ...footnotes(report), ''].join('\n');
}
