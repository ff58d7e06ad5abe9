import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import type { Config } from '../api/config.ts';
import type { WorkerConfig } from '../executor/config.ts';
import { BadInput, CommandFailed, cannotListen } from './exit.ts';
import { misspeltSettings } from './misspelt-settings.ts';
import { settings } from './settings.ts';
import { exitCodesHelp, settingsHelp } from './settings-help.ts';

type Half = { readonly close: () => Promise<void> };

/** `switchyard serve | api | worker`: the service, both halves or one, configured by environment variables. */
export function addServeCommands(program: Command): void {
  const help = settingsHelp(settings);
  const add = (name: string, description: string, start: () => Promise<readonly Half[]>): void => {
    program
      .command(name)
      .description(description)
      .addHelpText('after', help)
      .addHelpText('after', exitCodesHelp('0 ended by Ctrl-C or SIGTERM', '1 it cannot be served'))
      .action(async () => serveUntilAsked(await start()));
  };
  add('serve', 'API, page and worker in one process', () => startHalves([api, worker]));
  add('api', 'API and page only', () => startHalves([api]));
  add('worker', 'worker only', () => startHalves([worker]));
}

/** What is wrong with the settings of a half, or how to start it. */
type Prepared =
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }
  | { readonly kind: 'ready'; readonly start: () => Promise<Half> };

/** Both halves or none: all settings are read before anything is begun, and a half that started alone is closed again. */
async function startHalves(prepare: readonly (() => Promise<Prepared>)[]): Promise<readonly Half[]> {
  const starts: (() => Promise<Half>)[] = [];
  const problems = new Set(wrongFiles(process.env));
  for (const one of prepare) {
    const prepared = await one();
    if (prepared.kind === 'ready') starts.push(prepared.start);
    else for (const problem of prepared.problems) problems.add(problem);
  }
  if (problems.size > 0) throw new BadInput(`environment: ${[...problems].join('; ')}`);
  for (const line of misspeltSettings(process.env)) process.stderr.write(`switchyard: ${line}\n`);
  await tellOfSilentRedis(process.env.REDIS_URL || 'redis://127.0.0.1:6379');
  const halves: Half[] = [];
  try {
    for (const start of starts) halves.push(await start());
    return halves;
  } catch (error) {
    for (const half of halves) await half.close();
    throw asOneLine(error);
  }
}

/** Redis may come later and go away at any time, so that its absence ends nothing; but whoever just started this wants to know. */
async function tellOfSilentRedis(url: string): Promise<void> {
  const { findSilence, shownAddress } = await import('../executor/redis/find-silence.ts');
  const silence = await findSilence(url);
  if (silence !== undefined)
    process.stderr.write(
      `switchyard: redis ${shownAddress(url)}: no answer (${silence}); waiting for it, nothing is carried out until then. REDIS_URL names another\n`,
    );
}

/** Files that settings name have to be there; what is wrong inside them is told by whoever reads them. */
function wrongFiles(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return ['SWITCHYARD_KUBECONFIG', 'SWITCHYARD_PATRONI_CA'].flatMap((name) => {
    const path = environment[name] ?? '';
    if (path === '') return [];
    try {
      readFileSync(path);
      return [];
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      return [`${name}: ${JSON.stringify(path)}; expected a file that can be read (${code})`];
    }
  });
}

// Client libraries are loaded only by the commands that need them: planning from a dump starts in a tenth of the time.
async function api(): Promise<Prepared> {
  const { readConfig } = await import('../api/config.ts');
  const read = readConfig(process.env);
  if (read.kind === 'bad-config') return { kind: 'wrong', problems: read.problems };
  return { kind: 'ready', start: () => openApi(read.config) };
}

async function openApi(config: Config): Promise<Half> {
  const { startApi } = await import('../api/main.ts');
  const { host, port } = config;
  const server = await startApi(config).catch((error: unknown) => {
    throw cannotListen(error, host, port, 'PORT');
  });
  process.stderr.write(`switchyard: page and API at ${server.url}\n`);
  return server;
}

async function worker(): Promise<Prepared> {
  const { readWorkerConfig, WrongSettings } = await import('../executor/config.ts');
  try {
    const config = readWorkerConfig(process.env);
    return { kind: 'ready', start: () => openWorker(config) };
  } catch (error) {
    if (error instanceof WrongSettings) return { kind: 'wrong', problems: error.problems };
    throw error;
  }
}

async function openWorker(config: WorkerConfig): Promise<Half> {
  const { startWorker } = await import('../executor/worker.ts');
  const { pino } = await import('pino');
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const started = await startWorker(config, log).catch((error: unknown) => {
    throw cannotListen(error, '*', config.metricsPort ?? 0, 'SWITCHYARD_METRICS_PORT');
  });
  // Else only an end in peace would keep what was stripped: a worker that finds nothing of it holds the stripper, some 20 MB, all its life.
  flushCompileCache();
  return started;
}

/** Above all a kubeconfig that is missing or unreadable; its parser answers in several lines. */
function asOneLine(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BadInput || error instanceof CommandFailed) return error;
  if ('code' in error && error.code === 'ENOENT' && 'path' in error)
    return new CommandFailed(
      `not started: kubeconfig ${error.path}: no such file; SWITCHYARD_KUBECONFIG or KUBECONFIG names it. Nothing was changed`,
    );
  return new CommandFailed(`not started: ${error.message.split(/\s*\n/)[0]}. Nothing was changed`);
}

/** Ends on SIGTERM or SIGINT after the passes under way; a second signal does not wait for them. */
function serveUntilAsked(halves: readonly Half[]): void {
  let asked = false;
  const end = (): void => {
    if (asked) process.exit(1);
    asked = true;
    process.stderr.write(
      'switchyard: ending after the passes under way (again to end at once; runs go on with the next worker)\n',
    );
    Promise.all(halves.map((half) => half.close())).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
