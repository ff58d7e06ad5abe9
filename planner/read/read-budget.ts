import type { DisruptionBudget } from '../model.ts';
import { readLabelSelector } from '../rules/selector.ts';
import { at, numberAt, show, textAt } from './raw-json.ts';
import { complain, type FoundObject, type Reading } from './reading.ts';

/**
 * A disruption budget with what its controller last wrote.
 * https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
 */
export function readBudget(reading: Reading, found: FoundObject): DisruptionBudget {
  const { json, key, namespace, name } = found;
  const limit = (field: 'minAvailable' | 'maxUnavailable') => readLimit(reading, found, field);
  const minAvailable = limit('minAvailable');
  const maxUnavailable = limit('maxUnavailable');
  const selector = readSelector(json);
  return {
    key,
    namespace,
    name,
    ...(selector === undefined ? {} : { selector }),
    ...(minAvailable === undefined ? {} : { minAvailable }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    alwaysAllowUnhealthy: at(json, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow',
    ...readStatus(json),
  };
}

/** In policy/v1beta1 an empty selector selects nothing; in policy/v1 it selects every pod of the namespace. */
function readSelector(json: unknown): DisruptionBudget['selector'] {
  const selector = readLabelSelector(at(json, 'spec', 'selector'));
  const emptyMeansNothing = textAt(json, 'apiVersion') === 'policy/v1beta1';
  return emptyMeansNothing && selector?.length === 0 ? undefined : selector;
}

function readLimit(
  reading: Reading,
  found: FoundObject,
  field: 'minAvailable' | 'maxUnavailable',
): number | `${number}%` | undefined {
  const written = at(found.json, 'spec', field);
  if (written === undefined || written === null) return undefined;
  if (typeof written === 'number' && Number.isInteger(written) && written >= 0) return written;
  if (typeof written === 'string') {
    if (/^\d{1,9}$/.test(written)) return Number(written);
    const percent = /^(\d{1,9})%$/.exec(written);
    if (percent !== null) return `${Number(percent[1])}%`;
  }
  complain(reading, found.place, `spec.${field}`, {
    code: 'bad-budget',
    found: show(written),
    expected: 'a whole number of zero or more, or a percentage such as 50%',
  });
  return undefined;
}

/** Counts of the status; a missing one is left out, never taken for zero. */
function readStatus(
  json: unknown,
): Pick<DisruptionBudget, 'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy' | 'expectedPods'> {
  const fields = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;
  const counts: { -readonly [Field in (typeof fields)[number]]?: number } = {};
  for (const field of fields) {
    const count = numberAt(json, 'status', field);
    if (count !== undefined) counts[field] = count;
  }
  return counts;
}
