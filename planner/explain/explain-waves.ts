/**
 * The waves of a plan: step by step, or a line each with everything unusual in full.
 */

import type { DrainPlan, Step } from '../plan.ts';
import { type StepLine, stepLine } from './explain-step.ts';
import { counted, duration, fact } from './explain-words.ts';

/** Lines for all waves. Short: every step; else a line per wave, then outages, temporary members and how to see the rest. */
export function explainWaves(plan: DrainPlan, isShort: boolean, width: number): readonly string[] {
  const waves = new Map<number, Step[]>();
  for (const step of plan.steps) waves.set(step.wave, [...(waves.get(step.wave) ?? []), step]);
  const ends = endByWave(plan.steps);
  const timeOf = (wave: number) =>
    `${waves.size === 1 ? 'about' : 'done after'} ${duration(ends.get(wave) ?? 0)}`;
  const ordered = [...waves].sort(([a], [b]) => a - b);
  if (isShort)
    return ordered.flatMap(([wave, steps], index) => [
      ...(index === 0 ? [] : ['']),
      waveTitle(plan, wave, steps, timeOf(wave), width),
      ...stepLines(plan, steps, width),
    ]);
  const unusual = plan.steps.filter(isUnusual);
  return [
    ...ordered.map(([wave, steps]) => {
      const title = `wave ${wave}`.padEnd(`wave ${ordered.at(-1)?.[0] ?? wave}`.length);
      return waveSummary(title, steps, timeOf(wave), width);
    }),
    ...(unusual.length === 0 ? [] : ['unusual', ...stepLines(plan, unusual, width)]),
    `${counted(plan.steps.length, 'step')}; --full prints every one`,
  ];
}

function isUnusual(step: Step): boolean {
  return step.kind === 'scale-out' || step.kind === 'unfence' || (step.kind === 'move' && step.outage);
}

function waveTitle(
  plan: DrainPlan,
  wave: number,
  steps: readonly Step[],
  time: string,
  width: number,
): string {
  const nodes = steps.flatMap((step) =>
    step.kind === 'release' ? [nodeWithZone(plan, step.node, step)] : [],
  );
  return leftAndRight(`wave ${wave}  ${nodes.join('  ')}`.trimEnd(), time, width);
}

function waveSummary(title: string, steps: readonly Step[], time: string, width: number): string {
  const count = (kind: Step['kind']) => steps.filter((step) => step.kind === kind).length;
  const extent = [
    counted(count('release'), 'node'),
    counted(count('switchover'), 'switchover'),
    counted(count('move'), 'move'),
  ];
  return leftAndRight(`${title}  ${extent.join(', ')}`, time, width);
}

function leftAndRight(left: string, right: string, width: number): string {
  return `${left}${' '.repeat(Math.max(2, width - left.length - right.length))}${right}`;
}

/** `z1 n1`: the zone where the plan says it, in the release itself or in what replaces the node. */
function nodeWithZone(plan: DrainPlan, node: string, release: Step): string {
  const replacement = plan.steps.find(
    (step) => step.kind === 'add-node' && fact(step.because.facts, 'replaces', '') === node,
  );
  const zone = fact(release.because.facts, 'zone', replacement?.kind === 'add-node' ? replacement.zone : '');
  return zone === '' ? node : `${zone} ${node}`;
}

/** Neighbours of one kind that name only a node share a line. */
function stepLines(plan: DrainPlan, steps: readonly Step[], width: number): readonly string[] {
  const shorten = onlyNamespace(plan);
  const joined: StepLine[] = [];
  for (const step of steps) {
    const full = stepLine(step);
    const line = { ...full, subject: shorten(full.subject), note: step.kind === 'add-node' ? '' : full.note };
    const last = joined.at(-1);
    const isPlain = line.path === '' && line.note === '';
    if (isPlain && last?.kind === line.kind && last.path === '' && last.note === '')
      joined.splice(-1, 1, { ...last, subject: `${last.subject} ${line.subject}` });
    else joined.push(line);
  }
  const subjects = joined.filter((line) => line.path !== '').map((line) => line.subject.length);
  const subjectWidth = Math.max(0, ...subjects);
  return joined.flatMap((line) => columns(line, subjectWidth, width));
}

function columns(line: StepLine, subjectWidth: number, width: number): readonly string[] {
  const head = `  ${line.kind.padEnd(10)}  `;
  if (line.path === '' && line.note === '') return foldNames(head, line.subject.split(' '), width);
  const text = `${head}${line.subject.padEnd(subjectWidth)}  ${line.path}`.trimEnd();
  if (line.note === '') return [text];
  const whole = `${text}   ${line.note}`;
  return whole.length <= width ? [whole] : [text, `${' '.repeat(head.length)}  ${line.note}`];
}

function foldNames(head: string, names: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = head;
  for (const name of names) {
    if (line.length + name.length + 1 > width && line.trim() !== head.trim()) {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += `${name} `;
  }
  return [...lines, line.trimEnd()];
}

/** Takes the namespace off where the whole plan knows only one. */
function onlyNamespace(plan: DrainPlan): (subject: string) => string {
  const subjects = plan.steps.flatMap((step) =>
    step.kind === 'move' ? [step.pod] : 'cluster' in step ? [step.cluster] : [],
  );
  const namespaces = new Set(subjects.map((subject) => subject.split('/')[0]));
  return (subject) => (namespaces.size === 1 ? (subject.split('/')[1] ?? subject) : subject);
}

/** When the last step of each wave is done, each step begun as soon as what it waits for is done. Waves overlap. */
function endByWave(steps: readonly Step[]): ReadonlyMap<number, number> {
  const endOf = new Map<string, number>();
  const ends = new Map<number, number>();
  for (const step of steps) {
    const start = step.after.reduce((latest, id) => Math.max(latest, endOf.get(id) ?? 0), 0);
    const end = start + step.estimateSeconds;
    endOf.set(step.id, end);
    ends.set(step.wave, Math.max(end, ends.get(step.wave) ?? 0));
  }
  return ends;
}
