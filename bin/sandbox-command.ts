import type { Command } from 'commander';
import { BadInput, cannotListen } from './exit.ts';
import { ownLabels, readFleet, wholeNumber } from './plan-command.ts';
import { readInParts, type Source } from './read-input.ts';
import { readTokenFile } from './read-token-file.ts';
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
    .action(async (options: SandboxOptions) => {
      const speed = Number(options.speed);
      if (!(speed > 0 && speed <= 1000))
        throw new BadInput(
          `--speed: ${JSON.stringify(options.speed)}; expected a number above 0, at most 1000`,
        );
      if (options.kubeconfig !== undefined) refuseUnwritable('--kubeconfig', options.kubeconfig);
      const users = options.tokenAuthFile === undefined ? undefined : readTokenFile(options.tokenAuthFile);
      const { createWorld } = await import('../simulations/world/world.ts');
      const { serveWorld } = await import('../simulations/http/serve-world.ts');
      const { threeZones } = await import('../simulations/scenarios/three-zones.ts');
      const objects = options.snapshot === undefined ? threeZones() : await readDump(options.snapshot);
      const served = await serveWorld(createWorld({ objects, startMs: Date.now(), ownLabels: ownLabels() }), {
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

/** The documents of a dump. They are read as for planning, so that one that cannot be planned on is refused here too, with its line. */
function readDump(paths: readonly string[]): Promise<readonly unknown[]> {
  return readInParts(paths, (sources) => {
    const documents: unknown[] = [];
    readFleet(kept(sources, documents));
    return documents;
  });
}

function* kept(sources: Iterable<Source>, documents: unknown[]): Generator<Source> {
  for (const source of sources) {
    documents.push(source.document);
    yield source;
  }
}
