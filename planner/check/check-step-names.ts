/**
 * The pods and clusters that steps name, looked up once, all in a row: a computer waits much less for what it finds in memory
 * when nothing else happens in between.
 */
import type { MoveStep, Step } from '../plan.ts';
import type { NumberedFleet } from './check-numbered-fleet.ts';
import type { PodColumns } from './check-pod-columns.ts';

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
      const pod = numbered.podNamed.get(step.pod) ?? -1;
      podOf[place] = pod;
      isAsSaid[place] = isSame(step, pod, numbered.columns) ? 1 : 0;
    } else if (step.kind === 'switchover' || step.kind === 'scale-out' || step.kind === 'scale-in')
      clusterOf[place] = numbered.clusterNamed.get(step.cluster)?.number ?? -1;
  }
  return { podOf, clusterOf, isAsSaid };
}

function isSame({ uid, cluster, member }: MoveStep, pod: number, columns: PodColumns): boolean {
  if (columns.isMovable[pod] !== 1 || columns.uid[pod] !== uid) return false;
  return columns.clusterKey[pod] === cluster && columns.memberName[pod] === member;
}
