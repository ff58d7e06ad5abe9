import type { Command } from 'commander';
import { BadInput } from './exit.ts';
import { settings } from './settings.ts';

type Half = { readonly close: () => Promise<void> };

/** `switchyard serve | api | worker`: the service, both halves or one, configured by environment variables. */
export function addServeCommands(program: Command): void {
  const table = settings.map(
    ([name, fallback, meaning]) => `  ${name.padEnd(28)} ${(fallback || '-').padEnd(24)} ${meaning}`,
  );
  const help = ['', 'Environment variables and their defaults:', ...table, ''].join('\n');
  const add = (name: string, description: string, start: () => Promise<readonly Half[]>): void => {
    program
      .command(name)
      .description(description)
      .addHelpText('after', help)
      .action(async () => serveUntilAsked(await start()));
  };
  add('serve', 'API, page and worker in one process', async () => [await api(), await worker()]);
  add('api', 'API and page only', async () => [await api()]);
  add('worker', 'worker only', async () => [await worker()]);
}

// Client libraries are loaded only by the commands that need them: planning from a dump starts in a tenth of the time.
async function api(): Promise<Half> {
  const { readConfig } = await import('../api/config.ts');
  const { startApi } = await import('../api/main.ts');
  const read = readConfig(process.env);
  if (read.kind === 'bad-config') throw new BadInput(`environment: ${read.problems.join('; ')}`);
  const server = await startApi(read.config);
  process.stderr.write(`switchyard: page and API at ${server.url}\n`);
  return server;
}

async function worker(): Promise<Half> {
  const { readWorkerConfig } = await import('../executor/config.ts');
  const { startWorker } = await import('../executor/worker.ts');
  const { pino } = await import('pino');
  const log = pino({ level: process.env.LOG_LEVEL ?? 'info' }, pino.destination(2));
  return startWorker(
    configOrBadInput(() => readWorkerConfig(process.env)),
    log,
  );
}

function configOrBadInput<Config>(read: () => Config): Config {
  try {
    return read();
  } catch (error) {
    throw new BadInput(`environment: ${error instanceof Error ? error.message : String(error)}`);
  }
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
