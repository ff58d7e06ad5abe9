/** Holds: set only on primaries that the run has made, and gone at its end. */
import { HOLD_BEFORE, HOLD_LABEL } from '../../executor/marks.ts';
import type { Asked } from './judge-acts.ts';
import { judgeJournaled } from './judge-journal.ts';
import { entriesOf, type Stage, violate } from './stage.ts';

const holdKeys = ['karpenter.sh/do-not-disrupt', 'cluster-autoscaler.kubernetes.io/safe-to-evict'];

/** Judges a change of a pod where it arrives. */
export function judgeHold(
  { stage, worker }: Asked,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
  kind: 'hold-pod' | 'unhold-pod',
): void {
  judgeJournaled(stage, worker, kind, (act) => act.kind === kind && act.uid === uid);
  if (kind === 'hold-pod' && !wasMadePrimary(stage, namespace, name))
    violate(stage, `${name} is held, and no switchover of the run has made it primary`);
}

function wasMadePrimary(stage: Stage, namespace: string, name: string): boolean {
  const { lost, plan } = stage;
  return plan.steps.some(
    ({ id, ...step }) =>
      step.kind === 'switchover' &&
      step.cluster.startsWith(`${namespace}/`) &&
      [...entriesOf(stage), ...lost].some(
        ({ lane, event }) => lane === id && event.kind === 'done' && event.facts.to === name,
      ),
  );
}

/** Nothing of a hold is left on any pod once the run has ended; nobody else holds any in these fleets. */
export function judgeNoHoldLeft(stage: Stage): void {
  for (const { metadata } of stage.world.store.list('Pod')) {
    const isMarked = metadata.labels?.[HOLD_LABEL] !== undefined;
    const words = [HOLD_BEFORE, ...holdKeys].filter((key) => metadata.annotations?.[key] !== undefined);
    if (isMarked || words.length > 0) violate(stage, `${metadata.name} is held by a run that has ended`);
  }
}
