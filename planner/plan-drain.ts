/**
 * Fleet and request in, plan with certificate out. The whole algorithm, each line a file.
 */

import { findRisks, mergeFindings } from './findings/find-risks.ts';
import { outcomeOf } from './findings/outcome.ts';
import { seeSurge } from './findings/see-surge.ts';
import type { Surge } from './findings/what-more-surge-buys.ts';
import { showNoRoom } from './findings/why-no-room.ts';
import { canonicalJson } from './hash/canonical-json.ts';
import { hashFleet } from './hash/hash-fleet.ts';
import { sha256 } from './hash/sha256.ts';
import type { Fleet } from './model.ts';
import type { DrainPlan, DrainRequest, Finding, InputProblem } from './plan.ts';
import { certify } from './prove/bounds.ts';
import { countInterruptions, judgeClusters } from './prove/judge-clusters.ts';
import { naiveRotation } from './prove/naive-baseline.ts';
import { resolveRequest } from './read/resolve-request.ts';
import { refuseNodes } from './rules/refuse-nodes.ts';
import type { Found } from './search/found.ts';
import { searchPlan } from './search/search-plan.ts';
import { type Survey, surveyFleet } from './survey/survey.ts';
import { peakSurge } from './write/peak-surge.ts';
import { planTime } from './write/plan-time.ts';
import { writeSteps } from './write/write-steps.ts';
import { origin } from './yard/yard.ts';

/** Part of a plan's id: raised whenever the same fleet and request may give another plan. */
export const plannerVersion = '0.3.0';

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
  const refusals = refuseNodes(survey);
  const found = searchPlan(survey, refusals);
  const planWith = ({ byZone, total }: Surge) => {
    const asked = { ...survey, request: { ...survey.request, surge: byZone, surgeTotal: total } };
    return outcomeOf(asked, searchPlan(asked, refusals));
  };
  const ofSurge = seeSurge(survey, outcomeOf(survey, found), planWith);
  const findings = mergeFindings([...findingsOfReading, ...findRisks(survey), ...ofSurge]);
  return { kind: 'plan', plan: assemblePlan(survey, request, found, findings) };
}

function assemblePlan(
  survey: Survey,
  request: DrainRequest,
  found: Found,
  findings: readonly Finding[],
): DrainPlan {
  const { attempt, bounds, cost, wavesBound } = found;
  const { yard } = attempt;
  const { fleet } = survey;
  const hash = hashFleet(fleet);
  const graph = writeSteps(yard);
  const { steps } = graph;
  const { parallelSwitchovers } = survey.request.limits;
  const startsAt = fleet.takenAt === undefined ? undefined : Date.parse(fleet.takenAt) / 1000;
  const time = planTime(steps, { parallelSwitchovers, startsAt }, graph);
  const counts = countInterruptions(yard);
  const total = (each: Uint16Array) => each.reduce((sum, count) => sum + count, 0);
  const isDrained = (node: number) => yard.origin[node] === origin.drained;
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainPlan',
    id: sha256(canonicalJson({ fleet: hash, request, plannerVersion })),
    request,
    snapshot: { hash, takenAt: fleet.takenAt ?? null },
    summary: {
      outages: total(counts.outages),
      switchovers: total(counts.switchovers),
      weightedSwitchovers: cost.switchovers,
      moves: cost.moves,
      waves: cost.waves,
      nodes: survey.nodes.all.filter((_, node) => yard.live[node] === 0).length,
      surgeByZone: peakSurge(yard),
      expectedSeconds: { p50: time.p50, p95: time.p95 },
      criticalPath: time.criticalPath,
      baselines: { naive: naiveRotation(survey, isDrained) },
    },
    certificate: {
      outages: certify(bounds.outages, cost.outages),
      switchovers: certify(bounds.switchovers, cost.switchovers, bounds.witness),
      waves: certify(wavesBound.waves, cost.waves, wavesBound.because),
    },
    clusters: judgeClusters(yard, counts, bounds.ofCluster, (node) => found.refused.has(node)),
    steps,
    findings,
    refusals: showNoRoom(found.refusals, yard),
  };
}
