import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';

export type Program = {
  readonly pid: number;
  /** SIGTERM, and SIGKILL where that is not enough; returns when it is gone. */
  readonly stop: () => Promise<void>;
};

const startLimitMs = 60_000;
const stopLimitMs = 20_000;
const linesKept = 15;

/** Starts a program and returns once `isReady` says so. Throws with its last words where it ends before, or is not ready in a minute. */
export async function startProgram(
  program: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
): Promise<Program> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lastWords = listenTo(child);
  // However the tests end, no server stays behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  const stop = async (): Promise<void> => {
    await stopChild(child);
    process.off('exit', kill);
  };
  const deadline = performance.now() + startLimitMs;
  while (performance.now() < deadline && !hasEnded(child)) {
    if (await isReady().catch(() => false)) return { pid: child.pid ?? 0, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const why = hasEnded(child) ? 'ended before it was ready' : `was not ready within ${startLimitMs / 1000} s`;
  await stop();
  throw new Error([`${basename(program)} ${why}. Its last words:`, ...lastWords()].join('\n'));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Its last lines; that it could not be run at all is one of them. */
function listenTo(child: ChildProcess): () => readonly string[] {
  let lines: readonly string[] = [];
  const hear = (words: unknown): void => {
    lines = [...lines, ...String(words).trimEnd().split('\n')].slice(-linesKept);
  };
  child.on('error', (error) => hear(error.message));
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return () => lines;
}

function stopChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => {
    const impatient = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    child.once('exit', () => {
      clearTimeout(impatient);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
