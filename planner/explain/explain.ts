/**
 * A plan as text people read: on the terminal, in the API, on the page, in logs and in the golden transcripts. It is plain
 * ASCII, so that it reads the same everywhere; names are never cut.
 */

import type { ClusterVerdict, DrainPlan, Finding, Refusal, Severity } from '../plan.ts';
import { explainBecause } from './explain-because.ts';
import { explainProof, isWeighted } from './explain-certificate.ts';
import { explainFinding, explainRefusal } from './explain-finding.ts';
import { explainWaves } from './explain-waves.ts';
import { counted, duration, groups, shortId, wrapped } from './explain-words.ts';

export type Layout = {
  /** Columns; default 80. */
  readonly width?: number;
  /** Every step, however many there are. */
  readonly full?: boolean;
  /** Commands that come next, ready to be pasted; default: those for a plan that the service has. */
  readonly next?: readonly string[];
};

/** Plans of more steps are shown wave by wave: nobody reads more than a screen before the first decision. */
const stepsMax = 40;

/** One cluster in so many is many. */
const manyShare = 10;

/** The whole plan: verdict, clusters, waves, findings, refusals, verdict again. Over 40 steps only what is unusual in full. */
export function explainPlan(plan: DrainPlan, layout: Layout = {}): string {
  const width = layout.width ?? 80;
  const isShort = plan.steps.length <= stepsMax || layout.full === true;
  const blocks = [
    headline(plan, width),
    clusterTable(plan, isShort, width),
    explainWaves(plan, isShort, width),
    plan.findings.toSorted(bySeverity).flatMap((finding) => findingLines(finding, width)),
    refusalBlock(plan, width),
    closing(plan, width, layout.next ?? [`switchyard run start ${plan.id}`]),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** The plan in one line: what it costs, whether that is the least, what is left out. */
export function explainVerdict(plan: DrainPlan): string {
  const { summary, refusals } = plan;
  const refused = new Set(refusals.map((refusal) => refusal.node)).size;
  if (plan.steps.length === 0)
    return refused > 0
      ? `Nothing can be planned: ${counted(refused, 'node')} refused.`
      : 'Nothing to do: no node has to be emptied.';
  const extent = [
    counted(summary.moves, 'move'),
    counted(summary.nodes, 'node'),
    counted(summary.waves, 'wave'),
  ];
  const left = refused > 0 ? ` ${counted(refused, 'node')} refused.` : '';
  // An outage is worse than any number of switchovers, and is said first.
  const costs = [switchoverWords(plan), outageWords(plan)];
  if (summary.outages > 0) costs.reverse();
  return `${costs.join(' ')} ${extent.join(', ')}.${left}${unknownWords(plan)}`;
}

/** The plan counts on candidates of whom nobody knows yet whether they may take over: worth a word where that is so of many clusters. */
function unknownWords({ clusters, findings }: DrainPlan): string {
  const unknown = findings.find(({ code }) => code === 'unknown-lag')?.count ?? 0;
  const all = Object.keys(clusters).length;
  if (unknown === 0 || unknown * manyShare < all) return '';
  return ` Lag unknown in ${groups(unknown)} of ${counted(all, 'cluster')}: no switchover there until it is known.`;
}

function switchoverWords(plan: DrainPlan): string {
  const { summary, certificate } = plan;
  const naive = `naive: ${groups(summary.baselines.naive.switchovers)}`;
  const proof = explainProof(certificate.switchovers);
  const count = counted(summary.switchovers, 'switchover');
  if (isWeighted(plan))
    return `${count} (weighted ${groups(summary.weightedSwitchovers)}), ${proof} (${naive} switchovers).`;
  return `${count}, ${proof} (${naive}).`;
}

function outageWords({ summary, certificate }: DrainPlan): string {
  const words = counted(summary.outages, 'outage');
  return summary.outages === 0 && certificate.outages.proved
    ? `${words}.`
    : `${words.toUpperCase()}, ${explainProof(certificate.outages)}.`;
}

function headline(plan: DrainPlan, width: number): readonly string[] {
  const verdict = wrapped('', explainVerdict(plan), width);
  if (plan.steps.length === 0) return verdict;
  const { p50, p95 } = plan.summary.expectedSeconds;
  const extra = Object.entries(plan.summary.surgeByZone)
    .filter(([, nodes]) => nodes > 0)
    .map(([zone, nodes]) => `${zone} +${nodes}`);
  const total = plan.request.surge?.total ?? undefined;
  const cap = total === undefined || extra.length <= 1 ? '' : ` (${total} at a time)`;
  const nodes = extra.length === 0 ? 'No extra nodes.' : `Extra nodes: ${extra.join(', ')}${cap}.`;
  const time = `About ${duration(p50)}; 19 of 20 runs under ${duration(p95)}. ${nodes}`;
  return [...verdict, ...wrapped('', time, width)];
}

/** All clusters of a short plan; of a long one those above their bound: the others need no explanation. */
function clusterTable(plan: DrainPlan, isShort: boolean, width: number): readonly string[] {
  const naive = new Map(Object.entries(plan.summary.baselines.naive.clusters));
  const all = Object.entries(plan.clusters);
  const shown = isShort
    ? all
    : all.filter(([, verdict]) => verdict.outages > 0 || verdict.switchovers > verdict.bound);
  if (all.length === 0 || plan.steps.length === 0) return [];
  const rows = shown.map(([key, verdict]) => [
    key,
    String(naive.get(key) ?? 0),
    plannedWords(verdict),
    String(verdict.bound),
    explainBecause(verdict.because),
  ]);
  const rest = all.length - shown.length;
  const others = `${counted(rest, shown.length > 0 ? 'other cluster' : 'cluster')}: one switchover or none each, the fewest there can be`;
  const table =
    rows.length === 0 ? [] : aligned([['cluster', 'naive', 'planned', 'bound', 'why'], ...rows], width);
  return [...table, ...(rest > 0 ? [others] : [])];
}

function plannedWords({ switchovers, outages }: ClusterVerdict): string {
  if (outages === 0) return String(switchovers);
  return switchovers === 0 ? counted(outages, 'outage') : `${switchovers} + ${counted(outages, 'outage')}`;
}

/** Columns as wide as their widest cell, numbers to the right; the last column is text and is wrapped. */
function aligned(rows: readonly (readonly string[])[], width: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.flatMap((row) => {
    const cells = row
      .slice(0, -1)
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      );
    return wrapped(`${cells.join('  ')}  `, row.at(-1) ?? '', width);
  });
}

const severities: Readonly<Record<Severity, number>> = { stops: 0, costs: 1, risks: 2, note: 3 };

function bySeverity(a: Finding, b: Finding): number {
  return severities[a.severity] - severities[b.severity];
}

function findingLines(finding: Finding, width: number): readonly string[] {
  return [
    ...wrapped('finding  ', `${finding.code}  ${explainFinding(finding)}`, width),
    ...fixLines(finding.fix, width),
  ];
}

function refusalBlock(plan: DrainPlan, width: number): readonly string[] {
  if (plan.refusals.length === 0) return ['refused  nothing'];
  return plan.refusals.flatMap((refusal: Refusal) => [
    ...wrapped(`refused  ${refusal.node}  `, explainRefusal(refusal), width),
    ...fixLines(refusal.fix, width),
  ]);
}

function fixLines(fix: string | undefined, width: number): readonly string[] {
  if (fix === undefined) return [];
  return fix
    .split('\n')
    .flatMap((line, index) => wrapped(index === 0 ? '    fix  ' : '         ', line.trim(), width));
}

function closing(plan: DrainPlan, width: number, next: readonly string[]): readonly string[] {
  const id = shortId(plan.id);
  const taken = plan.snapshot.takenAt === null ? '' : `   snapshot of ${plan.snapshot.takenAt}`;
  if (plan.steps.length === 0) return wrapped('', `plan ${id}   nothing planned${taken}`, width);
  const { switchovers, outages } = plan.summary;
  return [
    ...wrapped(
      '',
      'Destinations are expected: the scheduler decides. A pod that finds no room or lands on a node to be drained halts the run, to be planned anew.',
      width,
    ),
    ...wrapped(
      '',
      `plan ${id}   ${counted(switchovers, 'switchover')}, ${counted(outages, 'outage')}${taken}`,
      width,
    ),
    // Not wrapped: a command in two lines is not the same any more.
    ...next.map((command, index) => `${index === 0 ? 'next' : '    '}  ${command}`),
  ];
}
