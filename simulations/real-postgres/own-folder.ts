/** A folder for processes of ours, which all end with this program, whatever ends it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type OwnFolder = {
  readonly path: string;
  /** Ends at once every process that works in the folder, and returns then; the files go in the meantime. */
  readonly clear: () => Promise<void>;
};

const PROGRAM = fileURLToPath(new URL('./clear-folder.ts', import.meta.url));

/** Makes a folder that is cleared when asked, or else when this program is no more: a process of its own listens for that. */
export function openOwnFolder(prefix: string): OwnFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  // In a session of its own, so that Ctrl-C and the end of a terminal do not reach it.
  const listener = spawn(process.execPath, [PROGRAM, path], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const cleared = new Promise<void>((resolve) => {
    listener.stdout.once('data', () => {
      // Nobody waits for the files.
      listener.stdout.destroy();
      listener.unref();
      resolve();
    });
    listener.once('error', () => resolve()).once('exit', () => resolve());
  });
  return {
    path,
    clear: () => {
      listener.stdin.end();
      return cleared;
    },
  };
}
