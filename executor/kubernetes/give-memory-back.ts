/**
 * A look at a whole fleet reads tens of thousands of objects and keeps few of them. An ordinary collection comes late, so that garbage of one
 * part of the look adds to that of the next, and leaves the pages with the process, for the next such look, which is half an hour away.
 */

/** By then what was read has been judged. */
const SETTLED_MS = 5_000;

/**
 * Collects now and gives whole pages back to the system: some tenths of a second for a fleet of a thousand nodes, so only where much was
 * read or is about to be. Where Node was started without --expose-gc (bin/switchyard starts workers with it) nothing happens.
 * https://nodejs.org/api/cli.html#--expose-gc
 */
export function giveMemoryBack(): void {
  const collect: unknown = Reflect.get(globalThis, 'gc');
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}

/** The same a while after the last call. */
export function giveMemoryBackSoon(): void {
  clearTimeout(due);
  due = setTimeout(giveMemoryBack, SETTLED_MS);
  due.unref();
}

/** There is one heap in a process, and one collection that is due. */
let due: NodeJS.Timeout | undefined;
