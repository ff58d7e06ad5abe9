/**
 * What a disruption budget allows, from its spec and the pods: its status may be stale.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import type { DatabaseCluster, DisruptionBudget, Fleet, Pod } from '../model.ts';
import { hasEnded } from '../schedule/survey.ts';
import { matchesLabels } from './selector.ts';

export type BudgetCount = {
  readonly budget: DisruptionBudget;
  readonly pods: readonly Pod[];
  /** Ready pods less those that must stay: how many may be evicted at once. Zero or less: none. */
  readonly allowed: number;
};

/** Finds the budgets of a pod whose labels are what its role makes them. */
export type BudgetBook = {
  readonly counts: readonly BudgetCount[];
  readonly of: (pod: Pod, labels: Readonly<Record<string, string>>) => readonly BudgetCount[];
};

/** Returns every budget counted against the fleet as it stands; one without selector picks nothing. */
export function openBudgetBook(fleet: Fleet): BudgetBook {
  const byNamespace = new Map<string, Pod[]>();
  for (const pod of fleet.pods) {
    if (hasEnded(pod)) continue;
    const known = byNamespace.get(pod.namespace);
    if (known === undefined) byNamespace.set(pod.namespace, [pod]);
    else known.push(pod);
  }
  const byLabel = new Map<string, Pod[]>();
  for (const pods of byNamespace.values()) {
    for (const pod of pods) {
      for (const [key, value] of Object.entries(pod.labels)) {
        const label = labelKey(pod.namespace, key, value);
        const known = byLabel.get(label);
        if (known === undefined) byLabel.set(label, [pod]);
        else known.push(pod);
      }
    }
  }
  const counts = fleet.budgets.map((budget) => count(budget, byNamespace, byLabel));
  return { counts, of: finder(counts) };
}

/**
 * Returns a member's labels as they are while it is not primary. The role label is told by its value, which Patroni and
 * the operators write: https://patroni.readthedocs.io/en/latest/kubernetes.html
 */
export function labelsAsReplica(pod: Pod, cluster: DatabaseCluster): Readonly<Record<string, string>> {
  const labels = { ...pod.labels };
  for (const [key, value] of Object.entries(labels)) {
    const saysPrimary = value === 'master' || value === 'primary' || value === 'standby_leader';
    // A scope may be called "primary" as well; the names of cluster and namespace are never roles.
    if (saysPrimary && /role/i.test(key) && value !== cluster.scope) {
      labels[key] = 'replica';
    }
  }
  return labels;
}

function count(
  budget: DisruptionBudget,
  byNamespace: ReadonlyMap<string, readonly Pod[]>,
  byLabel: ReadonlyMap<string, readonly Pod[]>,
): BudgetCount {
  const { selector } = budget;
  if (selector === undefined) return { budget, pods: [], allowed: 0 };
  const narrowest = selector
    .filter((each) => each.operator === 'In' && each.values.length === 1)
    .map((each) => byLabel.get(labelKey(budget.namespace, each.key, each.values[0] ?? '')) ?? [])
    .reduce<readonly Pod[]>(
      (best, pods) => (pods.length < best.length ? pods : best),
      byNamespace.get(budget.namespace) ?? [],
    );
  const pods = narrowest.filter((pod) => matchesLabels(selector, pod.labels));
  const healthy = pods.filter((pod) => pod.ready && !pod.terminating).length;
  return { budget, pods, allowed: healthy - desiredHealthy(budget, pods.length) };
}

/** Percentages are rounded up; what the owners want may be more than what exists. */
function desiredHealthy(budget: DisruptionBudget, counted: number): number {
  const expected = Math.max(counted, budget.expectedPods ?? 0);
  const amount = (limit: number | `${number}%`): number =>
    typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * expected) / 100);
  if (budget.minAvailable !== undefined) return amount(budget.minAvailable);
  return Math.max(0, expected - amount(budget.maxUnavailable ?? 0));
}

function finder(counts: readonly BudgetCount[]): BudgetBook['of'] {
  const byLabel = new Map<string, BudgetCount[]>();
  const others = new Map<string, BudgetCount[]>();
  const put = (map: Map<string, BudgetCount[]>, key: string, each: BudgetCount): void => {
    map.set(key, [...(map.get(key) ?? []), each]);
  };
  for (const each of counts) {
    const { selector, namespace } = each.budget;
    if (selector === undefined) continue;
    const singles = selector.filter((one) => one.operator === 'In' && one.values.length === 1);
    // The cluster's name tells budgets apart, the application's does not: the label with the fewest pods would be best,
    // the last of the sorted keys is good enough and needs no count.
    const single = singles.find((one) => /cluster|name|scope/.test(one.key)) ?? singles[0];
    if (single === undefined) put(others, namespace, each);
    else put(byLabel, labelKey(namespace, single.key, single.values[0] ?? ''), each);
  }
  return (pod, labels) => {
    const near = Object.entries(labels).flatMap(
      ([key, value]) => byLabel.get(labelKey(pod.namespace, key, value)) ?? [],
    );
    return [...near, ...(others.get(pod.namespace) ?? [])].filter((each) =>
      matchesLabels(each.budget.selector ?? [], labels),
    );
  };
}

function labelKey(namespace: string, key: string, value: string): string {
  return `${namespace} ${key}=${value}`;
}
