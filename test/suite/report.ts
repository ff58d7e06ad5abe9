/** The suite in words: one row for each family, what is wrong with which fleet, and the bars. */
import {
  type BarVerdict,
  extraMoves,
  fewer,
  gapMost,
  gapShare,
  total,
  violations,
  wavesMost,
  wavesRatio,
} from './bars.ts';
import { type Family, families, type SuiteFleet, suiteFleet } from './families.ts';
import type { Judged } from './judge-fleet.ts';

/** Fleets named where many are wrong. */
const namedMost = 12;

const heading = [
  ['extra node', 'nodes', 'full', 'fleets', 'proved', 'gap', 'most', 'refused', 'wrong'],
  ['moves', 'waves', 'most', '< uncoord.', '< new', 'plan ms', 'check ms'],
].flat();

/** Returns the table of the families that these fleets are of. */
export function tableOf(judged: readonly Judged[]): string {
  const byFamily = Map.groupBy(judged, ({ number }) => number % families.length);
  const rows = families.flatMap((family, index) => {
    const own = byFamily.get(index);
    return own === undefined ? [] : [rowOf(family, own)];
  });
  const widths = heading.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return `${[line(heading), ...rows.map(line)].join('\n')}\n`;
}

/** Returns a line for each fleet with a violation or a refusal that need not be. */
export function wrongFleets(judged: readonly Judged[]): string {
  const sentences = judged.flatMap((each) => {
    const { feasible } = suiteFleet(each.number);
    const refused = feasible && each.refused > 0 ? [`refused ${each.refused} nodes`] : [];
    const against =
      each.against.length > 0 ? [`${each.against.length} violations: ${each.against[0] ?? ''}`] : [];
    return [...refused, ...against].map((sentence) => `fleet ${each.number}: ${sentence}\n`);
  });
  const more = sentences.length - namedMost;
  return `${sentences.slice(0, namedMost).join('')}${more > 0 ? `and ${more} more\n` : ''}`;
}

/** Returns one line for each bar. */
export function barLines(verdicts: readonly BarVerdict[]): string {
  return verdicts
    .map(({ bar, measured, met }) => {
      const limit =
        'least' in bar.limit
          ? `at least ${show(bar.limit.least, bar.unit)}`
          : `at most ${show(bar.limit.most, bar.unit)}`;
      const verdict = measured === undefined ? 'not run' : met ? 'met' : 'MISSED';
      const found = measured === undefined ? '-' : show(measured, bar.unit);
      return `${verdict.padEnd(8)} ${bar.name.padEnd(62)} ${found.padStart(9)}   ${limit}\n`;
    })
    .join('');
}

/** Returns what is measured for no bar: proofs by what varies within the families. */
export function proofsByKind(judged: readonly Judged[]): string {
  const oneEach = ({ family }: SuiteFleet) =>
    family.surge === 'a zone' && !family.together && family.utilisation <= 0.9;
  const kinds: readonly (readonly [string, (fleet: SuiteFleet) => boolean])[] = [
    ['cpu runs out', ({ wanted }) => wanted.bound === 'cpu'],
    ['memory runs out', ({ wanted }) => wanted.bound === 'memory'],
    ['either, by zone', ({ wanted }) => wanted.bound === 'mixed'],
    ['all nodes go', ({ wanted }) => wanted.drained === 1],
    ['60 % of them go', ({ wanted }) => wanted.drained !== 1],
    [
      'up to 0.9, one extra node a zone, members may be parked',
      (fleet) => oneEach(fleet) && !fleet.wanted.readyLabel,
    ],
    [
      'up to 0.9, one extra node a zone, no member can be parked',
      (fleet) => oneEach(fleet) && fleet.wanted.readyLabel === true,
    ],
  ];
  return kinds
    .map(([name, holds]) => {
      const own = judged.filter(({ number }) => holds(suiteFleet(number)));
      const proved = own.filter((each) => each.proved).length;
      const gap = own.length === 0 ? '-' : show(gapShare(own), 'percent');
      return `  ${name}: ${proved} of ${own.length} proved, gap ${gap}\n`;
    })
    .join('');
}

function rowOf(family: Family, judged: readonly Judged[]): readonly string[] {
  const { surge, nodes, utilisation, extra, together } = family;
  const percent = (share: number) => show(share, 'percent');
  return [
    `${surge === 'a zone' ? `${extra} a zone` : surge}${together ? ', together' : ''}`,
    String(nodes),
    String(utilisation),
    String(judged.length),
    String(judged.filter((each) => each.proved).length),
    percent(gapShare(judged)),
    percent(gapMost(judged)),
    String(total(judged, (each) => each.refused)),
    String(violations(judged)),
    `+${percent(extraMoves(judged))}`,
    wavesRatio(judged).toFixed(2),
    wavesMost(judged).toFixed(2),
    percent(fewer(judged, (each) => each.uncoordinated)),
    percent(fewer(judged, (each) => each.preferNew)),
    median(judged.map((each) => each.planMs)).toFixed(0),
    median(judged.map((each) => each.checkMs)).toFixed(0),
  ];
}

function show(amount: number, unit: 'percent' | 'times' | 'count'): string {
  if (unit === 'count') return String(amount);
  if (unit === 'times') return `${amount.toFixed(2)} x`;
  const digits = Math.abs(amount) < 0.05 ? 2 : 1;
  const text = `${(amount * 100).toFixed(digits)} %`;
  // What is not quite nothing or all is not shown as if it were.
  if (amount > 0 && Number.parseFloat(text) === 0) return '< 0.01 %';
  return amount < 1 && Number.parseFloat(text) === 100 ? '> 99.9 %' : text;
}

function median(amounts: readonly number[]): number {
  const sorted = [...amounts].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
