/** One member: a Patroni process of its own, which runs its PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Programs } from './find-programs.ts';

export type MemberProcess = {
  /** SIGTERM: PostgreSQL's fast shutdown, a leader gives its lock back. Resolves when the process has ended. */
  readonly stop: () => Promise<void>;
};

type Started = {
  readonly programs: Programs;
  readonly settingsFile: string;
  readonly kubeconfig: string;
  /** Its data directory is in here, and its log. */
  readonly volume: string;
  readonly restPort: number;
  /** Verdicts of GET /readiness, as a kubelet would ask for them. */
  readonly probed: (ready: boolean) => void;
  /** It ended and nobody had asked for that. */
  readonly died: (exitCode: number | null) => void;
};

const PROBE_EVERY_MS = 500;
/** Patroni's own stop of PostgreSQL takes a second or two; a demo does not wait for one that hangs. */
const STOP_LIMIT_MS = 30_000;

/** Starts the process; it is probed from now on. */
export function startMember(member: Started): MemberProcess {
  const log = openSync(`${member.volume}/patroni.log`, 'a');
  const child = spawn(member.programs.patroni, [member.settingsFile], {
    ...member.programs.user,
    // Ctrl-C is for the demo, which stops its members itself.
    detached: true,
    cwd: member.volume,
    stdio: ['ignore', log, log],
    env: {
      PATH: `${member.programs.postgresBin}:${process.env.PATH}`,
      KUBECONFIG: member.kubeconfig,
      HOME: member.volume,
      LC_ALL: 'C.UTF-8',
      PYTHONUNBUFFERED: '1',
    },
  });
  closeSync(log);
  let isProbed = true;
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', (code) => {
      const isUnasked = isProbed;
      isProbed = false;
      resolve();
      if (isUnasked) member.died(code);
    });
  });
  void keepProbing(member, () => isProbed);
  return {
    stop: () => {
      isProbed = false;
      return stopWithin(child, ended, member.volume);
    },
  };
}

/** One question after another, so that no answer overtakes a later one; none counts once nobody asks any more. */
async function keepProbing(member: Started, isProbed: () => boolean): Promise<void> {
  while (isProbed()) {
    const isReady = await probe(member.restPort);
    if (isProbed()) member.probed(isReady);
    await sleep(PROBE_EVERY_MS, undefined, { ref: false });
  }
}

async function stopWithin(child: ChildProcess, ended: Promise<void>, volume: string): Promise<void> {
  const impatient = setTimeout(() => {
    child.kill('SIGKILL');
    killPostgres(volume);
  }, STOP_LIMIT_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(impatient);
}

async function probe(restPort: number): Promise<boolean> {
  const url = `http://127.0.0.1:${restPort}/readiness`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

/** The postmaster lives in a session of its own; the first line of its file is its process. SIGQUIT is its immediate shutdown. */
function killPostgres(volume: string): void {
  try {
    process.kill(Number(readFileSync(`${volume}/data/postmaster.pid`, 'utf8').split('\n', 1)[0]), 'SIGQUIT');
  } catch {
    // No such file or process: it is gone already.
  }
}
