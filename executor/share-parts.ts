/**
 * A plan for a large fleet names each cluster, node and pod in several places, and gives tens of thousands of reasons of which most are
 * alike. Parsed JSON has a copy for each place: a third of a plan that a worker keeps for as long as its run goes on.
 */
import type { DrainPlan } from '../planner/plan.ts';

/** Returns the plan itself, of whose equal texts and equal reasons each is there once. For a plan just parsed or made, that nobody else has yet. */
export function shareParts(plan: DrainPlan): DrainPlan {
  shareFields(plan, { texts: new Map(), reasons: new Map() });
  return plan;
}

type Known = { readonly texts: Map<string, string>; readonly reasons: Map<string, Fields> };
type Fields = { [field: string]: unknown };

function shareFields(part: Fields, known: Known): void {
  for (const field of Object.keys(part)) {
    const value = part[field];
    if (typeof value === 'string') part[field] = firstOf(known.texts, value, value);
    if (!hasFields(value)) continue;
    shareFields(value, known);
    // Equal in JSON is equal: nothing of a plan is anything else.
    if (field === 'because') part[field] = firstOf(known.reasons, JSON.stringify(value), value);
  }
}

/** Lists too. */
function hasFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function firstOf<Part>(known: Map<string, Part>, content: string, part: Part): Part {
  const first = known.get(content);
  if (first !== undefined) return first;
  known.set(content, part);
  return part;
}
