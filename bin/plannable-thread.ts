/** A thread of its own: reads a dump as for planning and says in a message what keeps it from being planned on, or that nothing does. */
import { parentPort, workerData } from 'node:worker_threads';
import { BadInput } from './exit.ts';
import { readFleet } from './read-fleet.ts';
import { readInParts } from './read-input.ts';

/** Undefined: it can be planned on. */
export type Verdict = { readonly refusal: string | undefined };

const paths: unknown = workerData;
if (!Array.isArray(paths)) throw new Error('which dump?');

parentPort?.postMessage(await verdictOn(paths.map(String)));

async function verdictOn(files: readonly string[]): Promise<Verdict> {
  try {
    await readInParts(files, readFleet);
    return { refusal: undefined };
  } catch (error) {
    if (error instanceof BadInput) return { refusal: error.message };
    throw error;
  }
}
