import type { Run } from '../executor/run.ts';
import type { ApiClient } from './api-client.ts';
import { exitCodes } from './exit.ts';
import { planOf, runText } from './run-text.ts';

type EventLine = {
  readonly sort?: string;
  readonly text?: string;
  readonly event?: { readonly kind: string };
};

const ended = ['finished', 'aborted', 'halted', 'rejected', 'expired'];

/** Prints event lines until the run ends, then its verdict; 0 finished, 1 otherwise, 130 left by Ctrl-C while the run goes on. */
export async function watchRun(client: ApiClient, id: string): Promise<number> {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave);
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  try {
    const before = (await client.get(path)) as Run;
    const plan = await planOf(client, before);
    process.stdout.write(runText(before, plan));
    for await (const event of client.events(`${path}/events`, leaving.signal)) {
      const { sort, text, event: told } = JSON.parse(event.data) as EventLine;
      // Answers are bookkeeping: what counts is seen right after them.
      if (text !== undefined && sort !== 'answer') process.stdout.write(`${text}\n`);
      // A halted run may be resumed, so that its stream stays open: whoever watches it has to act now.
      if (told?.kind === 'halted') break;
    }
    const run = (await client.get(path)) as Run;
    process.stdout.write(runText(run, plan));
    if (run.state === 'finished') return exitCodes.done;
    return exitCodes.failed;
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    const run = (await client.get(path)) as Run;
    if (ended.includes(run.state)) return run.state === 'finished' ? exitCodes.done : exitCodes.failed;
    process.stdout.write(`detached. Run ${id} goes on. To stop it: switchyard run pause ${id}\n`);
    return exitCodes.detached;
  } finally {
    process.off('SIGINT', leave);
  }
}
