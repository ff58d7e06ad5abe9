import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BadInput, CommandFailed, exitCodes } from './exit.ts';

/** Throws BadInput when `path` cannot become a file: asked before the work, so that an hour of it is not lost on a typing error. */
export function refuseUnwritable(option: string, path: string): void {
  const folder = dirname(path);
  const refuse = (found: string) =>
    new BadInput(`${option}: ${path}: ${found}; expected a file in a folder that this user may write to`);
  if (!existsSync(folder)) throw refuse(`no folder ${folder}`);
  if (existsSync(path) && statSync(path).isDirectory()) throw refuse('is a folder');
  try {
    accessSync(existsSync(path) ? path : folder, constants.W_OK);
  } catch {
    throw refuse('not writable');
  }
}

/** Writes the file, or throws CommandFailed in one line. */
export function writeText(option: string, path: string, text: string, mode = 0o666): void {
  try {
    writeFileSync(path, text, { mode });
  } catch (error) {
    throw new CommandFailed(`${option}: ${path}: ${codeOf(error)}; the file was not written`);
  }
}

/**
 * A reader that has read enough (`| head -1`) ends the command quietly; a full disk ends it with one line. Otherwise either would be
 * an unhandled error with its stack.
 */
export function endWhenOutputEnds(): void {
  process.stdout.on('error', (error) => {
    if (codeOf(error) === 'EPIPE') process.exit(process.exitCode ?? exitCodes.done);
    process.stderr.write(`switchyard: standard output: ${codeOf(error)}; what was printed is cut off\n`);
    process.exit(exitCodes.failed);
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => {});
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
