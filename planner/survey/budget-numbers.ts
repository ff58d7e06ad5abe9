/**
 * What disruption budgets allow, counted from their spec and the pods: their status may be stale.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import type { DisruptionBudget, Fleet, Pod } from '../model.ts';
import { matchesLabels } from '../rules/selector.ts';
import { hasEnded } from './pod-nature.ts';

export type BudgetNumbers = {
  readonly all: readonly DisruptionBudget[];
  /** Pods each budget picks, and ready pods less those that must stay: how many may be evicted at once. */
  readonly picked: Int32Array;
  readonly allowed: Int32Array;
  /** Budgets that pick a pod of the survey as it is labelled. */
  readonly ofPod: (pod: number) => readonly number[];
  /** Budgets that pick it once another member of its cluster is primary. */
  readonly ofReplica: (pod: number, scope: string) => readonly number[];
};

/** Budgets that pick a pod with these labels, but for the role label where one is given. */
type Finder = (pod: Pod, role?: RoleLabel) => readonly number[];

/** A label that says who is primary, and what it says of anybody else. */
type RoleLabel = { readonly key: string; readonly instead: string };

/**
 * Returns every budget counted against the fleet as it stands; one without selector picks nothing. `surveyed` are the pods that
 * numbers speak of.
 */
export function countBudgets(fleet: Fleet, surveyed: readonly Pod[]): BudgetNumbers {
  const all = fleet.budgets;
  const picked = new Int32Array(all.length);
  const healthy = new Int32Array(all.length);
  const find = budgetFinder(all);
  const found: (readonly number[])[] = [];
  for (const pod of fleet.pods) {
    const budgets = all.length === 0 || hasEnded(pod) ? none : find(pod);
    // The survey holds the same pods in the same order, but for those that it leaves out.
    if (pod === surveyed[found.length]) found.push(budgets);
    for (const budget of budgets) {
      picked[budget] = (picked[budget] ?? 0) + 1;
      if (pod.ready && !pod.terminating) healthy[budget] = (healthy[budget] ?? 0) + 1;
    }
  }
  const allowed = Int32Array.from(all, (budget, place) =>
    budget.selector === undefined ? 0 : (healthy[place] ?? 0) - desiredHealthy(budget, picked[place] ?? 0),
  );
  const asReplica = new Map<number, readonly number[]>();
  return {
    all,
    picked,
    allowed,
    ofPod: (number) => found[number] ?? none,
    ofReplica: (number, scope) => {
      const pod = surveyed[number];
      const role = pod === undefined ? undefined : primaryRoleLabel(pod, scope);
      if (pod === undefined || role === undefined) return found[number] ?? none;
      const known = asReplica.get(number) ?? find(pod, role);
      asReplica.set(number, known);
      return known;
    },
  };
}

/**
 * The label of a member's pod that says it is primary. It is told by its value, which Patroni and the operators write; a scope
 * may be called "primary" as well, but names are never roles. https://patroni.readthedocs.io/en/latest/kubernetes.html
 */
function primaryRoleLabel(pod: Pod, scope: string): RoleLabel | undefined {
  for (const key in pod.labels) {
    const value = pod.labels[key];
    const saysPrimary = value === 'master' || value === 'primary' || value === 'standby_leader';
    if (saysPrimary && value !== scope && /role/i.test(key)) return { key, instead: 'replica' };
  }
  return undefined;
}

/** Percentages are rounded up; what the owners want may be more than what exists. */
function desiredHealthy(budget: DisruptionBudget, counted: number): number {
  const expected = Math.max(counted, budget.expectedPods ?? 0);
  const amount = (limit: number | `${number}%`): number =>
    typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * expected) / 100);
  if (budget.minAvailable !== undefined) return amount(budget.minAvailable);
  return Math.max(0, expected - amount(budget.maxUnavailable ?? 0));
}

const none: readonly number[] = [];

/** Each budget is filed under one label that its pods must carry: the one that fewest budgets ask for. */
function budgetFinder(all: readonly DisruptionBudget[]): Finder {
  const askedFor = countLabels(all);
  const filed = new Map<string, Map<string, number[]>>();
  const others = new Map<string, number[]>();
  all.forEach(({ selector, namespace }, number) => {
    if (selector === undefined) return;
    let best: { key: string; value: string; asked: number } | undefined;
    for (const { key, operator, values } of selector) {
      const [value] = values;
      if (operator !== 'In' || values.length !== 1 || value === undefined) continue;
      const asked = askedFor.get(key)?.get(value) ?? 0;
      if (best === undefined || asked < best.asked) best = { key, value, asked };
    }
    if (best === undefined) append(others, namespace, number);
    else append(mapIn(filed, best.key), best.value, number);
  });
  const keys = [...filed];
  return (pod, role) => {
    let found: number[] | undefined;
    const look = (numbers: readonly number[] | undefined) => {
      for (const number of numbers ?? none) {
        const budget = all[number];
        if (budget?.namespace !== pod.namespace || !picks(budget, pod, role)) continue;
        if (found === undefined) found = [number];
        else found.push(number);
      }
    };
    for (const [key, byValue] of keys) {
      const value = labelOf(pod, key, role);
      if (value !== undefined) look(byValue.get(value));
    }
    if (others.size > 0) look(others.get(pod.namespace));
    return found ?? none;
  };
}

function picks(budget: DisruptionBudget, pod: Pod, role: RoleLabel | undefined): boolean {
  if (budget.selector === undefined) return false;
  if (role === undefined) return matchesLabels(budget.selector, pod.labels);
  return budget.selector.every((requirement) =>
    requirement.key === role.key
      ? matchesLabels([requirement], { [role.key]: role.instead })
      : matchesLabels([requirement], pod.labels),
  );
}

function labelOf(pod: Pod, key: string, role: RoleLabel | undefined): string | undefined {
  if (role?.key === key) return role.instead;
  return Object.hasOwn(pod.labels, key) ? pod.labels[key] : undefined;
}

function countLabels(all: readonly DisruptionBudget[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (const { selector = [] } of all)
    for (const { key, operator, values } of selector) {
      const [value] = values;
      if (operator !== 'In' || values.length !== 1 || value === undefined) continue;
      const byValue = mapIn(counts, key);
      byValue.set(value, (byValue.get(value) ?? 0) + 1);
    }
  return counts;
}

function mapIn<Key, Inner>(outer: Map<Key, Map<string, Inner>>, key: Key): Map<string, Inner> {
  const known = outer.get(key);
  if (known !== undefined) return known;
  const made = new Map<string, Inner>();
  outer.set(key, made);
  return made;
}

function append(lists: Map<string, number[]>, key: string, number: number): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [number]);
  else known.push(number);
}
