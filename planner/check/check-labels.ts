/**
 * Labels, matched naively for checkPlan.
 */
import type { Requirement } from '../model.ts';

type Labels = Readonly<Record<string, string>>;

/** Value of a label; undefined: not set. What an object inherits (`constructor`) is no text and so no label. */
export function labelOf(labels: Labels, key: string): string | undefined {
  const value: unknown = labels[key];
  return typeof value === 'string' ? value : undefined;
}

/** True if every requirement holds for these labels. NotIn holds where the key is absent, as in Kubernetes. */
export function labelsMatch(requirements: readonly Requirement[], labels: Labels): boolean {
  for (const requirement of requirements)
    if (!holdsFor(requirement, labelOf(labels, requirement.key))) return false;
  return true;
}

function holdsFor({ operator, values }: Requirement, value: string | undefined): boolean {
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  if (value === undefined || !/^-?\d+$/.test(value) || !/^-?\d+$/.test(values[0] ?? '')) return false;
  return operator === 'Gt' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
}
