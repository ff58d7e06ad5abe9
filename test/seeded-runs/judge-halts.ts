/** Every halt names something that did happen. */
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { Because } from '../../planner/plan.ts';
import { foldNow } from './interfere.ts';
import { type Stage, violate } from './stage.ts';
import type { MishapKind } from './troubles.ts';
import { isTrueByItself } from './true-waits.ts';

/** Which mishaps make a halt for a reason true; one that is not here is never true in these fleets. */
const reasons: Readonly<Record<string, readonly MishapKind[]>> = {
  'role-changed-by-others': [
    'somebody-scales',
    'another-drains',
    'failover',
    'node-dies',
    'operator-reacts-to-cordon',
    'switchover-lies',
    'somebody-evicts',
    'somebody-switches-over',
    // What the run did and does not know of.
    'journal-lost',
  ],
  // A failover while a switchover is asked for looks like one that went astray. A candidate that is taken away while it is asked for leaves
  // the lead to another.
  'switched-to-other-target': [
    // While the leader stops.
    'replica-freezes',
    'somebody-scales',
    'another-drains',
    'switchover-lies',
    'failover',
    'operator-reacts-to-cordon',
    'node-dies',
    'pod-does-not-come-back',
    'somebody-evicts',
    'somebody-switches-over',
  ],
  'eviction-forbidden': ['evictions-forbidden'],
  'switchover-attempts-used-up': ['switchover-lies'],
  'plan-invalid': [
    'somebody-tags-nofailover',
    'somebody-pauses-cluster',
    'somebody-scales',
    'another-drains',
    'journal-lost',
    'fleet-changed-before',
    'budgets-closed',
    'failover',
    'node-dies',
    'operator-reacts-to-cordon',
    'somebody-evicts',
    'somebody-switches-over',
    'switchover-lies',
    'somebody-uncordons',
    'somebody-unfences',
    'somebody-cordons',
    'somebody-places-pod',
    'pod-does-not-come-back',
    'another-run-marks',
  ],
  'landed-on-drained-node': [
    'somebody-scales',
    'another-drains',
    'somebody-unfences',
    'somebody-uncordons',
    'somebody-evicts',
    'pod-does-not-come-back',
    'another-run-marks',
    'node-dies',
  ],
  'node-gone': ['node-dies', 'another-drains'],
  'deadline-passed': [
    'pipeline-away',
    'patroni-vague',
    'somebody-scales',
    'another-drains',
    'budgets-closed',
    'somebody-unfences',
    'somebody-pauses-cluster',
    'node-dies',
    'no-node-comes',
    'node-in-wrong-zone',
    'somebody-cordons',
    'somebody-uncordons',
    'failover',
    'somebody-evicts',
    'patroni-silent',
    'replica-freezes',
    'replica-never-streams',
    'volumes-slow',
    'pod-does-not-come-back',
    'somebody-tags-nofailover',
    'somebody-places-pod',
    'somebody-switches-over',
    'another-run-marks',
  ],
  'outside-unreachable': ['node-dies', 'patroni-silent', 'pipeline-away'],
  'fleet-lease-taken': ['somebody-takes-lease'],
};

/** Judges a halt when it is written down, by what has happened so far: nobody is called for nothing, and no new plan is looked for. */
export function judgeHalt(stage: Stage, because: Because): void {
  const { code, facts } = because;
  // Whom a run waits for in vain was there.
  const { waitedFor, subject } = facts;
  if (waitedFor === 'node-drained-by-other' && !stage.signedOnce.has(String(subject)))
    violate(stage, `nobody else ever drained ${subject}`);
  const isScaledBack = waitedFor === 'scaled-by-others' || waitedFor === 'operator-scaled-back';
  const mayOthersScale = stage.happened.has('somebody-scales') || stage.happened.has('second-run');
  if (isScaledBack && !mayOthersScale && !hasLostScaling(stage))
    violate(stage, `nobody else ever scaled ${subject}`);
  const isTrue =
    // What the other run has done in the fleet is judged by what it does.
    stage.happened.has('second-run') ||
    (isScaledBack && hasLostScaling(stage)) ||
    (reasons[code] ?? []).some((kind) => stage.happened.has(kind)) ||
    (waitedFor === 'pod-not-scheduled' && cameElsewhere(foldNow(stage))) ||
    (waitedFor === 'waiting-for-node' && hasLostStartAndAsk(stage)) ||
    isTrueByItself(stage, because);
  if (!isTrue) violate(stage, `halted without a true reason: ${code} ${JSON.stringify(facts)}`);
}

/** What the run itself has scaled, and does not know of. */
function hasLostScaling({ lost }: Stage): boolean {
  return lost.some(({ event }) => event.kind === 'act' && event.act.kind === 'scale');
}

/** A node that the run asked for, and came before the run began anew and knew of neither, was there at its start as far as it knows. */
function hasLostStartAndAsk({ lost }: Stage): boolean {
  return (
    lost.some(({ event }) => event.kind === 'started') &&
    lost.some(({ event }) => event.kind === 'act' && event.act.kind === 'want-node')
  );
}

/** kube-scheduler had a choice, and took another node than the plan: what was to stand there may find no room. */
function cameElsewhere(fold: RunFold): boolean {
  return [...fold.lanes.values()].some(({ step, done }) => {
    const planned = step.kind === 'move' ? step.to : step.kind === 'scale-out' ? step.node : undefined;
    return (
      planned !== undefined && done?.node !== undefined && done.node !== (fold.bound.get(planned) ?? planned)
    );
  });
}
