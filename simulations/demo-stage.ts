/** What the demo plays on: a Redis, a simulated fleet behind HTTP, and the real service as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findOrInstallRedis } from '../executor/redis/find-redis.ts';
import { findSilence, shownAddress } from '../executor/redis/find-silence.ts';
import { startPrivateRedis } from '../executor/redis/private-server.ts';
import { type ServedWorld, serveWorld } from './http/serve-world.ts';
import { threeZones } from './scenarios/three-zones.ts';
import { createWorld } from './world/create-world.ts';
import type { World } from './world/world.ts';

/** The demo cannot go on; its message says why and what to do. */
export class DemoFailed extends Error {}

export type Stage = {
  readonly url: string;
  readonly fleet: string;
  readonly webhookSecret: string;
  readonly world: World;
  readonly get: <Answer>(path: string) => Promise<Answer>;
  readonly untilInterrupted: (say: (line: string) => void) => Promise<void>;
  readonly close: () => Promise<void>;
};

type StageOptions = {
  readonly speed: number;
  readonly port: number;
  readonly say: (line: string) => void;
  /** A fleet that is served already, with the pipeline's secret, and closed by whoever opened it; undefined: the three zones. */
  readonly fleet?: { readonly world: World; readonly served: ServedWorld };
};

const fleet = 'demo';
const startLimitMs = 20_000;
/** Secrets of a fleet that is not there; both ends of each are in this process and its child. */
const webhookSecret = `whsec_${Buffer.from('switchyard-demo-webhook-secret').toString('base64')}`;
export const pipelineSecret = `whsec_${Buffer.from('switchyard-demo-pipeline-secret').toString('base64')}`;

/** Opens everything and returns once the service answers. Throws DemoFailed with what is missing. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const closers: (() => Promise<void> | void)[] = [];
  const ctrlC = listenForCtrlC(() => close());
  closers.push(() => ctrlC.unlisten());
  // Whoever closes a second time waits for the first: Ctrl-C, and then whatever failed because of it.
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll(closers);
    return closing;
  };
  try {
    const redisUrl = await openRedis(options.say, closers);
    const { world, served } = options.fleet ?? (await openFleet(options.speed, closers));
    const { kubernetesUrl, pipelineUrl } = served;
    const settings = { redisUrl, speed: options.speed, kubernetesUrl, pipelineUrl };
    const { url, service } = await openService(settings, options.port, closers);
    await untilReady(url, service, ctrlC);
    ctrlC.isOpen();
    const get = async <Answer>(path: string): Promise<Answer> => {
      const response = await fetch(url + path, { signal: AbortSignal.timeout(10_000) });
      if (!response.ok) throw new DemoFailed(`GET ${path} was answered ${response.status}`);
      return (await response.json()) as Answer;
    };
    return {
      url,
      fleet,
      webhookSecret,
      world,
      get,
      close,
      untilInterrupted: (say) => {
        say(`\nThe page stays at ${url}   (Ctrl-C ends it)`);
        return ctrlC.awaited();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFleet(
  speed: number,
  closers: (() => Promise<void> | void)[],
): Promise<{ readonly world: World; readonly served: ServedWorld }> {
  const world = createWorld({ objects: threeZones(), seed: 1, startMs: Date.now() });
  const served = await serveWorld(world, { speed, pipelineSecret });
  closers.push(() => served.close());
  return { world, served };
}

async function closeAll(closers: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const closer of closers.toReversed()) await closer();
}

type CtrlC = {
  /** Until then what is being opened is opened to its end, so that nothing of it is lost sight of. */
  readonly isOpen: () => void;
  readonly wasPressed: () => boolean;
  readonly awaited: () => Promise<void>;
  readonly unlisten: () => void;
};

