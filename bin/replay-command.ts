import type { Command } from 'commander';
import type { JournalEntry } from '../executor/ports.ts';
import type { Difference, Replay } from '../executor/replay/replay-run.ts';
import type { DrainPlan } from '../planner/index.ts';
import type { ApiClient } from './api-client.ts';
import { exitCodes } from './exit.ts';
import { getPlan } from './run-text.ts';

/** Entries asked for at a time: some megabytes. */
const ENTRIES_ASKED = 5_000;
/** Differences that are shown: one that matters brings others with it. */
const SHOWN_MAX = 10;

/** `switchyard run replay ID`: decides again what the run has decided. Exit code 1 where something comes out otherwise. */
export function addReplayCommand(run: Command, client: () => ApiClient): void {
  run
    .command('replay')
    .description('decide again, from its plan and journal alone, all that the steps of a run have decided')
    .argument('<id>')
    .option('--json', 'print counts and differences as JSON')
    .action(async (id: string, options: { readonly json?: true }) => {
      const replay = await replayOf(client(), id);
      process.stdout.write(
        options.json ? `${JSON.stringify({ run: id, ...replay }, null, 2)}\n` : replayText(id, replay),
      );
      process.exitCode = isSame(replay) ? exitCodes.done : exitCodes.failed;
    });
}

/** Returns what comes of deciding again all that stands in the journal of the run so far. */
export async function replayOf(client: ApiClient, id: string): Promise<Replay> {
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  const entries: JournalEntry[] = [];
  for (;;) {
    const part = (await client.get(`${path}/journal?after=${entries.length}&limit=${ENTRIES_ASKED}`)) as {
      readonly entries: readonly JournalEntry[];
    };
    entries.push(...part.entries);
    if (part.entries.length < ENTRIES_ASKED) break;
  }
  const [first, ...later] = entries.flatMap(({ event }) =>
    event.kind === 'created' || event.kind === 'replanned' ? [event.plan] : [],
  );
  if (first === undefined) throw new Error(`the journal of run ${id} is empty`);
  const plans = new Map<string, DrainPlan>();
  for (const plan of [first, ...later]) plans.set(plan, await getPlan(client, plan));
  // Loaded only here: other commands do without the executor's decisions.
  const { replayRun } = await import('../executor/replay/replay-run.ts');
  return replayRun(plans.get(first) as DrainPlan, id, entries, plans);
}

function isSame({ differences, withoutGrounds }: Replay): boolean {
  return differences.length === 0 && withoutGrounds === 0;
}

/** Returns the verdict first, then each difference: what was written, what comes out. */
export function replayText(id: string, replay: Replay): string {
  const { entries, replayed, inputs, withoutGrounds, differences } = replay;
  const left = differences.length - SHOWN_MAX;
  const lines = [
    `run ${id}  ${verdict(replay)}`,
    `entries ${entries}   decided again ${replayed}   inputs ${inputs}   without grounds ${withoutGrounds}   different ${differences.length}`,
    ...(withoutGrounds === 0
      ? []
      : [
          `${withoutGrounds} decisions were written by a version that did not say on what grounds: they cannot be replayed`,
        ]),
    ...differences.slice(0, SHOWN_MAX).flatMap(differenceLines),
    ...(left > 0 ? [`and ${left} more; --json has them all`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function verdict({ differences, withoutGrounds, replayed }: Replay): string {
  if (differences.length > 0) return 'DIFFERENT';
  if (withoutGrounds === 0) return 'SAME';
  return replayed === 0 ? 'NOT REPLAYABLE' : 'SAME SO FAR AS IT CAN BE REPLAYED';
}

function differenceLines({ sequence, lane, written, replayed, undecided }: Difference): readonly string[] {
  const out = replayed === undefined ? (undecided ?? 'nothing') : JSON.stringify(replayed);
  return [
    `entry ${sequence}  ${lane}`,
    `  written    ${JSON.stringify(written)}`,
    `  ${undecided === undefined ? 'comes out  ' : 'undecided  '}${out}`,
  ];
}
