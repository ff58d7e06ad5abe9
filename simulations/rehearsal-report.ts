/** What a rehearsal showed: one sentence, one table, then the clusters. The same figures as text, as a page and as JSON. */
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
  readonly nodes: number;
  readonly refused: number;
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
  return {
    plan: plan.id,
    nodes: plan.summary.nodes,
    refused: plan.refusals.length,
    proved: plan.certificate.switchovers.proved && plan.certificate.outages.proved,
    runs: strategies[0]?.runs ?? 0,
    seed,
    strategies,
  };
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

const headings = [
  'strategy',
  'role changes',
  'worst cluster',
  'failovers',
  'outages',
  'minutes',
  'finished',
] as const;

function cells(row: StrategyRow): readonly string[] {
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

function sentence(report: RehearsalReport): string {
  const planned = report.strategies.find((row) => row.strategy === 'planned');
  const naive = report.strategies.find((row) => row.strategy === 'naive');
  const nodes = `${report.nodes} ${report.nodes === 1 ? 'node' : 'nodes'}`;
  if (planned === undefined) return `Rehearsed on a simulated copy: ${nodes}.`;
  const changes = planned.roleChanges.most;
  const own = `Replacing ${nodes} as planned changes ${changes} ${changes === 1 ? 'primary' : 'primaries'}${report.proved ? ', proved to be the fewest' : ''}`;
  return naive === undefined ? `${own}.` : `${own}. Node by node it is ${naive.roleChanges.most}.`;
}

function footnotes(report: RehearsalReport): readonly string[] {
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
          `${report.refused} ${report.refused === 1 ? 'node is' : 'nodes are'} refused by the plan; switchyard plan says why`,
        ]),
    `${report.runs} ${report.runs === 1 ? 'rehearsal' : 'rehearsals'} of each from seed ${report.seed}${report.runs === 1 ? '.' : '; two figures: half of them / 19 of 20.'}`,
  ];
}

/** The clusters whose worst counts differ between the strategies, the greatest first; the others are only counted. */
function differing(report: RehearsalReport): {
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

const clustersShown = 20;

/** The report for a terminal. */
export function rehearsalText(report: RehearsalReport): string {
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
          ...(equal > 0 ? [`${equal} equal`] : []),
        ];
  return [sentence(report), '', ...table.map(line), ...clusters, '', ...footnotes(report), ''].join('\n');
}

/** The report as a page of its own: no script, no request, prints on paper. */
export function rehearsalPage(report: RehearsalReport): string {
  const { rows, equal } = differing(report);
  const tableOf = (head: readonly string[], body: readonly (readonly (string | number)[])[]): string =>
    `<table><thead><tr>${head.map((cell) => `<th scope="col">${asHtml(cell)}</th>`).join('')}</tr></thead><tbody>${body
      .map(
        (row) =>
          `<tr>${row.map((cell, column) => (column === 0 ? `<th scope="row">${asHtml(cell)}</th>` : `<td>${asHtml(cell)}</td>`)).join('')}</tr>`,
      )
      .join('')}</tbody></table>`;
  const clusterRows = rows.map(([name, counts]) => [name, ...counts]);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>What if: plan ${asHtml(report.plan.slice(0, 8))}</title>
<style>
:root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1.5rem 0; } th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
th:first-child { text-align: left; } td { font-variant-numeric: tabular-nums; }
</style>
<h1>What if?</h1>
<p><strong>${asHtml(sentence(report))}</strong></p>
${tableOf(headings, report.strategies.map(cells))}
${rows.length === 0 ? '' : `<h2>Clusters</h2>${tableOf(['cluster', ...report.strategies.map((row) => row.strategy)], clusterRows)}<p>${equal} equal.</p>`}
${footnotes(report)
  .map((note) => `<p>${asHtml(note)}</p>`)
  .join('\n')}
</html>
`;
}

function asHtml(text: string | number): string {
  return String(text).replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign,
  );
}
