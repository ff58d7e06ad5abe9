import { Worker } from 'node:worker_threads';
import { BadInput } from './exit.ts';
import type { Verdict } from './plannable-thread.ts';

/**
 * Reads a dump as for planning, in a thread beside whatever else is done with it: of a thousand nodes it takes seconds. Throws BadInput with
 * the problems found, a line each. `paths` are files and folders; standard input can be read only once.
 */
export function refuseUnplannable(paths: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./plannable-thread.ts', import.meta.url), { workerData: paths });
    thread.once('message', ({ refusal }: Verdict) => {
      // What it has read is of no further use.
      void thread.terminate();
      if (refusal === undefined) resolve();
      else reject(new BadInput(refusal));
    });
    thread.once('error', reject);
  });
}
