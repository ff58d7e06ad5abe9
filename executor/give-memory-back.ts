/**
 * A look at a whole fleet, and a new plan for one, reads tens of thousands of objects and keeps few of them. An ordinary collection comes
 * late, so that garbage of one part of the look adds to that of the next, and leaves the pages with the process, for the next such look,
 * which is half an hour away.
 */

import { sleep } from './system-clock.ts';

/** By then what was read has been judged. */
const SETTLED_MS = 5_000;

/**
 * Collects now and gives whole pages back to the system: some tenths of a second for a fleet of a thousand nodes, so only where much was
 * read or is about to be. Where Node was started without --expose-gc (bin/switchyard starts workers with it) nothing happens.
 * https://nodejs.org/api/cli.html#--expose-gc
 */
export function giveMemoryBack(): void {
  collector()?.({ type: 'major', flavor: 'last-resort' });
}

/** The same a while after the last call. */
export async function giveMemoryBackSoon(): Promise<void> {
  if (collector() === undefined) return;
  calls += 1;
  const call = calls;
  await sleep(SETTLED_MS);
  if (call === calls) giveMemoryBack();
}

/** There is one heap in a process. */
let calls = 0;

type Collector = (how: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

function collector(): Collector | undefined {
  const found: unknown = Reflect.get(globalThis, 'gc');
  return typeof found === 'function' ? (how) => void found(how) : undefined;
}
