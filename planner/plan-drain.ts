/**
 * Fleet and request in, plan with certificate out. The whole algorithm, each line a file.
 */

import { canonicalJson } from './hash/canonical-json.ts';
import { hashFleet } from './hash/hash-fleet.ts';
import { sha256 } from './hash/sha256.ts';
import type { Fleet } from './model.ts';
import type { DrainPlan, DrainRequest, Finding, InputProblem } from './plan.ts';
import { certify } from './prove/bounds.ts';
import { judgeClusters } from './prove/judge-clusters.ts';
import { naiveRotation } from './prove/naive-baseline.ts';
import { resolveRequest } from './read/resolve-request.ts';
import { openBudgetBook } from './rules/budget.ts';
import { findRisks, mergeFindings } from './rules/find-risks.ts';
import { refuseNodes } from './rules/refuse-nodes.ts';
import { planSeconds } from './schedule/estimate.ts';
import { costOf, type Found, searchPlan } from './schedule/search-plan.ts';
import { type Survey, surveyFleet } from './schedule/survey.ts';

/** Part of a plan's id: raised whenever the same fleet and request may give another plan. */
export const plannerVersion = '0.1.0';

/**
 * Returns the plan, its certificate and what it refuses; or, where the request does not fit the fleet, the problems.
 * Same fleet and request, same bytes. `findingsOfReading` are carried over into the plan.
 */
export function planDrain(
  fleet: Fleet,
  request: DrainRequest,
  findingsOfReading: readonly Finding[] = [],
):
  | { readonly kind: 'plan'; readonly plan: DrainPlan }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] } {
  const resolved = resolveRequest(request, fleet);
  if (resolved.kind === 'bad-input') return resolved;
  const survey = surveyFleet(fleet, resolved.request);
  const budgets = openBudgetBook(fleet);
  const refusals = refuseNodes(survey, budgets);
  const found = searchPlan(survey, budgets, refusals);
  const findings = mergeFindings([...findingsOfReading, ...findRisks(survey, budgets)]);
  return { kind: 'plan', plan: assemblePlan(survey, request, found, findings) };
}

function assemblePlan(
  survey: Survey,
  request: DrainRequest,
  found: Found,
  findings: readonly Finding[],
): DrainPlan {
  const { attempt, bounds, drained } = found;
  const { steps } = attempt.work.list;
  const { fleet } = survey;
  const hash = hashFleet(fleet);
  const cost = costOf(survey, attempt);
  const total = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  const extra = [...attempt.work.yard.peakExtra].filter(([, count]) => count > 0);
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainPlan',
    id: sha256(canonicalJson({ fleet: hash, request, plannerVersion })),
    request,
    snapshot: { hash, takenAt: fleet.takenAt ?? null },
    summary: {
      outages: total(attempt.work.outages),
      switchovers: total(attempt.work.switchovers),
      weightedSwitchovers: cost.switchovers,
      moves: cost.moves,
      waves: cost.waves,
      nodes: steps.filter((step) => step.kind === 'release').length,
      surgeByZone: Object.fromEntries(extra),
      expectedSeconds: planSeconds(steps, survey.request.limits.parallelSwitchovers),
      baselines: { naive: naiveRotation(survey, drained) },
    },
    certificate: {
      outages: certify(bounds.outages, cost.outages),
      switchovers: certify(bounds.switchovers, cost.switchovers, bounds.witness),
      waves: certify(bounds.waves, cost.waves),
    },
    clusters: judgeClusters(survey, found),
    steps,
    findings,
    refusals: found.refusals,
  };
}
