import type { Command } from 'commander';
import type { World } from '../simulations/world/world.ts';
import { BadInput, cannotListen } from './exit.ts';
import { ownLabels, readFleet } from './read-fleet.ts';
import { readInParts } from './read-input.ts';
import { readTokenFile } from './read-token-file.ts';
import { refuseUnplannable } from './refuse-unplannable.ts';
import { exitCodesHelp } from './settings-help.ts';
import type { Source } from './source.ts';
import { wholeNumber } from './whole-number.ts';
import { refuseUnwritable, writeText } from './write-output.ts';

type SandboxOptions = {
  readonly snapshot?: readonly string[];
  readonly kubeconfig?: string;
  readonly port: number;
  readonly speed: string;
  readonly tls?: boolean;
  readonly tokenAuthFile?: string;
};

/** `switchyard sandbox`: a simulated fleet behind the Kubernetes and Patroni dialects, until Ctrl-C. */
export function addSandboxCommand(program: Command): void {
  program
    .command('sandbox')
    .description('serve a simulated fleet on loopback until Ctrl-C')
    .option('--snapshot <path...>', "kubectl dump: files, folders or - (default: the demo's fleet)")
    .option('--kubeconfig <file>', 'write a kubeconfig for it')
    .option('--port <n>', 'port of the Kubernetes API; 0: any free one', wholeNumber('--port', 65_535), 0)
    .option('--speed <n>', 'times the speed of life', '1')
    .option('--tls', 'serve the Kubernetes API over TLS; its certificate goes into the kubeconfig')
    .option(
      '--token-auth-file <csv>',
      'users of the Kubernetes API: token,user,uid,"group,group" a line, over TLS (default: everybody may do everything)',
    )
    .addHelpText('after', exitCodesHelp('0 ended by Ctrl-C', '1 it cannot be served'))
    .action(async (options: SandboxOptions) => {
      const speed = Number(options.speed);
      if (!(speed > 0 && speed <= 1000))
        throw new BadInput(
          `--speed: ${JSON.stringify(options.speed)}; expected a number above 0, at most 1000`,
        );
      if (options.kubeconfig !== undefined) refuseUnwritable('--kubeconfig', options.kubeconfig);
      const users = options.tokenAuthFile === undefined ? undefined : readTokenFile(options.tokenAuthFile);
      const world = options.snapshot === undefined ? await demoWorld() : await worldOf(options.snapshot);
      const { serveWorld } = await import('../simulations/http/serve-world.ts');
      const served = await serveWorld(world, {
        speed,
        port: options.port,
        faultSwitches: true,
        fallsBehind: () =>
          process.stderr.write(
            `switchyard: this machine is too slow for this fleet at --speed ${speed}: its clock falls behind\n`,
          ),
        // kubectl sends no token over plain HTTP.
        tls: options.tls === true || users !== undefined,
        ...(users === undefined ? {} : { users }),
      }).catch((error: unknown) => {
        throw cannotListen(error, '127.0.0.1', options.port, '--port');
      });
      if (options.kubeconfig !== undefined)
        writeText('--kubeconfig', options.kubeconfig, served.kubeconfig(), 0o600);
      process.stdout.write(
        [
          `Kubernetes API  ${served.kubernetesUrl}${options.kubeconfig === undefined ? '' : `   kubeconfig ${options.kubeconfig}`}`,
          `Patroni APIs    ${served.patroniUrl}/members/<namespace>/<pod>`,
          `pipeline        ${served.pipelineUrl}   (surge-wanted, node-released)`,
          `what happened   ${served.simulationUrl}/simulation/state`,
          'faults          kubectl -n kube-system edit configmap simulation-faults   (docs/sandbox.md)',
          'Ctrl-C ends it; nothing is kept.',
          '',
        ].join('\n'),
      );
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => void served.close().then(() => process.exit(0)));
    });
}

async function demoWorld(): Promise<World> {
  const { threeZones } = await import('../simulations/scenarios/three-zones.ts');
  return openWorld(threeZones());
}

/** The world of a dump. It is read as for planning too, so that one that cannot be planned on is refused here as well, with its line. */
async function worldOf(paths: readonly string[]): Promise<World> {
  // Standard input can be read only once.
  if (paths.includes('-')) return openWorld(await readInParts(paths, readAndKeep));
  const verdict = refuseUnplannable(paths);
  // Whatever goes wrong with such a dump meanwhile, the verdict says it better.
  verdict.catch(() => {});
  try {
    const read = (sources: Iterable<Source>) => Array.from(sources, ({ document }) => document);
    const world = await openWorld(await readInParts(paths, read));
    await verdict;
    return world;
  } catch (error) {
    await verdict;
    throw error;
  }
}

async function openWorld(objects: readonly unknown[]): Promise<World> {
  // Loaded only here: other commands do without.
  const { createWorld } = await import('../simulations/world/create-world.ts');
  return createWorld({ objects, startMs: Date.now(), ownLabels: ownLabels() });
}

function readAndKeep(sources: Iterable<Source>): readonly unknown[] {
  const documents: unknown[] = [];
  readFleet(kept(sources, documents));
  return documents;
}

function* kept(sources: Iterable<Source>, documents: unknown[]): Generator<Source> {
  for (const source of sources) {
    documents.push(source.document);
    yield source;
  }
}
