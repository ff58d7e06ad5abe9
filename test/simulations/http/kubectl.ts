/** The machine's kubectl, pointed at a served world. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServedWorld } from '../../../simulations/http/serve-world.ts';

/** The first minor version that is promised to work. */
const minorMin = 32;

/** Why the machine's kubectl cannot be used for tests; undefined: it can. */
export function whyNoKubectl(): string | undefined {
  try {
    const told = execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
    const { clientVersion } = JSON.parse(told) as { clientVersion: { major: string; minor: string } };
    const minor = Number.parseInt(clientVersion.minor, 10);
    return clientVersion.major === '1' && minor >= minorMin
      ? undefined
      : `kubectl is ${clientVersion.major}.${clientVersion.minor}, older than 1.${minorMin}`;
  } catch {
    return 'there is no kubectl on the PATH';
  }
}

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

export type Kubectl = {
  /** Runs one command to its end. */
  readonly run: (...args: string[]) => Promise<Ended>;
  /** Starts one that does not end by itself; `out` is what it has printed so far. */
  readonly start: (...args: string[]) => { readonly out: () => string; readonly stop: () => Promise<void> };
  /** Removes its kubeconfig and its caches. */
  readonly remove: () => void;
};

/** kubectl with the kubeconfig of `served` and a home of its own. */
export function kubectlFor(served: ServedWorld): Kubectl {
  const home = mkdtempSync(join(tmpdir(), 'switchyard-kubectl-'));
  const kubeconfig = join(home, 'kubeconfig');
  writeFileSync(kubeconfig, served.kubeconfig());
  const begin = (args: readonly string[]) => {
    const child = spawn('kubectl', args, {
      env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed.err += text;
    });
    return { child, printed };
  };
  return {
    run: async (...args) => {
      const { child, printed } = begin(args);
      const code = await closed(child);
      return { code, ...printed };
    },
    start: (...args) => {
      const { child, printed } = begin(args);
      const end = closed(child);
      return {
        out: () => printed.out,
        stop: async () => {
          child.kill();
          await end;
        },
      };
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
