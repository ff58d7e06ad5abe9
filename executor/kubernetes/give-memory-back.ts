/**
 * A look at a whole fleet reads tens of thousands of objects and keeps few of them. An ordinary collection leaves the pages of the others
 * with the process, for the next such look, which is half an hour away.
 */

/** By then what was read has been judged. */
const SETTLED_MS = 5_000;

/**
 * Gives such memory back to the system a while after the last call: some tenths of a second for a fleet of a thousand nodes. Where Node was
 * started without --expose-gc (bin/switchyard starts workers with it) nothing happens.
 */
export function giveMemoryBackSoon(): void {
  const collect: unknown = Reflect.get(globalThis, 'gc');
  if (typeof collect !== 'function') return;
  clearTimeout(due);
  // `last-resort` compacts and frees whole pages: https://nodejs.org/api/cli.html#--expose-gc
  due = setTimeout(() => void collect({ type: 'major', flavor: 'last-resort' }), SETTLED_MS);
  due.unref();
}

/** There is one heap in a process, and one collection that is due. */
let due: NodeJS.Timeout | undefined;
