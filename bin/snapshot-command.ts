import type { Command } from 'commander';
import { liveFleetSettings, readLiveFleet } from './live-fleet.ts';
import { reduceObject } from './reduce-object.ts';
import { exitCodesHelp, settingsHelp } from './settings-help.ts';

/** `switchyard snapshot`: the live fleet as a List with only what planning reads. */
export function addSnapshotCommand(program: Command): void {
  program
    .command('snapshot')
    .description('print the live fleet as a Kubernetes List: no Secret, no env value, no ConfigMap content')
    .option('--context <name>', 'kubeconfig context')
    .addHelpText('after', settingsHelp(liveFleetSettings))
    .addHelpText('after', exitCodesHelp('0 done', '1 the live fleet does not answer'))
    .action(async (options: { readonly context?: string }) => {
      const [source] = await readLiveFleet(options.context);
      const list = source?.document as { items: readonly Record<string, unknown>[] };
      process.stdout.write(
        `${JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: {}, items: list.items.map(reduceObject) }, null, 1)}\n`,
      );
    });
}
