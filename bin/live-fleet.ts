import { CommandFailed } from './exit.ts';
import type { Source } from './source.ts';

/** The live fleet of a kubeconfig context (undefined: the current one) as one List; nothing is changed. Throws CommandFailed. */
export async function readLiveFleet(context: string | undefined): Promise<readonly Source[]> {
  const file = context === undefined ? 'live fleet' : `context ${context}`;
  // Loaded only here: a plan from a dump needs no client library.
  const { connectKubernetes } = await import('../executor/kubernetes/index.ts');
  try {
    const kubernetes = connectKubernetes(context === undefined ? {} : { context });
    const items = await kubernetes.listFleetObjects().finally(() => kubernetes.close());
    return [{ file, document: { apiVersion: 'v1', kind: 'List', items } }];
  } catch (error) {
    // Else a kubeconfig that is missing, unreadable or without that context; its parser answers in several lines.
    const reason = error instanceof Error ? error.message.split(/\s*\n/)[0] : String(error);
    throw new CommandFailed(
      `${file}: ${reason}; expected a fleet that answers, or --snapshot FILE. Nothing was changed`,
    );
  }
}
