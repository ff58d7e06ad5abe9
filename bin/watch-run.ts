import { runLine } from '../api/run-view.ts';
import { mayBeMended } from '../executor/decide/judge-new-plan.ts';
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run } from '../executor/run.ts';
import { sleep } from '../executor/system-clock.ts';
import type { ApiClient } from './api-client.ts';
import { calledAs } from './called-as.ts';
import { exitCodes, NoContact } from './exit.ts';
import { planOf, runText } from './run-text.ts';
import { stillLines } from './still-text.ts';

type EventLine = {
  readonly at: string;
  readonly sort?: string;
  readonly text?: string;
  readonly event?: { readonly kind: string; readonly answer?: string };
};

/** What came of the act is seen right after such an answer, and told then. */
const plainAnswers: ReadonlySet<string | undefined> = new Set([
  'done',
  'gone',
  'evicted',
  'replaced',
  'switched',
  'seen-done',
]);

/** How soon contact is sought again: soon, then ever less often. */
const defaultPauses = { firstMs: 500, mostMs: 10_000 };

type Watch = {
  readonly client: ApiClient;
  readonly path: string;
  readonly signal: AbortSignal;
  readonly pauses: typeof defaultPauses;
  /** Id of the last event that was read: what was missed comes after it. */
  last: string;
  /** Whoever watches was told that nobody answers. */
  saidLost: boolean;
};

/**
 * Prints event lines until the run ends or stands still until a person decides, then its verdict. Returns 0 for a finished run, 1 for one
 * that ended otherwise or halted, 130 when left by Ctrl-C while the run goes on. Contact that is lost on the way is sought again without
 * end: what happens to the service says nothing about the run.
 */
export async function watchRun(client: ApiClient, id: string, pauses = defaultPauses): Promise<number> {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave);
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  const watch: Watch = { client, path, signal: leaving.signal, pauses, last: '', saidLost: false };
  try {
    const before = (await client.get(path)) as Run;
    process.stdout.write(runText(before, await planOf(client, before)));
    const end = await watchUntilOver(watch);
    if (end === undefined) return await detach(client, path, id);
    process.stdout.write(`${end.text}${runLine(end.run).verdict}\n`);
    return exitCodeOf(end.run);
  } finally {
    process.off('SIGINT', leave);
  }
}

type End = { readonly run: Run; readonly text: string };

/** Returns how the run ended; undefined: `signal` aborted before. */
async function watchUntilOver(watch: Watch): Promise<End | undefined> {
  let pauseMs = watch.pauses.firstMs;
  let lostAt: string | undefined;
  while (!watch.signal.aborted) {
    const before = watch.last;
    try {
      const end = await readOn(watch);
      if (end !== undefined) return end;
    } catch (error) {
      if (watch.signal.aborted) return undefined;
      if (!(error instanceof NoContact)) throw error;
      // A stream that broke and is read on at once has lost nothing; worth a line is that nobody answers.
      if (lostAt !== undefined && watch.last === before) sayLost(watch, lostAt);
    }
    if (watch.last !== before) [pauseMs, lostAt] = [watch.pauses.firstMs, undefined];
    lostAt ??= `${new Date().toISOString().slice(11, 19)}Z`;
    await sleep(pauseMs, watch.signal);
    pauseMs = Math.min(pauseMs * 2, watch.pauses.mostMs);
  }
  return undefined;
}

function sayLost(watch: Watch, since: string): void {
  if (watch.saidLost) return;
  watch.saidLost = true;
  process.stderr.write(
    `contact lost since ${since}, trying again; this says nothing about the run (Ctrl-C leaves)\n`,
  );
}

/** Prints what comes. Returns the end of the run, or undefined when the stream ended before it. */
async function readOn(watch: Watch): Promise<End | undefined> {
  const { client, path, signal } = watch;
  const events = await client.events(`${path}/events`, signal, watch.last);
  if (watch.saidLost) process.stderr.write('contact again\n');
  watch.saidLost = false;
  for await (const event of events) {
    if (event.event === 'end') break;
    const line = JSON.parse(event.data) as EventLine;
    printLine(line);
    watch.last = event.id;
    const end = mayBeTheLast(line) ? await endOf(client, path, line.at) : undefined;
    if (end !== undefined) return end;
  }
  return endOf(client, path);
}

function printLine({ sort, text, event }: EventLine): void {
  if (text === undefined || (sort === 'answer' && plainAnswers.has(event?.answer))) return;
  process.stdout.write(`${text}\n`);
}

/** A halted run may be resumed, so that its stream stays open: whoever watches it has to act now. */
function mayBeTheLast({ event }: EventLine): boolean {
  return event?.kind === 'halted' || event?.kind === 'replanning';
}

/** Undefined: the run goes on, or has halted only after `at`, and what came in between is still to be told. */
async function endOf(client: ApiClient, path: string, at?: string): Promise<End | undefined> {
  const run = (await client.get(path)) as Run;
  const haltedLater = at !== undefined && run.endedAt !== undefined && run.endedAt > at;
  if (haltedLater || !isOver(run)) return undefined;
  return { run, text: runText(run, await planOf(client, run)) };
}

/** True where nothing happens any more unless a person asks for it. */
function isOver(run: Run): boolean {
  if (hasEnded(run.state)) return true;
  if (run.state !== 'halted' || run.outlook?.kind === 'looking') return false;
  const seeksPlan = run.startedAt !== undefined && mayBeMended(run.because);
  return run.outlook !== undefined || !seeksPlan;
}

function exitCodeOf(run: Run): number {
  return run.state === 'finished' ? exitCodes.done : exitCodes.failed;
}

async function detach(client: ApiClient, path: string, id: string): Promise<number> {
  const run = await client.get(path).then(
    (answer) => answer as Run,
    () => undefined,
  );
  if (run !== undefined && isOver(run)) return exitCodeOf(run);
  process.stdout.write(detachedText(id, run));
  return exitCodes.detached;
}

/** `run` undefined: there is no contact. */
function detachedText(id: string, run: Run | undefined): string {
  if (run === undefined)
    return `detached. There is no contact now; run ${id} goes on without it. To look again: ${calledAs()} run status ${id}\n`;
  if (run.state === 'running' || run.state === 'waiting-for-window')
    return `detached. Run ${id} goes on (${stepsDone(run)}). To stop it: ${calledAs()} run pause ${id}\n`;
  return [`detached. Run ${id} stays ${run.state} (${stepsDone(run)}).`, ...stillLines(run), ''].join('\n');
}

function stepsDone(run: Run): string {
  const steps = Object.values(run.steps);
  return `${steps.filter(({ state }) => state === 'done').length} of ${steps.length} steps done`;
}
