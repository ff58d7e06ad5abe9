/**
 * Budgets under which an eviction cannot succeed whatever is waited for.
 */
import type { DisruptionBudget } from '../model.ts';
import type { Survey } from '../survey/survey.ts';
import type { Sight } from './sight.ts';

/** The budget of the primary is a feature: it opens once the role has moved. So is one that nothing expects a pod of. */
export function seeClosedBudgets(survey: Survey, moving: readonly number[]): readonly Sight[] {
  const { budgets } = survey;
  const closed = new Map<number, Sight>();
  for (const pod of moving)
    for (const number of budgetsLater(survey, pod)) {
      const budget = budgets.all[number];
      const [guarded, allowed] = [budgets.picked[number] ?? 0, budgets.allowed[number] ?? 0];
      if (budget === undefined || allowed >= 1 || guarded === 0 || budget.expectedPods === 0) continue;
      if (!closed.has(number)) closed.set(number, sightOf(budget, guarded, allowed));
    }
  return [...closed.values()];
}

/** `why` it is closed: by its own words for good, or because of its pods for now. */
function sightOf(budget: DisruptionBudget, guarded: number, allowed: number): Sight {
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
export function seeTwoBudgets(survey: Survey, moving: readonly number[]): readonly Sight[] {
  const sights: Sight[] = [];
  for (const pod of moving) {
    const found = budgetsLater(survey, pod);
    if (found.length < 2) continue;
    const budgets = found.map((number) => survey.budgets.all[number]?.key ?? '');
    const fix = `delete one of them, or narrow a selector: ${budgets.join(', ')}`;
    sights.push({ subject: survey.pods.all[pod]?.key ?? '', facts: { budgets }, fix });
  }
  return sights;
}

/** Budgets of a pod once no member of its cluster that has to leave is primary. */
function budgetsLater({ budgets, pods, clusters }: Survey, pod: number): readonly number[] {
  const cluster = pods.cluster[pod] ?? -1;
  return cluster < 0 ? budgets.ofPod(pod) : budgets.ofReplica(pod, clusters.all[cluster]?.scope ?? '');
}
