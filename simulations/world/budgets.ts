/**
 * The disruption controller: recomputes the status of every budget a moment after its pods changed. Until then the status
 * is stale, as on a real fleet.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go
 */
import { kubernetesTime, type StoredObject } from './object-store.ts';
import { controllerOf, isReady, isTerminating, labelsOf, setCondition } from './read-objects.ts';
import type { World } from './world.ts';

/** Entries of disruptedPods older than this are taken for lost evictions (DeletionTimeout of the controller: 2 minutes). */
const DISRUPTED_POD_MAX_MS = 120_000;

/** Keeps the status of all budgets, each change seen a moment late. */
export function startBudgets(world: World): void {
  world.store.onChange(({ type, object, previous }) => {
    if (object.kind === 'PodDisruptionBudget' && type !== 'DELETED') look(world, object);
    if (object.kind !== 'Pod') return;
    if (previous !== undefined && type === 'MODIFIED' && !changesABudget(previous, object)) return;
    const matched = [object, ...(previous === undefined ? [] : [previous])].flatMap((pod) =>
      world.budgets.matching(pod),
    );
    for (const budget of new Set(matched)) look(world, budget);
  });
  for (const budget of world.store.list('PodDisruptionBudget')) look(world, budget);
}

function changesABudget(earlier: StoredObject, later: StoredObject): boolean {
  return (
    isReady(earlier) !== isReady(later) ||
    isTerminating(earlier) !== isTerminating(later) ||
    JSON.stringify(labelsOf(earlier)) !== JSON.stringify(labelsOf(later))
  );
}

function look(world: World, budget: StoredObject): void {
  const { namespace, name } = budget.metadata;
  world.clock.once(`pdb:${namespace}/${name}`, world.durations.budgetStatusMs, () =>
    recompute(world, namespace, name),
  );
}

function recompute(world: World, namespace: string | undefined, name: string): void {
  const budget = world.store.get('PodDisruptionBudget', namespace, name);
  if (budget === undefined) return;
  const pods = world.pods.selected(namespace, budget.spec?.selector);
  const disrupted = stillDisrupted(world, budget, pods);
  const { expected, desired } = wantedHealthy(world, budget, pods);
  const healthy = pods.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && disrupted[pod.metadata.name] === undefined,
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  world.store.updateStatus('PodDisruptionBudget', namespace, name, (draft) => {
    draft.status = {
      ...draft.status,
      currentHealthy: healthy,
      desiredHealthy: desired,
      disruptionsAllowed: allowed,
      expectedPods: expected,
      observedGeneration: draft.metadata.generation ?? 1,
    };
    if (Object.keys(disrupted).length > 0) draft.status.disruptedPods = disrupted;
    else delete draft.status.disruptedPods;
    setCondition(draft, {
      type: 'DisruptionAllowed',
      status: allowed > 0 ? 'True' : 'False',
      reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: draft.metadata.generation ?? 1,
      lastTransitionTime: kubernetesTime(world.nowMs()),
    });
  });
}

/** Pods whose eviction was admitted and whose deletion has not been seen yet. */
function stillDisrupted(
  world: World,
  budget: StoredObject,
  pods: readonly StoredObject[],
): Record<string, string> {
  const entries: readonly [string, string][] = Object.entries(budget.status?.disruptedPods ?? {});
  return Object.fromEntries(
    entries.filter(([podName, since]) => {
      const pod = pods.find((one) => one.metadata.name === podName);
      const fresh = world.nowMs() - Date.parse(since) < DISRUPTED_POD_MAX_MS;
      return pod !== undefined && !isTerminating(pod) && fresh;
    }),
  );
}

/** Whole minAvailable counts the pods there are; maxUnavailable and percentages count what their owners want. */
function wantedHealthy(
  world: World,
  budget: StoredObject,
  pods: readonly StoredObject[],
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const expected = wantedByOwners(world, pods);
    return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected)) };
  }
  if (typeof minAvailable === 'string' && minAvailable.endsWith('%')) {
    const expected = wantedByOwners(world, pods);
    return { expected, desired: scaled(minAvailable, expected) };
  }
  return { expected: pods.length, desired: Number(minAvailable ?? 1) };
}

/** Percentages round up, as GetScaledValueFromIntOrPercent does for budgets. */
function scaled(value: number | string, total: number): number {
  return typeof value === 'string' && value.endsWith('%')
    ? Math.ceil((Number(value.slice(0, -1)) * total) / 100)
    : Number(value);
}

function wantedByOwners(world: World, pods: readonly StoredObject[]): number {
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) continue;
    const found = world.store.get(owner.kind, pod.metadata.namespace, owner.name);
    owners.set(owner.uid, Number(found?.spec?.replicas ?? 1));
  }
  return [...owners.values()].reduce((sum, replicas) => sum + replicas, 0);
}
