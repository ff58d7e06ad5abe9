import { BadInput, CommandFailed } from './exit.ts';
import type { Setting } from './settings-help.ts';
import type { Source } from './source.ts';

/** How the live fleet is found: by the settings by which the service finds its own, so that both mean the same one. */
export const liveFleetSettings: readonly Setting[] = [
  ['SWITCHYARD_KUBECONFIG', 'as kubectl finds it', 'kubeconfig file of the live fleet'],
  ['SWITCHYARD_CONTEXT', 'the current one', 'its context, where no --context is given'],
];

/**
 * The live fleet of a kubeconfig context (undefined: of the environment, else the current one) as one List; nothing is changed. Throws BadInput where the
 * context that was named cannot be found, CommandFailed where there is no kubeconfig at all or the fleet does not answer. `instead`: what else the command could read.
 */
export async function readLiveFleet(named: string | undefined, instead?: string): Promise<readonly Source[]> {
  const context = named ?? (process.env.SWITCHYARD_CONTEXT || undefined);
  const kubeconfigFile = process.env.SWITCHYARD_KUBECONFIG || undefined;
  const file = context === undefined ? 'live fleet' : `context ${context}`;
  const expected = `expected a fleet that answers${instead === undefined ? '' : `, or ${instead}`}. Nothing was changed`;
  // Loaded only here: a plan from a dump needs no client library.
  const { connectKubernetes } = await import('../executor/kubernetes/index.ts');
  const connected = attempt(() =>
    connectKubernetes({
      ...(context === undefined ? {} : { context }),
      ...(kubeconfigFile === undefined ? {} : { kubeconfigFile }),
    }),
  );
  if ('reason' in connected) {
    const line = `${file}: ${connected.reason}; ${expected}`;
    throw context === undefined ? new CommandFailed(line) : new BadInput(line);
  }
  try {
    const items = await connected.result.listFleetObjects().finally(() => connected.result.close());
    return [{ file, document: { apiVersion: 'v1', kind: 'List', items } }];
  } catch (error) {
    throw new CommandFailed(`${file}: ${reasonOf(error)}; ${expected}`);
  }
}

function attempt<Result>(work: () => Result): { readonly result: Result } | { readonly reason: string } {
  try {
    return { result: work() };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** The parser of kubeconfigs answers in several lines. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split(/\s*\n/)[0] ?? '') : String(error);
}
