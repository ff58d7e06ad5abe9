import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import { BadInput, CommandFailed, cannotListen } from './exit.ts';
import { settings } from './settings.ts';
import { settingsHelp } from './settings-help.ts';

type Half = { readonly close: () => Promise<void> };

/** `switchyard serve | api | worker`: the service, both halves or one, configured by environment variables. */
export function addServeCommands(program: Command): void {
  const help = settingsHelp(settings);
  const add = (name: string, description: string, start: () => Promise<readonly Half[]>): void => {
    program
      .command(name)
      .description(description)
      .addHelpText('after', help)
      .action(async () => serveUntilAsked(await start()));
  };
  add('serve', 'API, page and worker in one process', () => startHalves([api, worker]));
  add('api', 'API and page only', () => startHalves([api]));
  add('worker', 'worker only', () => startHalves([worker]));
}

/** Both halves or none: one that started alone is closed again. */
async function startHalves(starts: readonly (() => Promise<Half>)[]): Promise<readonly Half[]> {
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
  if (!/^(rediss?:\/\/.|unix:\/\/\/.|\/.)/.test(url))
    throw new BadInput(
      `environment: REDIS_URL: ${JSON.stringify(url)}; expected redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH`,
    );
  const { findSilence, shownAddress } = await import('../executor/redis/find-silence.ts');
  const silence = await findSilence(url);
  if (silence !== undefined)
    process.stderr.write(
      `switchyard: redis ${shownAddress(url)}: no answer (${silence}); waiting for it, nothing is carried out until then. REDIS_URL names another\n`,
    );
}

// Client libraries are loaded only by the commands that need them: planning from a dump starts in a tenth of the time.
async function api(): Promise<Half> {
  const { readConfig } = await import('../api/config.ts');
  const { startApi } = await import('../api/main.ts');
  const read = readConfig(process.env);
  if (read.kind === 'bad-config') throw new BadInput(`environment: ${read.problems.join('; ')}`);
  const { host, port } = read.config;
  const server = await startApi(read.config).catch((error: unknown) => {
    throw cannotListen(error, host, port, 'PORT');
  });
  process.stderr.write(`switchyard: page and API at ${server.url}\n`);
  return server;
}

async function worker(): Promise<Half> {
  const { readWorkerConfig } = await import('../executor/config.ts');
  const { startWorker } = await import('../executor/worker.ts');
  const { pino } = await import('pino');
  const log = pino({ level: process.env.LOG_LEVEL ?? 'info' }, pino.destination(2));
  const started = await startWorker(
    configOrBadInput(() => readWorkerConfig(process.env)),
    log,
  );
  // Else only an end in peace would keep what was stripped: a worker that finds nothing of it holds the stripper, some 20 MB, all its life.
  flushCompileCache();
  return started;
}

function configOrBadInput<Config>(read: () => Config): Config {
  try {
    return read();
  } catch (error) {
    throw new BadInput(`environment: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Above all a kubeconfig that is missing or unreadable; its parser answers in several lines. */
function asOneLine(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BadInput || error instanceof CommandFailed) return error;
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
