/**
 * A program: `node clear-folder.ts FOLDER`. When its standard input ends, as it does with whoever holds the other end, `kill -9` included,
 * every process whose working directory is in the folder is ended; it then says so in a line, and removes the folder. Linux only: it reads
 * /proc.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const LOOK_EVERY_MS = 100;
/** An immediate shutdown of PostgreSQL takes less than a second; what is still there after this is killed. */
const PATIENCE_MS = 5_000;
const LOOKS_MAX = 300;
/** A process that was being started at one look is seen at the next. */
const QUIET_LOOKS = 2;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('which folder?');
  await endOfInput();
  await endAllIn(folder);
  // Nobody may be there any more to read it.
  process.stdout.on('error', () => {}).write('ended\n');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function endOfInput(): Promise<void> {
  return new Promise((ended) => {
    process.stdin.once('end', ended).once('error', () => ended());
    process.stdin.resume();
  });
}

async function endAllIn(folder: string): Promise<void> {
  const startedAt = performance.now();
  let quiet = 0;
  for (let looks = 0; looks < LOOKS_MAX && quiet < QUIET_LOOKS; looks += 1) {
    const living = processesIn(folder);
    quiet = living.length === 0 ? quiet + 1 : 0;
    const isLate = performance.now() - startedAt > PATIENCE_MS;
    for (const pid of living) end(pid, isLate);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Ids of the processes whose working directory is the folder or somewhere below it. */
export function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(
      (pid) => Number.isInteger(pid) && pid !== process.pid && `${cwdOf(pid)}/`.startsWith(`${folder}/`),
    );
}

/** Undefined: it has ended meanwhile, or is somebody else's. */
function cwdOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
  } catch {
    return undefined;
  }
}

/** SIGQUIT is PostgreSQL's immediate shutdown, which gives its shared memory back; Patroni must not start it again meanwhile. */
function end(pid: number, isLate: boolean): void {
  try {
    const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
    process.kill(pid, isPostgres && !isLate ? 'SIGQUIT' : 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
