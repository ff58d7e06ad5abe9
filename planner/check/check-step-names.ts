/**
 * The pods and clusters that steps name, looked up once, all in a row: a computer waits much less for what it finds in memory
 * when nothing else happens in between.
 */
import type { MoveStep, Step } from '../plan.ts';
import type { NumberedFleet, NumberedPod } from './check-numbered-fleet.ts';

/** By place in the plan's list. */
export type StepNames = {
  /** The number of the pod that a move names, among those of the fleet; -1: none. */
  readonly podOf: Int32Array;
  /** The number of the cluster that a switchover, scale-out or scale-in names; -1: none. */
  readonly clusterOf: Int32Array;
  /** 1 for a move that says of its pod what the fleet says, of a pod that can be moved. */
  readonly isAsSaid: Uint8Array;
};

/** Looks up what can be looked up before the first step: what steps themselves bring is not among it. */
export function lookUpNames(steps: readonly Step[], numbered: NumberedFleet): StepNames {
  const podOf = new Int32Array(steps.length).fill(-1);
  const clusterOf = new Int32Array(steps.length).fill(-1);
  const isAsSaid = new Uint8Array(steps.length);
  for (let place = 0; place < steps.length; place += 1) {
    const step = steps[place];
    if (step === undefined) continue;
    if (step.kind === 'move') {
      const pod = numbered.podNamed.get(step.pod);
      if (pod !== undefined) {
        podOf[place] = pod.number;
        isAsSaid[place] = isSame(step, pod) ? 1 : 0;
      }
    } else if (step.kind === 'switchover' || step.kind === 'scale-out' || step.kind === 'scale-in')
      clusterOf[place] = numbered.clusterNamed.get(step.cluster)?.number ?? -1;
  }
  return { podOf, clusterOf, isAsSaid };
}

function isSame(step: MoveStep, { pod, isMovable }: NumberedPod): boolean {
  const member = pod.cluster === undefined ? null : pod.name;
  return (
    isMovable && pod.uid === step.uid && (pod.cluster ?? null) === step.cluster && member === step.member
  );
}