/** Ctrl-C, or SIGTERM to this process alone, closes everything; a second time ends at once. */
function listenForCtrlC(close: () => Promise<void>): CtrlC {
  let pressed = false;
  let open = false;
  let whoWaits: (() => void) | undefined;
  const press = (): void => {
    if (pressed) process.exit(130);
    pressed = true;
    if (whoWaits !== undefined) whoWaits();
    else if (open) void close().finally(() => process.exit(130));
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, press);
  return {
    isOpen: () => {
      if (pressed) throw new DemoFailed('interrupted');
      open = true;
    },
    wasPressed: () => pressed,
    awaited: () =>
      new Promise((resolve) => {
        whoWaits = resolve;
      }),
    unlisten: () => {
      for (const signal of signals) process.off(signal, press);
    },
  };
}

async function openRedis(
  say: (line: string) => void,
  closers: (() => Promise<void> | void)[],
): Promise<string> {
  const found = await findOrInstallRedis((line) => say(`   ${line}`));
  if (found.kind === 'url') {
    const silence = await findSilence(found.url);
    if (silence === undefined) return found.url;
    throw new DemoFailed(
      `REDIS_URL ${shownAddress(found.url)}: no answer (${silence}). Without REDIS_URL the demo starts a Redis of its own`,
    );
  }
  if (found.kind === 'missing')
    throw new DemoFailed(
      `no Redis found. Type  ${found.command}  and start the demo again, or set REDIS_URL`,
    );
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const server = await startPrivateRedis({ dir, program: found.program });
  closers.push(() => server.stop());
  return server.url;
}

type ServiceSettings = {
  readonly redisUrl: string;
  readonly speed: number;
  readonly kubernetesUrl: string;
  readonly pipelineUrl: string;
};

/** The service on the wished port, else on any free one. Its address is its own word: another demo may answer on the wished port. */
async function openService(
  settings: ServiceSettings,
  wishedPort: number,
  closers: (() => Promise<void> | void)[],
): Promise<{ readonly url: string; readonly service: ChildProcess }> {
  for (const port of [wishedPort, 0]) {
    const { service, listening } = startService(settings, port);
    closers.push(() => stopService(service));
    const url = await listening;
    if (url !== undefined) return { url, service };
  }
  throw new DemoFailed('the service did not start; its own words stand above');
}

/** `listening`: the address that the service names once it listens; undefined: it ended without. */
function startService(
  settings: ServiceSettings,
  port: number,
): { readonly service: ChildProcess; readonly listening: Promise<string | undefined> } {
  const main = fileURLToPath(new URL('../bin/main.ts', import.meta.url));
  const service = spawn(process.execPath, [main, 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      REDIS_URL: settings.redisUrl,
      // A Redis that is somebody else's is shared under a name of this demo's own.
      SWITCHYARD_PREFIX: `switchyard-demo-${process.pid}`,
      SWITCHYARD_FLEET: fleet,
      SWITCHYARD_KUBERNETES_URL: settings.kubernetesUrl,
      SWITCHYARD_PIPELINE_URL: settings.pipelineUrl,
      SWITCHYARD_PIPELINE_SECRET: pipelineSecret,
      SWITCHYARD_WEBHOOK_SECRETS: webhookSecret,
      SWITCHYARD_PACE: String(settings.speed),
      PORT: String(port),
      LOG_LEVEL: 'error',
    },
  });
  const listening = new Promise<string | undefined>((resolve) => {
    service.once('close', () => resolve(undefined));
    // Errors are for whoever watches; that it starts and ends the story tells.
    createInterface({ input: service.stderr }).on('line', (line) => {
      const address = /^switchyard: page and API at (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
      else if (!/^switchyard: ending|another program listens/.test(line)) process.stderr.write(`${line}\n`);
    });
  });
  return { service, listening };
}

async function untilReady(url: string, service: ChildProcess, ctrlC: CtrlC): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < startLimitMs) {
    if (ctrlC.wasPressed()) throw new DemoFailed('interrupted');
    if (service.exitCode !== null)
      throw new DemoFailed(`the service ended with exit code ${service.exitCode} before it was ready`);
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (ready?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new DemoFailed(`the service at ${url} was not ready within ${startLimitMs / 1000} s`);
}

function stopService(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const impatient = setTimeout(() => service.kill('SIGKILL'), 5_000);
    service.once('exit', () => {
      clearTimeout(impatient);
      resolve();
    });
    service.kill('SIGTERM');
  });
}
