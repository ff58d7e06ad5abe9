/**
 * Temporary members that a run has brought and not taken away again.
 */
import type { ScaleInStep, ScaleOutStep } from '../planner/plan.ts';
import { mayHaveBeenSent } from './answers.ts';
import type { KubernetesPort } from './ports.ts';
import type { RunFold } from './record/run-fold.ts';

export type Temporary = { readonly brought: ScaleOutStep; readonly leaving: ScaleInStep };

/** Pure: returns those that the run may have brought and has not seen leave, as far as its journal knows. */
export function temporaryMembers({ lanes }: RunFold): readonly Temporary[] {
  const all = [...lanes.values()];
  return all.flatMap(({ step: leaving, done }) => {
    if (leaving.kind !== 'scale-in' || done !== undefined) {
      return [];
    }
    return all.flatMap(({ step, acts }) =>
      step.kind === 'scale-out' && step.cluster === leaving.cluster && acts.some(mayHaveScaled)
        ? [{ brought: step, leaving }]
        : [],
    );
  });
}

/** A request of which nothing was seen may have arrived later. One that was refused, or never begun, has brought nobody. */
function mayHaveScaled({ answer }: { readonly answer?: { readonly answer: string } }): boolean {
  return mayHaveBeenSent(answer?.answer);
}

/**
 * One for whom the set is still larger than before. `scaleBackTo`: as many replicas take it away; undefined where somebody else has scaled the set
 * since, for then another member would go first.
 */
export type Extra = {
  readonly cluster: string;
  readonly pod: string;
  readonly scaleBackTo: number | undefined;
};

/** Returns those whose StatefulSet wants them now, and still wants the member that was to leave. Throws OutsideError where no answer came. */
export async function extraMembers(kubernetes: KubernetesPort, fold: RunFold): Promise<readonly Extra[]> {
  const extra: Extra[] = [];
  for (const { brought, leaving } of temporaryMembers(fold)) {
    const { cluster, member } = brought;
    const namespace = cluster.slice(0, cluster.indexOf('/'));
    const name = member.slice(0, member.lastIndexOf('-'));
    const { first = 0, replicas = 0 } = (await kubernetes.getOrdinals({ namespace, name })) ?? {};
    const placeOf = (pod: string): number => Number(pod.slice(pod.lastIndexOf('-') + 1)) - first;
    const isWanted = (pod: string): boolean => placeOf(pod) >= 0 && placeOf(pod) < replicas;
    const isLast = placeOf(member) === replicas - 1;
    if (isWanted(member) && isWanted(leaving.member)) {
      extra.push({ cluster, pod: `${namespace}/${member}`, scaleBackTo: isLast ? replicas - 1 : undefined });
    }
  }
  return extra;
}
