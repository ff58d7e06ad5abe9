/**
 * A plan for a large fleet names each cluster, node and pod in several of its steps, and gives tens of thousands of reasons of which
 * most are alike. Parsed JSON has a copy for each place: a third of a plan that a worker keeps for as long as its run goes on.
 */
import type { DrainPlan } from '../planner/plan.ts';

/** Returns the plan itself, of whose equal texts and equal reasons in steps each is there once. For a plan just parsed, that nobody else has yet. */
export function shareParts(plan: DrainPlan): DrainPlan {
  const known: Known = { texts: new Map(), reasons: new Map() };
  for (const step of plan.steps) shareFields(step, known);
  return plan;
}

type Known = { readonly texts: Map<string, string>; readonly reasons: Map<string, object> };

/** The first that was equal; reasons are equal where their JSON is. */
function sharedOf(field: string, value: unknown, known: Known): unknown {
  if (typeof value === 'string') return firstOf(known.texts, value, value);
  if (typeof value !== 'object' || value === null) return value;
  shareFields(value, known);
  return field === 'because' ? firstOf(known.reasons, JSON.stringify(value), value) : value;
}

function shareFields(part: object, known: Known): void {
  for (const field of Object.keys(part)) {
    const value: unknown = Reflect.get(part, field);
    const first = sharedOf(field, value, known);
    if (first !== value || typeof value === 'string') Reflect.set(part, field, first);
  }
}

function firstOf<Part>(known: Map<string, Part>, content: string, part: Part): Part {
  const first = known.get(content) ?? part;
  if (first === part) known.set(content, part);
  return first;
}
