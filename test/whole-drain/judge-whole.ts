/** What must be so when a whole drain has come to its end. */
import { CORDON_MARK, FENCE_TAINT, HOLD_BEFORE, HOLD_LABEL, HOLD_WORDS } from '../../executor/marks.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { isAvailable } from '../../simulations/world/patroni-state.ts';
import { entriesOf, foldOf, runId, type Stage } from './whole-stage.ts';

/** Returns what is against the run and the fleet that it left; empty: nothing. `surprised`: clusters that failed over by themselves. */
export function judgeWhole(stage: Stage, surprised: ReadonlySet<string>): readonly string[] {
  const fold = foldOf(stage);
  if (fold.state !== 'finished')
    return [...stage.violations, `the run is ${fold.state}: ${JSON.stringify(fold.because)}`];
  return [
    ...stage.violations,
    ...stage.world.violations.map(
      ({ code, subject, facts }) => `${code} ${subject} ${JSON.stringify(facts)}`,
    ),
    ...judgeSteps(stage, fold),
    ...judgeRoles(stage, surprised),
    ...judgeCounts(stage, fold, surprised),
    ...judgeSurprise(stage, surprised),
    ...judgeNodes(stage),
    ...judgePods(stage),
    ...judgeReplay(stage),
  ];
}

/** Every step of the plan is done, and none of any plan twice. */
function judgeSteps(stage: Stage, fold: RunFold): readonly string[] {
  const done = new Map<string, number>();
  for (const { lane, event } of entriesOf(stage))
    if (event.kind === 'done') done.set(lane, (done.get(lane) ?? 0) + 1);
  return [
    ...fold.plan.steps.flatMap(({ id }) => (done.has(id) ? [] : [`${id} is not done`])),
    ...[...done].flatMap(([id, count]) => (count === 1 ? [] : [`${id} is done ${count} times`])),
  ];
}

/**
 * Each cluster changes its primary as often as the steps say that are done, and not otherwise; a run that went on by one plan, as often as
 * planned.
 */
function judgeRoles(stage: Stage, surprised: ReadonlySet<string>): readonly string[] {
  const { world } = stage;
  const changes = new Map<string, number>();
  for (const change of world.roleChanges)
    if (change.kind === 'switchover' || !surprised.has(change.cluster))
      changes.set(change.cluster, (changes.get(change.cluster) ?? 0) + 1);
  const wanted = new Map<string, number>();
  for (const cluster of switchedClusters(stage)) wanted.set(cluster, (wanted.get(cluster) ?? 0) + 1);
  return [...new Set([...changes.keys(), ...wanted.keys()])].flatMap((cluster) => {
    const [was, should] = [changes.get(cluster) ?? 0, wanted.get(cluster) ?? 0];
    return was === should ? [] : [`${cluster} changed its primary ${was} times, planned were ${should}`];
  });
}

/** What people are told is what happened. */
function judgeCounts({ world }: Stage, fold: RunFold, surprised: ReadonlySet<string>): readonly string[] {
  const { done, unplanned } = describeRun(fold).counts;
  const ours = world.roleChanges.length - surprised.size;
  return done === ours && unplanned === surprised.size
    ? []
    : [
        `the run counts ${done} role changes of its own and ${unplanned} of others, there were ${ours} and ${surprised.size}`,
      ];
}

/** What was none of ours is written down, and the run went on by a new plan. */
function judgeSurprise(stage: Stage, surprised: ReadonlySet<string>): readonly string[] {
  const noted = new Set(
    entriesOf(stage).flatMap(({ event }) => (event.kind === 'unplanned' ? event.cluster : [])),
  );
  const unseen = [...surprised].flatMap((cluster) =>
    noted.has(cluster) ? [] : `${cluster} failed over unseen`,
  );
  return surprised.size > 0 && stage.plans.size === 0 ? [...unseen, 'nothing was planned anew'] : unseen;
}

/**
 * The cluster of each switchover, planned or, where there was more than one plan, done: what Patroni said it had done when the run halted,
 * nobody had time to see, and the run counts it when it goes on.
 */
function switchedClusters(stage: Stage): readonly string[] {
  const { plan, plans } = stage;
  if (plans.size === 0)
    return plan.steps.flatMap((step) => (step.kind === 'switchover' ? [step.cluster] : []));
  const asked = new Map<string, string>();
  const switched = new Set<string>();
  for (const { lane, event } of entriesOf(stage)) {
    if (event.kind === 'act' && event.act.kind === 'switchover') asked.set(lane, event.act.cluster);
    if (event.kind === 'done' || (event.kind === 'answer' && event.answer === 'switched')) switched.add(lane);
  }
  return [...asked].flatMap(([lane, cluster]) => (switched.has(lane) ? [cluster] : []));
}

/** All nodes of the request are gone, and the others bear no mark of ours. */
function judgeNodes({ plan, world }: Stage): readonly string[] {
  const wrong: string[] = [];
  for (const step of plan.steps)
    if (step.kind === 'release' && !world.releasedNodes.has(step.node))
      wrong.push(`${step.node} was not given back`);
  for (const { metadata, spec } of world.store.list('Node')) {
    if (world.releasedNodes.has(metadata.name)) continue;
    const taints: readonly { readonly key: string }[] = spec?.taints ?? [];
    const isMarked =
      metadata.annotations?.[CORDON_MARK] !== undefined || taints.some(({ key }) => key === FENCE_TAINT);
    if (isMarked || spec?.unschedulable === true) wrong.push(`${metadata.name} is closed at the end`);
  }
  const holder = world.store.get('Lease', 'default', 'switchyard')?.spec?.holderIdentity;
  if (holder === runId) wrong.push('the run has not let go of the fleet');
  return wrong;
}

/** Nobody is held any more, and every cluster is as whole as it was. */
function judgePods({ world }: Stage): readonly string[] {
  const wrong: string[] = [];
  const words = [HOLD_BEFORE, ...Object.keys(HOLD_WORDS)];
  for (const { metadata, spec } of world.store.all('Pod')) {
    if (spec?.nodeName === undefined) wrong.push(`${metadata.name} stands nowhere`);
    const isHeld = metadata.labels?.[HOLD_LABEL] !== undefined;
    if (isHeld || words.some((word) => metadata.annotations?.[word] !== undefined))
      wrong.push(`${metadata.name} is held at the end`);
  }
  for (const cluster of world.clusters.values()) {
    const there = [...cluster.members.values()].filter((member) => isAvailable(world, cluster, member));
    const wanted = Number(world.store.get('StatefulSet', cluster.namespace, cluster.scope)?.spec?.replicas);
    if (there.length !== wanted) wrong.push(`${cluster.key} has ${there.length} of ${wanted} members`);
  }
  return wrong;
}

/** The journal alone says enough to decide again all that was decided. */
function judgeReplay(stage: Stage): readonly string[] {
  const { withoutGrounds, differences } = replayRun(stage.plan, runId, entriesOf(stage), stage.plans);
  return [
    ...(withoutGrounds > 0 ? [`${withoutGrounds} decisions do not say on what grounds`] : []),
    ...differences.map(
      ({ sequence, written, ...other }) =>
        `entry ${sequence} ${JSON.stringify(written)} comes out as ${JSON.stringify(other)}`,
    ),
  ];
}
