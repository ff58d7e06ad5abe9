/** A rehearsal as a page of its own: no script, no request, prints on paper, and says what it is about to whom it is sent. */
import { counted, listed } from '../planner/explain/explain-words.ts';
import {
  cells,
  differing,
  equalWords,
  footnotes,
  headings,
  isNothing,
  type RehearsalReport,
  sentence,
} from './rehearsal-report.ts';

export type PageOrigin = {
  /** Files of the dump. */
  readonly dump: string;
  /** RFC 3339 */
  readonly writtenAt: string;
  readonly version: string;
  /** The command line that plays the same again. */
  readonly command: string;
};

const style = `
:root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; } th, td { padding: .3rem .8rem; text-align: right; white-space: nowrap; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
th:first-child { text-align: left; } td { font-variant-numeric: tabular-nums; }
.box { overflow-x: auto; margin: 1.5rem 0; } dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dd { margin: 0; }
@media print { .box { overflow: visible; } }
@media (max-width: 40rem) { dl { display: block; } dd { margin: 0 0 .5rem; } }`;

/** The report as HTML, with what it is about and the command that plays it again. */
export function rehearsalPage(report: RehearsalReport, origin: PageOrigin): string {
  const { rows, equal } = differing(report);
  const names = report.strategies.map((row) => row.strategy);
  const clusterRows = rows.map(([name, counts]) => [name, ...counts]);
  const clusters = rows.length === 0 ? '' : tableOf('Clusters', ['cluster', ...names], clusterRows);
  const compared = `${tableOf('Strategies', headings, report.strategies.map(cells))}
${clusters === '' ? '' : `<h2>Clusters</h2>${clusters}`}
${equal === 0 ? '' : `<p>${equalWords(equal)}</p>`}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>What if: ${asHtml(origin.dump)}, plan ${asHtml(report.plan.slice(0, 8))}</title>
<style>${style}
</style>
<main>
<h1>What if we replace ${asHtml(listed(report.nodeNames.length > 0 ? report.nodeNames : report.refusedNames))}?</h1>
<p><strong>${asHtml(sentence(report))}</strong></p>
${isNothing(report) ? '' : compared}
${footnotes(report)
  .map((note) => `<p>${asHtml(note)}</p>`)
  .join('\n')}
<h2>About</h2>
<dl>${about(report, origin)
    .map(([name, words]) => `<dt>${name}</dt><dd>${words}</dd>`)
    .join('\n')}</dl>
</main>
</html>
`;
}

/** Names and what stands beside them, as HTML. */
function about(report: RehearsalReport, origin: PageOrigin): readonly (readonly [string, string])[] {
  const of = (count: number, names: readonly string[]) =>
    names.length === 0 ? `${count}` : `${count}: ${asHtml(listed(names, 50))}`;
  return [
    ['fleet', asHtml(origin.dump)],
    ['taken', report.takenAt === null ? 'unknown when' : asHtml(report.takenAt)],
    ['nodes', of(report.nodes, report.nodeNames)],
    ['refused', of(report.refused, report.refusedNames)],
    ['findings', `${counted(report.findings, 'finding')}; switchyard plan prints them`],
    ['plan', asHtml(report.plan)],
    ['written', `${asHtml(origin.writtenAt)} by Switchyard ${asHtml(origin.version)}`],
    ['again', `<code>${asHtml(origin.command)}</code>`],
  ];
}

/** In a box that scrolls: a narrow screen never scrolls as a whole. */
function tableOf(
  name: string,
  head: readonly string[],
  body: readonly (readonly (string | number)[])[],
): string {
  const rows = body.map(
    (row) =>
      `<tr>${row.map((cell, column) => (column === 0 ? `<th scope="row">${asHtml(cell)}</th>` : `<td>${asHtml(cell)}</td>`)).join('')}</tr>`,
  );
  const headRow = head.map((cell) => `<th scope="col">${asHtml(cell)}</th>`).join('');
  return `<div class="box" role="region" aria-label="${name}" tabindex="0"><table><thead><tr>${headRow}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function asHtml(text: string | number): string {
  return String(text).replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign,
  );
}
