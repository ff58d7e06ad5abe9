/**
 * From what a caller sends to a plan: reads, plans, saves. Shared by the plan route and the webhook, so that both answer alike.
 */
import { parseDrainRequest } from '../executor/formats/drain-request.ts';
import type { StoredPlan } from '../executor/run-service.ts';
import { type Finding, type Fleet, planDrain, readSnapshot } from '../planner/index.ts';
import { type Dependencies, SNAPSHOT_FLEET } from './dependencies.ts';
import { ApiProblem, inputProblem } from './problems.ts';

/** What was sent, from whom, and how to call it in a problem. */
export type PlanOrder = {
  readonly source:
    | { readonly kind: 'fleet'; readonly name: string }
    | { readonly kind: 'snapshot'; readonly document: unknown };
  readonly request: unknown;
  readonly requester: string;
};

/** The saved plan; refusals of nodes are part of it. Throws a problem for bad input, an unknown or a silent fleet. */
export async function makePlan(deps: Dependencies, order: PlanOrder): Promise<StoredPlan> {
  const parsed = parseDrainRequest(order.request, 'request');
  if (parsed.kind === 'bad-input') throw inputProblem('bad-drain-request', parsed.problems);
  const read =
    order.source.kind === 'fleet'
      ? await readFleet(deps, order.source.name)
      : readDocument(deps, order.source.document);
  const planned = planDrain(read.fleet, parsed.request, read.findings);
  if (planned.kind === 'bad-input') throw inputProblem('request-does-not-fit', planned.problems);
  const stored: StoredPlan = {
    plan: planned.plan,
    fleet: order.source.kind === 'fleet' ? order.source.name : SNAPSHOT_FLEET,
    requester: order.requester,
    madeAt: new Date(deps.clock.nowMs()).toISOString(),
  };
  await deps.runs.savePlan(stored);
  return stored;
}

/** The live fleet as the planner sees it. Throws `unknown-fleet`; OutsideError when it does not answer. */
export async function readFleet(
  deps: Dependencies,
  name: string,
): Promise<{ readonly fleet: Fleet; readonly findings: readonly Finding[] }> {
  const known = deps.fleets.list();
  if (!known.includes(name)) {
    throw new ApiProblem('unknown-fleet', `There is no fleet "${name}"; fleets are ${known.join(', ')}.`);
  }
  const items = await deps.fleets.read(name);
  return readDocument(deps, { apiVersion: 'v1', kind: 'List', items }, `fleet ${name}`);
}

function readDocument({ memberPresets }: Dependencies, document: unknown, file = 'snapshot') {
  const read = readSnapshot([{ file, document }], memberPresets);
  if (read.kind === 'bad-input') throw inputProblem('bad-snapshot', read.problems);
  return read;
}
