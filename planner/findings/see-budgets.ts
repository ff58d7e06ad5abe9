/**
 * Budgets under which an eviction cannot succeed whatever is waited for.
 */
import type { DisruptionBudget } from '../model.ts';
import { noBudget } from '../survey/budget-numbers.ts';
import type { Survey } from '../survey/survey.ts';
import type { Sight } from './sight.ts';

/**
 * Returns the budgets of these pods that allow no eviction, and the pods under several. The budget of the primary is a feature: it
 * opens once the role has moved. So is one that nothing expects a pod of.
 */
export function seeBudgets(
  survey: Survey,
  moving: Int32Array,
): { readonly closed: readonly Sight[]; readonly doubled: readonly Sight[] } {
  const { budgets, pods } = survey;
  const closed = new Map<number, Sight>();
  const doubled: Sight[] = [];
  for (let place = 0; place < moving.length; place += 1) {
    const pod = moving[place] ?? -1;
    const only = budgets.only[pod] ?? noBudget;
    if (only === noBudget || (only >= 0 && (budgets.allowed[only] ?? 0) >= 1)) continue;
    const found = budgetsLater(survey, pod);
    for (const number of found) {
      const budget = budgets.all[number];
      const [guarded, allowed] = [budgets.picked[number] ?? 0, budgets.allowed[number] ?? 0];
      if (allowed >= 1 || guarded === 0 || closed.has(number)) continue;
      if (budget !== undefined && budget.expectedPods !== 0)
        closed.set(number, seeClosed(budget, guarded, allowed));
    }
    if (found.length > 1)
      doubled.push(
        seeDoubled(
          pods.all[pod]?.key ?? '',
          found.map((number) => budgets.all[number]?.key ?? ''),
        ),
      );
  }
  return { closed: [...closed.values()], doubled };
}

/** `why` it is closed: by its own words for good, or because of its pods for now. */
function seeClosed(budget: DisruptionBudget, guarded: number, allowed: number): Sight {
  const { key: subject, namespace, name, minAvailable, maxUnavailable, selector } = budget;
  const facts = { pods: guarded, allowed };
  const patch = (spec: object, when: string) =>
    `kubectl -n ${namespace} patch pdb ${name} --type merge -p '${JSON.stringify({ spec })}'   (${when})`;
  // Zalando's operator labels the pods of a cluster so while it works on it.
  const critical = selector?.find(({ key }) => key === 'critical-operation');
  if (critical !== undefined) {
    const fix = `kubectl -n ${namespace} get pods -l critical-operation=true   (wait until the operator is done)`;
    return { subject, facts: { ...facts, why: 'critical-operation' }, fix };
  }
  if (maxUnavailable !== undefined && amount(maxUnavailable, guarded) === 0) {
    const fix = patch({ maxUnavailable: 1 }, 'for as long as the drain takes');
    return { subject, facts: { ...facts, why: 'max-unavailable-zero', maxUnavailable }, fix };
  }
  if (minAvailable !== undefined && amount(minAvailable, guarded) >= guarded) {
    const fix = patch({ minAvailable: guarded - 1 }, 'for as long as the drain takes, or one more pod');
    return { subject, facts: { ...facts, why: 'min-available-all', minAvailable }, fix };
  }
  const fix = `kubectl -n ${namespace} describe pdb ${name}   (bring its pods up)`;
  return { subject, facts: { ...facts, why: 'pods-not-ready' }, fix };
}

/** Percentages are rounded up: https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages */
function amount(limit: number | `${number}%`, pods: number): number {
  return typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * pods) / 100);
}

/** The eviction API answers an error to a pod under two budgets: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
function seeDoubled(subject: string, budgets: readonly string[]): Sight {
  const fix = `delete one of them, or narrow a selector: ${budgets.join(', ')}`;
  return { subject, facts: { budgets }, fix };
}

/** Budgets of a pod once no member of its cluster that has to leave is primary. */
function budgetsLater({ budgets, pods, clusters }: Survey, pod: number): readonly number[] {
  const cluster = pods.cluster[pod] ?? -1;
  const leads = cluster >= 0 && clusters.primary[cluster] === pod;
  return leads ? budgets.ofReplica(pod, clusters.all[cluster]) : budgets.ofPod(pod);
}
