/**
 * `npm run test:deep -- whole [--nodes N] [--seed S] [--only NAME]`: a fleet of N nodes drained to the end of its run, once for each of the
 * variants. It prints what a step takes in each quarter of the run: what grows from the first to the last grows with the journal, what grows
 * from N to 2 N grows with the fleet. How long it takes in virtual time says little of life: a simulated pipeline brings all nodes at once.
 */
import { type Drained, type DrainWanted, drainWhole, type Stretch } from './drain-whole.ts';
import { parts } from './part-times.ts';

type Variant = { readonly name: string } & Partial<DrainWanted>;

/** What a whole drain is tried with. Where nothing is said, new nodes may come for all at once, and every cluster is soon worked on. */
export const variants: readonly Variant[] = [
  { name: 'all at once' },
  { name: 'two at a time in a zone', surge: 2 },
  { name: 'some clusters synchronous', surge: 2, temporaryMembers: false, synchronous: true },
  { name: 'worker killed', surprise: 'killed' },
  { name: 'failover', surge: 2, temporaryMembers: false, surprise: 'failover' },
  { name: 'replica taken away', surge: 2, surprise: 'evicted' },
];

/** Prints what came of each variant whose name has `only` in it, and returns whether nothing is against any. */
export async function runWhole(nodes: number, seed: number, only: string): Promise<boolean> {
  const played = variants.filter(({ name }) => name.includes(only));
  let wrong = 0;
  for (const { name, ...variant } of played) {
    process.stdout.write(
      `${nodes} nodes, ${name}; what a step takes of the processor, in ms, and what else:\n`,
    );
    const drained = await drainWhole({ nodes, seed, ...variant }, (quarter) =>
      process.stdout.write(lineOf(quarter)),
    );
    if (drained.violations.length > 0) wrong += 1;
    process.stdout.write(endOf(drained));
  }
  process.stdout.write(`whole: ${played.length} runs, ${wrong} with violations (seed ${seed})\n`);
  return wrong === 0 && played.length > 0;
}

/** Violations written in full; a mistake in one step is one in thousands. */
const violationsTold = 20;

function endOf({ steps, switchovers, plans, planMs, judgeMs, violations }: Drained): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return [
    `  ${steps} steps done, ${switchovers} role changes, ${plans} plans; planned in ${seconds(planMs)} s, judged in ${seconds(judgeMs)} s`,
    ...violations.slice(0, violationsTold).map((sentence) => `  WRONG ${sentence}`),
    ...(violations.length > violationsTold ? [`  and ${violations.length - violationsTold} more`] : []),
    '',
  ].join('\n');
}

/** The clock on the wall says how the time is dealt out among the parts; how much of it there was, the processor. */
function lineOf({ steps, entries, passes, virtualSeconds, times, heapMB }: Stretch): string {
  const wallMs = parts.reduce((sum, part) => sum + times[part], times.executor);
  const each = (ms: number): string => ((ms * times.processor) / wallMs / Math.max(1, steps)).toFixed(2);
  const a = (count: number): string => (count / Math.max(1, steps)).toFixed(1);
  return (
    `  executor ${each(times.executor)}, mirror ${each(times.mirror)}, ` +
    `world ${each(times.world + times.ports + times.journal)}; ` +
    `${a(entries)} entries, ${a(passes.steps)} passes over steps, ${a(passes.run)} over the run; ` +
    `${Math.round(virtualSeconds)} virtual s, heap ${Math.round(heapMB)} MB\n`
  );
}
